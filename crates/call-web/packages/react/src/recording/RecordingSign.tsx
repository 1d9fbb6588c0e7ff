import type { ComponentPropsWithRef } from "react";
import { clockDuration } from "../format/duration.js";
import { useNow } from "../hooks/useNow.js";
import { classes } from "../parts/classes.js";
import { Menu } from "../parts/Menu.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { CurrentRecording } from "./controls.js";
import { hasRecordingItems, type RecordingActions, RecordingItems } from "./RecordingItems.js";
import { recorderWords } from "./words.js";

export interface RecordingSignProps {
  recording: CurrentRecording;
  /** What may be done about it, behind a press on the sign. */
  actions: RecordingActions;
  /** Says in a line who records, where there is nothing to be done about it. Left out: a tip does. */
  onTell?: (() => void) | undefined;
}

/** The red sign that everybody in a recorded call sees for as long as it is recorded. */
export function RecordingSign({ recording, actions, onTell }: RecordingSignProps) {
  const strings = useStrings();
  const { mine } = recording;
  const left = mine === "asked" || mine === "refused";
  const by = recorderWords(recording, strings);
  const words = left ? `${by}. ${strings.recording.answers.refused}` : by;
  const face = <SignFace startedAt={recording.startedAt} left={left} />;
  if (hasRecordingItems(recording, actions)) {
    return (
      <Menu
        label={words}
        className="call-recording-menu"
        floating
        trigger={(trigger) => (
          <SignButton {...trigger} tip={words} left={left}>
            <span className="call-hidden">{strings.recording.options(words)}</span>
            {face}
          </SignButton>
        )}
      >
        <RecordingItems recording={recording} actions={actions} />
      </Menu>
    );
  }
  const said = <span className="call-hidden">{words}</span>;
  if (onTell !== undefined) {
    return (
      <SignButton tip={words} left={left} onClick={onTell}>
        {said}
        {face}
      </SignButton>
    );
  }
  return (
    <span
      className="call-recording-sign"
      data-left={left}
      data-testid="recording-sign"
      title={words}
    >
      {said}
      {face}
    </span>
  );
}

interface SignButtonProps extends ComponentPropsWithRef<"button"> {
  tip: string;
  left: boolean;
}

function SignButton({ tip, left, className, ...rest }: SignButtonProps) {
  return (
    <button
      {...rest}
      type="button"
      className={classes("call-recording-sign call-tip-below", className)}
      data-tip={tip}
      data-left={left}
      data-testid="recording-sign"
    />
  );
}

/** `left`: the call is recorded, without the one who looks. */
function SignFace({ startedAt, left }: { startedAt: number | null; left: boolean }) {
  const { sign, notYou } = useStrings().recording;
  const locale = useLocale();
  const now = useNow(startedAt !== null);
  return (
    <>
      <span className="call-recording-dot" aria-hidden="true" />
      <span>{sign}</span>
      {startedAt !== null && (
        <span className="call-recording-time" data-testid="recording-duration">
          {clockDuration(now - startedAt, locale)}
        </span>
      )}
      {left && <span aria-hidden="true">· {notYou}</span>}
    </>
  );
}
