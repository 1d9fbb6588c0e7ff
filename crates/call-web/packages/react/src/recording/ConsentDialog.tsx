import { Button } from "../parts/Button.js";
import { Dialog } from "../parts/Dialog.js";
import { useStrings } from "../strings/StringsContext.js";
import type { CurrentRecording } from "./controls.js";
import { recorderWords } from "./words.js";

export interface ConsentDialogProps {
  recording: CurrentRecording;
  onAnswer: (given: boolean) => void;
  /** Closes it without an answer: nothing of mine is recorded, or the answer stays what it was. */
  onLater: () => void;
}

/** Asks somebody whether they may be recorded: neither answer is easier to give than the other. */
export function ConsentDialog({ recording, onAnswer, onLater }: ConsentDialogProps) {
  const strings = useStrings();
  const words = strings.recording;
  const { mine } = recording;
  const answered = mine === "given" || mine === "refused";
  const chosen = (answer: typeof mine) => (answered ? mine === answer : undefined);
  return (
    <Dialog
      title={recorderWords(recording, strings)}
      words={words.askWords[answered ? mine : "asked"]}
      // A key that was meant for the call must not answer.
      focus="none"
      onCancel={onLater}
      className="call-consent"
      testId="consent-dialog"
      actions={
        <>
          <Button size="large" aria-pressed={chosen("refused")} onClick={() => onAnswer(false)}>
            {words.refuse}
          </Button>
          <Button size="large" aria-pressed={chosen("given")} onClick={() => onAnswer(true)}>
            {words.agree}
          </Button>
          <Button look="quiet" className="call-consent-later" onClick={onLater}>
            {answered ? strings.cancel : words.later}
          </Button>
        </>
      }
    />
  );
}
