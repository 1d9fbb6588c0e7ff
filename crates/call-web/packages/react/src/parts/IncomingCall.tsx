import { Phone, Video } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { titleOf } from "../format/text.js";
import type { CallType, Person } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";
import { Button } from "./Button.js";

export interface IncomingCallProps {
  from: Person;
  /** Everybody else who is called (not the reader). */
  others?: readonly Person[];
  type: CallType;
  onAccept: (type: CallType) => void;
  onDecline: () => void;
  /** An answer is on its way: the buttons wait. */
  pending?: boolean;
  /** The call is being recorded: whoever takes it has to know before. */
  recorded?: boolean;
}

function isTyping(element: Element | null): boolean {
  return (
    element instanceof HTMLElement && element.matches("input, textarea, select, [contenteditable]")
  );
}

/**
 * The sheet of an incoming call. Takes the focus (unless somebody is typing) so that Enter accepts
 * and Escape declines, and gives it back when it goes.
 */
export function IncomingCall(props: IncomingCallProps) {
  const { from, others = [], type, onAccept, onDecline, pending = false, recorded = false } = props;
  const strings = useStrings();
  const locale = useLocale();
  const sheet = useRef<HTMLDivElement>(null);
  const heading = useId();
  const line = useId();
  const recording = useId();

  useEffect(() => {
    const before = document.activeElement;
    if (!isTyping(before)) sheet.current?.focus({ preventScroll: true });
    const element = sheet.current;
    return () => {
      const inside = element?.contains(document.activeElement) === true;
      if (inside && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  const key = (event: KeyboardEvent) => {
    if (pending) return;
    if (event.key === "Escape") {
      event.preventDefault();
      onDecline();
    } else if (event.key === "Enter" && event.target === sheet.current) {
      event.preventDefault();
      onAccept(type);
    }
  };
  const names = others.map((person) => person.name);
  const label =
    names.length > 0
      ? strings.incomingGroupCall(from.name, titleOf(names, strings, locale), type)
      : strings.incomingCall(from.name, type);
  return (
    <div
      className="call-incoming"
      role="alertdialog"
      aria-label={label}
      aria-describedby={recorded ? `${line} ${recording}` : line}
      data-testid="incoming-call"
      tabIndex={-1}
      ref={sheet}
      onKeyDown={key}
    >
      <div className="call-incoming-who">
        <span className="call-incoming-ring">
          <Avatar userId={from.userId} name={from.name} />
        </span>
        <div className="call-incoming-text">
          <p className="call-incoming-name" id={heading}>
            {from.name}
          </p>
          <p className="call-incoming-line" id={line}>
            {type === "video" ? <Video size={16} aria-hidden /> : <Phone size={16} aria-hidden />}
            <span>
              {type === "video" ? strings.incomingVideo : strings.incomingAudio}
              {names.length > 0 && ` · ${titleOf(names, strings, locale)}`}
            </span>
          </p>
          {recorded && (
            <p className="call-recorded-line" id={recording} data-testid="recorded">
              <span className="call-recording-dot" aria-hidden="true" />
              {strings.recording.joining}
            </p>
          )}
        </div>
      </div>
      <div className="call-incoming-actions" data-actions={type === "video" ? 3 : 2}>
        <Button look="danger" size="large" disabled={pending} onClick={onDecline}>
          <Phone size={20} className="call-hang-up-icon" aria-hidden /> {strings.decline}
        </Button>
        <Button
          look={type === "video" ? "plain" : "positive"}
          size="large"
          disabled={pending}
          aria-label={strings.acceptAudio}
          onClick={() => onAccept("audio")}
        >
          <Phone size={20} aria-hidden /> {type === "video" ? strings.audio : strings.acceptAudio}
        </Button>
        {type === "video" && (
          <Button
            look="positive"
            size="large"
            disabled={pending}
            aria-label={strings.acceptVideo}
            onClick={() => onAccept("video")}
          >
            <Video size={20} aria-hidden /> {strings.video}
          </Button>
        )}
      </div>
    </div>
  );
}
