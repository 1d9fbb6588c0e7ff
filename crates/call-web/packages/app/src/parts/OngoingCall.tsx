import type { Call } from "call-client";
import { listOf, useCallClient, useCallSnapshot, useStore } from "call-react";
import { Phone } from "lucide-react";
import { Link } from "wouter";
import { words } from "../words.js";

/** The way back into a call that goes on. */
export function OngoingCall() {
  const calls = useStore(useCallClient().calls);
  return calls.map((call) => <One key={call.id} call={call} />);
}

function One({ call }: { call: Call }) {
  const snapshot = useCallSnapshot(call);
  if (snapshot.phase === "ended" || snapshot.phase === "incoming") return null;
  const names = snapshot.participants.map((person) => person.name);
  return (
    <Link href={`/call/${call.id}`} className="app-ongoing" data-testid="ongoing-call">
      <Phone size={18} aria-hidden />
      <span>{words.notices.ongoing(listOf(names))}</span>
      <strong>{words.notices.return}</strong>
    </Link>
  );
}
