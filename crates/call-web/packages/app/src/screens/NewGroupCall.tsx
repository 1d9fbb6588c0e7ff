import { Call, type CallType } from "call-react";
import { useMemo } from "react";
import { useLocation, useSearchParams } from "wouter";

/** The address of the look in the mirror before a group call. */
export function newGroupCallPath(userIds: readonly string[], type: CallType): string {
  const query = new URLSearchParams({ type });
  for (const userId of userIds) query.append("to", userId);
  return `/call/new?${query}`;
}

/** Before a group call: own picture, devices, then start. */
export function NewGroupCall() {
  const [, navigate] = useLocation();
  const [query] = useSearchParams();
  const to = useMemo(() => query.getAll("to"), [query]);
  return (
    <main className="app-canvas">
      <Call
        to={to}
        type={query.get("type") === "audio" ? "audio" : "video"}
        preJoin
        onStart={(id) => navigate(`/call/${id}`, { replace: true })}
        onClose={() => navigate("/")}
      />
    </main>
  );
}
