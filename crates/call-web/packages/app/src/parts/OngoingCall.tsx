import type { Call } from "call-client";
import {
  titleOf,
  useCallClient,
  useCallSnapshot,
  useLocale,
  useStore,
  useStrings,
} from "call-react";
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
  const strings = useStrings();
  const locale = useLocale();
  if (snapshot.phase === "ended" || snapshot.phase === "incoming") return null;
  const names = snapshot.participants.map((person) => person.name);
  return (
    <Link href={`/call/${call.id}`} className="app-ongoing" data-testid="ongoing-call">
      <Phone size={18} aria-hidden />
      <span>{words.notices.ongoing(titleOf(names, strings, locale))}</span>
      <strong>{words.notices.return}</strong>
    </Link>
  );
}
