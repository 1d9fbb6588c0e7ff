import type { RecordingMode } from "call-client";
import { useId, useState } from "react";
import { Button } from "../parts/Button.js";
import { Dialog } from "../parts/Dialog.js";
import { useStrings } from "../strings/StringsContext.js";

export interface RecordDialogProps {
  /** Everybody is asked before anything of them is kept. */
  asks: boolean;
  /** The server can make one video of everybody. */
  mixing: boolean;
  onStart: (mode: RecordingMode) => void;
  onCancel: () => void;
}

const modes: readonly RecordingMode[] = ["mixed", "tracks"];

/** Asks what a recording is to lead to, and says what it means to the others. */
export function RecordDialog({ asks, mixing, onStart, onCancel }: RecordDialogProps) {
  const strings = useStrings();
  const { recording } = strings;
  const [mode, setMode] = useState<RecordingMode>(mixing ? "mixed" : "tracks");
  const name = useId();
  return (
    <Dialog
      title={recording.startTitle}
      words={recording.startWords[asks ? "ask" : "notify"]}
      onCancel={onCancel}
      testId="record-dialog"
      actions={
        <>
          <Button size="large" onClick={onCancel}>
            {strings.cancel}
          </Button>
          <Button look="danger" size="large" onClick={() => onStart(mode)}>
            {recording.start}
          </Button>
        </>
      }
    >
      <fieldset className="call-record-modes">
        <legend className="call-hidden">{recording.startTitle}</legend>
        {modes.map((each) => {
          const off = each === "mixed" && !mixing;
          const { title, detail } = recording.modes[each];
          return (
            <label key={each} className="call-record-mode" data-off={off}>
              <input
                type="radio"
                name={name}
                value={each}
                checked={mode === each}
                disabled={off}
                onChange={() => setMode(each)}
              />
              <span>
                <span className="call-record-mode-title">{title}</span>
                <span className="call-record-mode-detail">
                  {off ? recording.mixingUnavailable : detail}
                </span>
              </span>
            </label>
          );
        })}
      </fieldset>
    </Dialog>
  );
}
