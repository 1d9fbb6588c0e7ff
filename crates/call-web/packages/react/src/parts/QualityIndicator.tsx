import type { Quality, QualityReason } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { classes } from "./classes.js";

const bars: Record<Quality, number> = { excellent: 4, good: 3, fair: 2, poor: 1, lost: 0 };

export interface QualityIndicatorProps {
  quality: Quality | null;
  /** Reasons as the server names them, shown as a tip. */
  reasons?: readonly QualityReason[];
  /** Also in visible words; the words are always there for a screen reader. */
  words?: boolean;
  className?: string;
}

/** Connection quality as bars, colour and words. Renders nothing while it is unknown. */
export function QualityIndicator({ quality, reasons, words, className }: QualityIndicatorProps) {
  const strings = useStrings();
  if (quality === null) return null;
  const name = strings.qualities[quality];
  const because = (reasons ?? []).map((reason) => strings.qualityReasons[reason]);
  const label = [strings.qualityLabel(name), ...because].join(". ");
  return (
    <span
      className={classes("call-quality", className)}
      data-quality={quality}
      data-testid="quality"
      title={label}
    >
      <svg className="call-quality-bars" viewBox="0 0 16 12" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            className={bar < bars[quality] ? "call-quality-on" : "call-quality-off"}
            x={bar * 4 + 0.5}
            y={9 - bar * 3}
            width="3"
            height={bar * 3 + 3}
            rx="1"
          />
        ))}
        {quality === "lost" && <path className="call-quality-slash" d="M1 1 15 11" />}
      </svg>
      {words === true ? (
        <span className="call-quality-words">{name}</span>
      ) : (
        <span className="call-hidden">{label}</span>
      )}
    </span>
  );
}
