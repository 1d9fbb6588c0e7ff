import type { Call, CallSnapshot } from "call-client";
import { PhoneMissed, Smartphone } from "lucide-react";
import { useEffect, useState } from "react";
import { useAttention } from "../hooks/useAttention.js";
import { useCallSnapshot } from "../hooks/useCall.js";
import { useCallClient } from "../hooks/useCallClient.js";
import { useIncomingCalls } from "../hooks/useIncomingCall.js";
import { useStore } from "../hooks/useStore.js";
import { useRingtone } from "../hooks/useTone.js";
import type { CallType, Person } from "../model.js";
import { useAnnounce } from "../parts/Announcer.js";
import { IncomingCall } from "../parts/IncomingCall.js";
import { useStrings } from "../strings/StringsContext.js";

export interface IncomingCallsProps {
  /** This device took the call: show it, e.g. by `<Call callId={call.id}>`. */
  onAnswered: (call: Call) => void;
}

const TOAST_MS = 5000;

function callerOf(snapshot: CallSnapshot): Person {
  const { initiatorId } = snapshot.wire;
  const person = snapshot.participants.find((each) => each.userId === initiatorId);
  return { userId: initiatorId, name: person?.name ?? initiatorId };
}

/** Sheets for calls that ring on this device, over everything else on the page. */
export function IncomingCalls({ onAnswered }: IncomingCallsProps) {
  const calls = useIncomingCalls();
  const all = useStore(useCallClient().calls);
  const busy = all.some((call) => {
    const { phase } = call.state.getSnapshot();
    return phase !== "incoming" && phase !== "ended";
  });
  // In a call, a second one only shows itself: a ring tone would be heard by the far end.
  useRingtone(calls.length > 0 && !busy);
  return (
    <div className="call-root call-incoming-place">
      {calls.map((call) => (
        <Sheet key={call.id} call={call} onAnswered={onAnswered} />
      ))}
      <Farewell />
    </div>
  );
}

function Sheet({ call, onAnswered }: { call: Call; onAnswered: (call: Call) => void }) {
  const snapshot = useCallSnapshot(call);
  const strings = useStrings();
  const announce = useAnnounce();
  const [pending, setPending] = useState(false);
  const from = callerOf(snapshot);
  const words = strings.incomingCall(from.name, snapshot.type);
  useAttention(words);
  useEffect(() => announce(words, "assertive"), [announce, words]);

  const accept = (type: CallType) => {
    setPending(true);
    call.answer({ audio: true, video: type === "video" }).then(
      () => onAnswered(call),
      // Lost the race, or the call is over: the sheet goes by itself. Else it may be tried again.
      () => setPending(false),
    );
  };
  const decline = () => {
    setPending(true);
    call.decline().catch(() => setPending(false));
  };
  return (
    <IncomingCall
      from={from}
      others={snapshot.participants.filter((person) => person.userId !== from.userId)}
      type={snapshot.type}
      pending={pending}
      recorded={snapshot.recording !== null}
      onAccept={accept}
      onDecline={decline}
    />
  );
}

/** Says why a call stopped ringing when it was not answered here. */
function Farewell() {
  const client = useCallClient();
  const strings = useStrings();
  const announce = useAnnounce();
  const [shown, setShown] = useState<{ words: string; missed: boolean } | null>(null);
  useEffect(
    () =>
      client.on("ended", (call) => {
        const snapshot = call.state.getSnapshot();
        const { endReason } = snapshot;
        if (endReason === "answered_elsewhere" || endReason === "declined_elsewhere") {
          setShown({ words: strings.callStoppedElsewhere[endReason], missed: false });
        } else if (
          !snapshot.outgoing &&
          (endReason === "no_answer" || endReason === "cancelled" || endReason === "caller_lost")
        ) {
          setShown({ words: strings.missedCall(callerOf(snapshot).name), missed: true });
        }
      }),
    [client, strings],
  );
  useEffect(() => {
    if (shown === null) return;
    announce(shown.words);
    const timer = setTimeout(() => setShown(null), TOAST_MS);
    return () => clearTimeout(timer);
  }, [shown, announce]);
  if (shown === null) return null;
  return (
    <div className="call-toast" data-testid="incoming-farewell" data-missed={shown.missed}>
      {shown.missed ? <PhoneMissed size={18} aria-hidden /> : <Smartphone size={18} aria-hidden />}
      {shown.words}
    </div>
  );
}
