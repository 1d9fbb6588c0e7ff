import type { CallSnapshot } from "call-client";
import { useCallback } from "react";
import { RemoteAudio } from "../parts/RemoteAudio.js";
import { useCallContext } from "./context.js";

export interface CallSoundProps {
  snapshot: CallSnapshot;
  onBlocked: () => void;
  /** Counts the gestures of "turn sound on". */
  attempt: number;
}

/** Plays everybody's voice, and the sound of shared screens, on the chosen speaker. */
export function CallSound({ snapshot, onBlocked, attempt }: CallSoundProps) {
  const { devices } = useCallContext();
  const attach = useCallback((element: HTMLMediaElement) => devices.attach(element), [devices]);
  return snapshot.participants.flatMap((person) =>
    [person.stream, person.screenAudioStream].map((stream, index) =>
      stream === null ? null : (
        <RemoteAudio
          // biome-ignore lint/suspicious/noArrayIndexKey: 0 is the voice, 1 the screen
          key={`${person.userId} ${index}`}
          stream={stream}
          attach={attach}
          onBlocked={onBlocked}
          attempt={attempt}
        />
      ),
    ),
  );
}
