import {
  type Call,
  type CallClientError,
  CallError,
  type CallSnapshot,
  type RecordingMode,
  type RecordingSnapshot,
  toCallClientError,
} from "call-client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useAnnounce } from "../parts/Announcer.js";
import type { CurrentRecording, RecordingControls } from "../recording/controls.js";
import type { RecordingStrings } from "../strings/recording.js";
import { useStrings } from "../strings/StringsContext.js";
import { useCallClient } from "./useCallClient.js";
import { useStore } from "./useStore.js";

/** A recording as people see it: with the name of who began it. */
export function currentRecording(
  { id, startedAt, startedBy, mine }: RecordingSnapshot,
  { wire, participants }: CallSnapshot,
): CurrentRecording {
  const other = participants.find(({ userId }) => userId === startedBy);
  const known = wire.participants.find(({ userId }) => userId === startedBy);
  // Who is in the call but not among the others is me; an admin may not be in it at all.
  const isLocal = other === undefined && known !== undefined;
  const name = other?.name ?? known?.name ?? startedBy ?? "";
  return { id, startedAt, by: startedBy === null ? null : { name, isLocal }, mine };
}

/** What the server says when things are already as they were asked for. */
const DONE = new Set(["already_recording", "not_recording"]);

/** It begins within this time, or it does not. */
const STARTING_MS = 20_000;

/** The recording of a call, and what this person may do about it; undefined: nothing, ever. */
export function useRecording(call: Call, snapshot: CallSnapshot): RecordingControls | undefined {
  const { recording: words } = useStrings();
  const ability = useStore(useCallClient().recordings.ability);
  const [refused, setRefused] = useState<CallClientError | null>(null);
  const [starting, setStarting] = useState(false);
  const attempt = useCallback(async (done: Promise<void>) => {
    setRefused(null);
    try {
      await done;
      return true;
    } catch (thrown) {
      const error = toCallClientError(thrown);
      if (!DONE.has(error.code)) setRefused(error);
      return DONE.has(error.code);
    }
  }, []);
  const start = useCallback(
    async (mode: RecordingMode) => {
      setStarting(true);
      // It has begun with the news of it, which may come after the answer.
      if (!(await attempt(call.startRecording({ mode })))) setStarting(false);
    },
    [call, attempt],
  );
  const { recording, lastRecording, canRecord } = snapshot;
  const running = recording !== null;
  useEffect(() => {
    if (running) setStarting(false);
  }, [running]);
  useEffect(() => {
    if (!starting) return;
    // The news of it may have been missed, with its beginning and its end.
    const timer = setTimeout(() => setStarting(false), STARTING_MS);
    return () => clearTimeout(timer);
  }, [starting]);
  const ended = lastRecording?.id;
  useEffect(() => {
    if (ended !== undefined) setStarting(false);
  }, [ended]);
  const problem = refused && inWords(refused, words);
  const announce = useAnnounce();
  useEffect(() => {
    if (problem !== null) announce(problem);
  }, [problem, announce]);
  const current = useKept(recording && currentRecording(recording, snapshot));
  const canStop = recording?.canStop ?? false;
  const asks = (recording?.consent ?? ability?.consent) === "ask";
  const mixing = ability?.mixing ?? false;
  return useMemo(() => {
    if (current === null && lastRecording === null && !canRecord && problem === null)
      return undefined;
    return {
      current,
      onStart: canRecord ? (mode: RecordingMode) => void start(mode) : undefined,
      onStop: canStop ? () => void attempt(call.stopRecording()) : undefined,
      onConsent: (given: boolean) => void attempt(call.consentToRecording(given)),
      asks,
      mixing,
      starting: starting && current === null,
      ended: lastRecording,
      problem,
      onDismissProblem: () => setRefused(null),
    };
  }, [
    call,
    attempt,
    start,
    current,
    lastRecording,
    canRecord,
    canStop,
    asks,
    mixing,
    starting,
    problem,
  ]);
}

function inWords(error: CallClientError, words: RecordingStrings): string {
  const fault = error instanceof CallError ? error.fault : null;
  const why = fault === null ? undefined : words.unavailable[fault];
  return why ?? words.failures[error.code] ?? words.failed;
}

/** The same object for as long as it says the same: what is memoised by it is not drawn again. */
function useKept(next: CurrentRecording | null): CurrentRecording | null {
  const { id, startedAt, mine, by } = next ?? {};
  const name = by?.name;
  const isLocal = by?.isLocal ?? false;
  return useMemo(
    () =>
      id === undefined || mine === undefined
        ? null
        : {
            id,
            startedAt: startedAt ?? null,
            by: name === undefined ? null : { name, isLocal },
            mine,
          },
    [id, startedAt, mine, name, isLocal],
  );
}
