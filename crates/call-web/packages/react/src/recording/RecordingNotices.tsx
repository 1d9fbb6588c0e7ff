import { CircleAlert, CircleDot, CircleStop, UserRoundCheck, UserRoundX } from "lucide-react";
import type { ReactNode } from "react";
import { useBriefly } from "../hooks/useBriefly.js";
import { Button } from "../parts/Button.js";
import { Notice } from "../parts/Notice.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { RecordingControls } from "./controls.js";
import { recorderWords, refusedInWords, refusers, stoppedWords } from "./words.js";

export interface RecordingNoticesProps {
  controls: RecordingControls;
  /** The question is open: what it says needs no line beside it. */
  asking: boolean;
  /** Opens the question whether I may be recorded. */
  onAnswer?: (() => void) | undefined;
  /** How often I have asked who records: each time it is said again. */
  told: number;
}

const BEGAN_MS = 12_000;
const STOPPED_MS = 8000;
const SIGN = 18;

/** What there is to be said of the recording: that it began, asks, stopped, or went wrong. */
export function RecordingNotices(props: RecordingNoticesProps) {
  const { controls, asking, onAnswer, told } = props;
  const strings = useStrings();
  const locale = useLocale();
  const { recording: words } = strings;
  const { current, ended, problem, starting } = controls;
  const [began, dismissBegan] = useBriefly(
    // My own answer is news, too.
    current && `${current.id} ${current.mine} ${told}`,
    BEGAN_MS,
  );
  const without = current === null ? [] : refusers(current);
  const [left, dismissLeft] = useBriefly(
    current !== null && without.length > 0
      ? [current.id, ...without.map(({ userId }) => userId)].join(" ")
      : null,
    BEGAN_MS,
  );
  const over = current === null ? (ended ?? null) : null;
  const cause = over?.cause ?? null;
  // What went wrong stays until somebody has read it.
  const [stopped, dismissStopped] = useBriefly(
    over === null ? null : `${over.id} ${cause}`,
    cause === null ? STOPPED_MS : 2 ** 31 - 1,
  );
  const dismiss = (onDismiss: () => void) => (
    <Button look="quiet" onClick={onDismiss}>
      {strings.dismiss}
    </Button>
  );
  const lines: ReactNode[] = [];
  if (problem != null) {
    lines.push(
      <Notice
        key="problem"
        look="warning"
        icon={<CircleAlert size={SIGN} aria-hidden />}
        action={controls.onDismissProblem && dismiss(controls.onDismissProblem)}
      >
        {problem}
      </Notice>,
    );
  } else if (starting === true) {
    lines.push(
      <Notice key="starting" icon={<span className="call-spinner" aria-hidden="true" />}>
        {words.starting}
      </Notice>,
    );
  }
  if (current !== null && current.mine === "asked" && !asking) {
    lines.push(
      <Notice
        key="asked"
        look="warning"
        icon={<UserRoundCheck size={SIGN} aria-hidden />}
        action={
          onAnswer && (
            <Button look="plain" onClick={onAnswer}>
              {words.answer}
            </Button>
          )
        }
      >
        {recorderWords(current, strings)}. {words.asked}
      </Notice>,
    );
  } else if (current !== null && began && !asking) {
    const { mine } = current;
    const answer = mine === "given" || mine === "refused" ? `. ${words.answers[mine]}` : "";
    lines.push(
      <Notice
        key="began"
        look="danger"
        icon={<CircleDot size={SIGN} aria-hidden />}
        action={dismiss(dismissBegan)}
      >
        {recorderWords(current, strings) + answer}
      </Notice>,
    );
  }
  if (left) {
    lines.push(
      <Notice
        key="left"
        icon={<UserRoundX size={SIGN} aria-hidden />}
        action={dismiss(dismissLeft)}
      >
        {refusedInWords(without, strings, locale)}
      </Notice>,
    );
  }
  if (over !== null && stopped) {
    lines.push(
      <Notice
        key="stopped"
        look={cause === null ? "plain" : "warning"}
        icon={
          cause === null ? (
            <CircleStop size={SIGN} aria-hidden />
          ) : (
            <CircleAlert size={SIGN} aria-hidden />
          )
        }
        action={dismiss(dismissStopped)}
      >
        {stoppedWords(over, strings)}
      </Notice>,
    );
  }
  return lines;
}
