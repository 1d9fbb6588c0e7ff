import { useMediaLevel } from "../hooks/useMediaLevel.js";
import { useStrings } from "../strings/StringsContext.js";

const SEGMENTS = 12;

/** How loud the own microphone is, as a row of segments. */
export function LevelMeter({ stream }: { stream: MediaStream | null }) {
  const strings = useStrings();
  const level = useMediaLevel(stream);
  const lit = Math.round(level * SEGMENTS);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the segments are drawn by us
    <div
      className="call-meter"
      role="meter"
      aria-label={strings.microphoneLevel}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(level * 100)}
    >
      {Array.from({ length: SEGMENTS }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the segments never change places
        <span key={index} className="call-meter-segment" data-lit={index < lit} />
      ))}
    </div>
  );
}
