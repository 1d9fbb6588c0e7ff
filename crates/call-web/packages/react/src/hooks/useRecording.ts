import {
  type Call,
  type CallClientError,
  CallError,
  type CallSnapshot,
  type RecordingEnd,
  type RecordingMode,
  type RecordingSnapshot,
  toCallClientError,
} from "call-client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useAnnounce } from "../parts/Announcer.js";
import type {
  CurrentRecording,
  EndedRecording,
  RecordingAnswer,
  RecordingControls,
} from "../recording/controls.js";
import type { RecordingStrings } from "../strings/recording.js";
import { useStrings } from "../strings/StringsContext.js";
import { useCallClient } from "./useCallClient.js";
import { participantsOf } from "./useParticipants.js";
import { useStore } from "./useStore.js";

/** A recording as people see it: with the name of who began it. */
export function currentRecording(
  { id, startedAt, startedBy, mine, canStop, consents }: RecordingSnapshot,
  snapshot: CallSnapshot,
): CurrentRecording {
  const by = named(startedBy, snapshot);
  // Who sees to the recording sees to whom it leaves out.
  return { id, startedAt, by, mine, ...(canStop && { answers: answersOf(consents, snapshot) }) };
}

/** A recording that ended as people see it: with the name of who stopped it. */
export function endedRecording(
  { id, by, cause }: RecordingEnd,
  snapshot: CallSnapshot,
): EndedRecording {
  return { id, by: named(by, snapshot), cause };
}

function named(
  id: string | null,
  { wire, participants }: CallSnapshot,
): { name: string; isLocal: boolean } | null {
  if (id === null) return null;
  const other = participants.find(({ userId }) => userId === id);
  const known = wire.participants.find(({ userId }) => userId === id);
  // Who is in the call but not among the others is me; an admin may not be in it at all.
  const isLocal = other === undefined && known !== undefined;
  return { name: other?.name ?? known?.name ?? id, isLocal };
}

/** What those said who are in the call. */
function answersOf(
  consents: RecordingSnapshot["consents"],
  snapshot: CallSnapshot,
): RecordingAnswer[] {
  const { self, others } = participantsOf(snapshot);
  return [self, ...others].flatMap(({ userId, name, isLocal }) => {
    const said = consents.find((consent) => consent.userId === userId)?.status;
    return said === undefined ? [] : [{ userId, name, isLocal, said }];
  });
}

/** What the server says when things are already as they were asked for. */
const DONE = new Set(["already_recording", "not_recording"]);

/** It begins within this time, or it does not. */
const STARTING_MS = 20_000;

/** The recording of a call, and what this person may do about it; undefined: nothing, ever. */
export function useRecording(call: Call, snapshot: CallSnapshot): RecordingControls | undefined {
  const { recording: words } = useStrings();
  const ability = useStore(useCallClient().recordings.ability);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [starting, setStarting] = useState(false);
  const attempt = useCallback(async (done: Promise<void>, of: Refusal["of"] = "recording") => {
    setRefused(null);
    try {
      await done;
      return true;
    } catch (thrown) {
      const error = toCallClientError(thrown);
      if (!DONE.has(error.code)) setRefused({ error, of });
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
  const problem = refused && inWords(refused, recording?.mine === "given", words);
  const announce = useAnnounce();
  useEffect(() => {
    if (problem !== null) announce(problem);
  }, [problem, announce]);
  const current = useKept(recording && currentRecording(recording, snapshot));
  const over = useKept(lastRecording && endedRecording(lastRecording, snapshot));
  const canStop = recording?.canStop ?? false;
  const asks = (recording?.consent ?? ability?.consent) === "ask";
  const mixing = ability?.mixing ?? false;
  return useMemo(() => {
    if (current === null && over === null && !canRecord && problem === null) return undefined;
    return {
      current,
      onStart: canRecord ? (mode: RecordingMode) => void start(mode) : undefined,
      onStop: canStop ? () => void attempt(call.stopRecording()) : undefined,
      onConsent: (given: boolean) => void attempt(call.consentToRecording(given), "consent"),
      asks,
      mixing,
      starting: starting && current === null,
      ended: over,
      problem,
      onDismissProblem: () => setRefused(null),
    };
  }, [call, attempt, start, current, over, canRecord, canStop, asks, mixing, starting, problem]);
}

/** What the server did not do, and why. */
interface Refusal {
  error: CallClientError;
  of: "recording" | "consent";
}

function inWords({ error, of }: Refusal, recorded: boolean, words: RecordingStrings): string {
  if (of === "consent" && error.code !== "not_asked") {
    return words.consentFailed[recorded ? "recorded" : "notRecorded"];
  }
  const fault = error instanceof CallError ? error.fault : null;
  const why = fault === null ? undefined : words.unavailable[fault];
  return why ?? words.failures[error.code] ?? words.failed;
}

/** The same object for as long as it says the same: what is memoised by it is not drawn again. */
function useKept<T>(next: T): T {
  const said = JSON.stringify(next);
  return useMemo(() => JSON.parse(said) as T, [said]);
}
