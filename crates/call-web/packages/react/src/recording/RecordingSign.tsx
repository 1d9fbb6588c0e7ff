import { clockDuration } from "../format/duration.js";
import { useNow } from "../hooks/useNow.js";
import { Menu } from "../parts/Menu.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { CurrentRecording } from "./controls.js";
import { hasRecordingItems, type RecordingActions, RecordingItems } from "./RecordingItems.js";
import { recorderWords } from "./words.js";

export interface RecordingSignProps {
  recording: CurrentRecording;
  /** What may be done about it, behind a press on the sign. */
  actions: RecordingActions;
}

/** The red sign that everybody in a recorded call sees for as long as it is recorded. */
export function RecordingSign({ recording, actions }: RecordingSignProps) {
  const strings = useStrings();
  const words = recorderWords(recording, strings);
  const face = <SignFace startedAt={recording.startedAt} />;
  if (!hasRecordingItems(recording, actions)) {
    return (
      <span className="call-recording-sign" data-testid="recording-sign" title={words}>
        <span className="call-hidden">{words}</span>
        {face}
      </span>
    );
  }
  return (
    <Menu
      label={words}
      className="call-recording-menu"
      floating
      trigger={(trigger) => (
        <button
          {...trigger}
          type="button"
          className="call-recording-sign call-tip-below"
          data-tip={words}
          data-testid="recording-sign"
        >
          <span className="call-hidden">{strings.recording.options(words)}</span>
          {face}
        </button>
      )}
    >
      <RecordingItems recording={recording} actions={actions} heading={words} />
    </Menu>
  );
}

function SignFace({ startedAt }: { startedAt: number | null }) {
  const { sign } = useStrings().recording;
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
    </>
  );
}
