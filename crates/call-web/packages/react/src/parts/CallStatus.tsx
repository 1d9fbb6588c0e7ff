import { memo, type ReactNode } from "react";
import { clockDuration } from "../format/duration.js";
import { useNow } from "../hooks/useNow.js";
import type { Quality, QualityReason } from "../model.js";
import { useLocale } from "../strings/StringsContext.js";
import { QualityIndicator } from "./QualityIndicator.js";

export interface CallStatusProps {
  /** Who, or how many. */
  title: string;
  /** Milliseconds since the epoch; null until the call is active. */
  startedAt: number | null;
  /** In place of the duration, e.g. "Ringing…". */
  words?: string | undefined;
  quality?: Quality | null;
  reasons?: readonly QualityReason[];
  /** A sign that must not fade when the rest does: that the call is recorded. */
  sign?: ReactNode;
}

/** The top left corner of a call: name, duration, whether it is recorded, quality. */
export const CallStatus = memo(function CallStatus(props: CallStatusProps) {
  const { title, startedAt, words, quality, reasons, sign } = props;
  const locale = useLocale();
  const now = useNow(startedAt !== null && words === undefined);
  return (
    <div className="call-status">
      <h2 className="call-status-title">{title}</h2>
      <div className="call-status-line">
        {sign}
        {words !== undefined ? (
          <span data-testid="call-phase-words">{words}</span>
        ) : (
          startedAt !== null && (
            <span role="timer" className="call-status-time" data-testid="call-duration">
              {clockDuration(now - startedAt, locale)}
            </span>
          )
        )}
        <QualityIndicator quality={quality ?? null} reasons={reasons ?? []} />
      </div>
    </div>
  );
});
