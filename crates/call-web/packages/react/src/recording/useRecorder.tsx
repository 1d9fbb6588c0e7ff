import { type ReactNode, useCallback, useMemo, useState } from "react";
import { ConfirmDialog } from "../parts/ConfirmDialog.js";
import { useStrings } from "../strings/StringsContext.js";
import { ConsentDialog } from "./ConsentDialog.js";
import type { RecordingControls } from "./controls.js";
import { RecordDialog } from "./RecordDialog.js";
import type { RecordingActions } from "./RecordingItems.js";
import { RecordingNotices } from "./RecordingNotices.js";
import { RecordingSign } from "./RecordingSign.js";

/** What a call view shows of a recording, and where. */
export interface Recorder {
  /** Beside the name of the call: never fades. */
  sign: ReactNode;
  /** Over the pictures: lines. */
  notices: ReactNode;
  /** Over everything: a question. */
  dialog: ReactNode;
  /** For the control bar and its menu; undefined: nothing to be done there. */
  bar: RecorderBar | undefined;
}

/** What the control bar offers about recording. */
export interface RecorderBar {
  controls: RecordingControls;
  actions: RecordingActions;
  /** Opens the question how to record. */
  onRecord: (() => void) | undefined;
}

type Question = { kind: "record" | "stop" } | { kind: "consent"; id: string };

/** The recording's part of a call view: sign, lines, questions, and what the bar offers. */
export function useRecorder(controls: RecordingControls | undefined): Recorder {
  const { recording: words } = useStrings();
  const [question, setQuestion] = useState<Question | null>(null);
  /** The recording whose question was put off. */
  const [later, setLater] = useState<string | null>(null);
  const [told, setTold] = useState(0);
  const { current = null, onStart, onStop, onConsent } = controls ?? {};
  const id = current?.id ?? null;
  const close = useCallback(() => setQuestion(null), []);
  const stop = useCallback(() => setQuestion({ kind: "stop" }), []);
  const record = useCallback(() => setQuestion({ kind: "record" }), []);
  const tell = useCallback(() => setTold((times) => times + 1), []);
  const answer = useCallback(() => {
    if (id !== null) setQuestion({ kind: "consent", id });
  }, [id]);
  const actions = useMemo<RecordingActions>(
    () => ({
      onStop: onStop && current !== null ? stop : undefined,
      onAnswer: onConsent && answer,
    }),
    [onStop, onConsent, current, stop, answer],
  );
  const bar = useMemo(
    () =>
      controls && {
        controls,
        actions,
        onRecord: controls.current === null && controls.onStart !== undefined ? record : undefined,
      },
    [controls, actions, record],
  );
  const sign = useMemo(
    () => current && <RecordingSign recording={current} actions={actions} onTell={tell} />,
    [current, actions, tell],
  );
  if (controls === undefined) return { sign: null, notices: null, dialog: null, bar: undefined };

  const asked = current !== null && current.mine === "asked" && later !== current.id;
  const consenting =
    onConsent !== undefined &&
    current !== null &&
    current.mine !== "none" &&
    (asked || (question?.kind === "consent" && question.id === current.id));
  return {
    sign,
    bar,
    notices: (
      <RecordingNotices
        controls={controls}
        asking={consenting}
        onAnswer={actions.onAnswer}
        told={told}
      />
    ),
    dialog: consenting ? (
      <ConsentDialog
        recording={current}
        onLater={() => {
          setLater(current.id);
          close();
        }}
        onAnswer={(given) => {
          setLater(current.id);
          close();
          onConsent(given);
        }}
      />
    ) : question?.kind === "record" && onStart !== undefined && current === null ? (
      <RecordDialog
        asks={controls.asks}
        mixing={controls.mixing}
        onCancel={close}
        onStart={(mode) => {
          close();
          onStart(mode);
        }}
      />
    ) : question?.kind === "stop" && onStop !== undefined && current !== null ? (
      <ConfirmDialog
        title={words.stopTitle}
        words={words.stopWords}
        action={words.stop}
        cancel={words.goOn}
        onCancel={close}
        onConfirm={() => {
          close();
          onStop();
        }}
      />
    ) : null,
  };
}
