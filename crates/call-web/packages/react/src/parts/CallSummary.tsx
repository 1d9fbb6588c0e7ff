import { CircleDot, Phone, Video } from "lucide-react";
import { spokenDuration } from "../format/duration.js";
import { titleOf } from "../format/text.js";
import type { CallEndReason, CallType, Person, Quality } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";
import { Button } from "./Button.js";
import { CallSheet } from "./CallSheet.js";
import { QualityIndicator } from "./QualityIndicator.js";

export interface CallSummaryProps {
  people: readonly Person[];
  type: CallType;
  reason: CallEndReason;
  /** Null when it was never active. */
  durationMs: number | null;
  quality?: Quality | null;
  /** It was recorded, all of it or a part. */
  recorded?: boolean;
  /** Shows what was recorded. Left out: no such button. */
  onDetails?: (() => void) | undefined;
  /** Left out: no such button. */
  onCallAgain?: (() => void) | undefined;
  /** Back into a group call that goes on. */
  onRejoin?: (() => void) | undefined;
  onClose?: (() => void) | undefined;
}

/** How a call ended. */
export function CallSummary(props: CallSummaryProps) {
  const {
    people,
    type,
    reason,
    durationMs,
    quality = null,
    recorded = false,
    onDetails,
    onCallAgain,
    onRejoin,
    onClose,
  } = props;
  const strings = useStrings();
  const locale = useLocale();
  const names = people.map((person) => person.name);
  return (
    <CallSheet
      title={strings.endReasons[reason]}
      testId="call-ended"
      picture={
        <div className="call-waiting-avatars">
          {people.slice(0, 4).map((person) => (
            <Avatar key={person.userId} userId={person.userId} name={person.name} />
          ))}
        </div>
      }
      actions={
        <>
          {onCallAgain !== undefined && (
            <Button look="positive" size="large" onClick={onCallAgain}>
              {type === "video" ? <Video size={20} aria-hidden /> : <Phone size={20} aria-hidden />}
              {strings.callAgain}
            </Button>
          )}
          {onRejoin !== undefined && (
            <Button look="positive" size="large" onClick={onRejoin}>
              {type === "video" ? <Video size={20} aria-hidden /> : <Phone size={20} aria-hidden />}
              {strings.rejoin}
            </Button>
          )}
          {recorded && onDetails !== undefined && (
            <Button size="large" onClick={onDetails}>
              <CircleDot size={20} aria-hidden />
              {strings.recording.show}
            </Button>
          )}
          {onClose !== undefined && (
            <Button size="large" onClick={onClose}>
              {strings.close}
            </Button>
          )}
        </>
      }
    >
      {names.length > 0 && <p className="call-sheet-words">{titleOf(names, strings, locale)}</p>}
      {recorded && (
        <p className="call-sheet-words" data-testid="was-recorded">
          {strings.recording.wasRecorded}
        </p>
      )}
      {(durationMs !== null || quality !== null) && (
        <dl className="call-facts" data-reason={reason}>
          {durationMs !== null && (
            <div>
              <dt>{strings.duration}</dt>
              <dd>{spokenDuration(durationMs, locale)}</dd>
            </div>
          )}
          {quality !== null && (
            <div>
              <dt>{strings.quality}</dt>
              <dd>
                <QualityIndicator quality={quality} words />
              </dd>
            </div>
          )}
        </dl>
      )}
    </CallSheet>
  );
}
