import { Call } from "call-react";
import { useLocation } from "wouter";

/** One call over the whole window. A reload comes back into it. */
export function CallScreen({ callId }: { callId: string }) {
  const [, navigate] = useLocation();
  return (
    <main className="app-canvas">
      <Call
        callId={callId}
        onStart={(id) => navigate(`/call/${id}`, { replace: true })}
        onDetails={(id) => navigate(`/calls/${id}`)}
        onClose={() => navigate("/")}
      />
    </main>
  );
}
