import { type CallClientError, type CallSnapshot, toCallClientError } from "call-client";
import { useEffect, useRef, useState } from "react";
import { useAnnouncements } from "../hooks/useAnnouncements.js";
import { useCallClient } from "../hooks/useCallClient.js";
import { CallCanvas } from "../parts/CallCanvas.js";
import { CallSummary } from "../parts/CallSummary.js";
import { playTone } from "../sound/tones.js";
import { useStrings } from "../strings/StringsContext.js";
import { CallFailed } from "./CallFailed.js";

export interface EndedCallProps {
  snapshot: CallSnapshot;
  onAgain: (callId: string) => void;
  onDetails?: ((callId: string) => void) | undefined;
  onClose?: (() => void) | undefined;
}

/** Ends that happen to a call that is not over: calling again makes no sense then. */
const elsewhere = new Set(["answered_elsewhere", "declined_elsewhere", "left", "removed"]);

/** Ends of a call that this device was not in. */
const missed = new Set(["answered_elsewhere", "declined_elsewhere"]);

/** How the call ended, and the way to call again. */
export function EndedCall({ snapshot, onAgain, onDetails, onClose }: EndedCallProps) {
  const strings = useStrings();
  const client = useCallClient();
  const [failure, setFailure] = useState<CallClientError | null>(null);
  const calling = useRef(false);
  useAnnouncements(snapshot);
  const reason = snapshot.endReason ?? "completed";
  // Out of a group that goes on: there is a way back.
  const goesOn = reason === "left" && snapshot.group && snapshot.wire.status !== "ended";
  useEffect(() => (reason === "answered_elsewhere" ? undefined : playTone("ended")), [reason]);

  const again = async () => {
    if (calling.current) return;
    calling.current = true;
    try {
      const { conversationId } = snapshot.wire;
      const call = goesOn
        ? await client.join(snapshot.id, { video: snapshot.type === "video" })
        : await client.call({
            type: snapshot.type,
            participantIds: snapshot.participants.map((person) => person.userId),
            ...(conversationId === null ? {} : { conversationId }),
          });
      onAgain(call.id);
    } catch (thrown) {
      setFailure(toCallClientError(thrown));
    } finally {
      calling.current = false;
    }
  };
  if (failure !== null) {
    return (
      <CallFailed
        error={failure}
        people={snapshot.participants}
        onRetry={() => {
          setFailure(null);
          void again();
        }}
        onClose={onClose}
      />
    );
  }
  const { startedAt, endedAt, recording, lastRecording } = snapshot;
  const recorded = !missed.has(reason) && (recording !== null || lastRecording !== null);
  return (
    <CallCanvas label={strings.callEnded} phase="ended" className="call-plain">
      <CallSummary
        people={snapshot.participants}
        type={snapshot.type}
        reason={reason}
        durationMs={startedAt === null || endedAt === null ? null : endedAt - startedAt}
        quality={snapshot.quality?.level ?? null}
        recorded={recorded}
        onDetails={onDetails && (() => onDetails(snapshot.id))}
        onCallAgain={elsewhere.has(reason) ? undefined : () => void again()}
        onRejoin={goesOn ? () => void again() : undefined}
        onClose={onClose}
      />
    </CallCanvas>
  );
}
