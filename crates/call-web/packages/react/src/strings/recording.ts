import type { RecordingFault, RecordingMode } from "call-client";

/** Words about the recording of a call that goes on. */
export interface RecordingStrings {
  /** The sign that a call is recorded. */
  sign: string;
  record: string;
  starting: string;
  stop: string;
  /** Who records, in a sentence. */
  by: (name: string) => string;
  byYou: string;
  byPolicy: string;
  /** What a press on the sign opens. */
  options: (words: string) => string;
  /** On the sign, for somebody who is not recorded themselves. */
  notYou: string;
  /** How many of those who were asked agreed. */
  agreedOf: (agreed: string, asked: string) => string;
  /** Who, and how many they are. */
  notRecorded: (names: string, count: number) => string;

  startTitle: string;
  /** What it means to the others, by whether they are asked. */
  startWords: Record<"notify" | "ask", string>;
  modes: Record<RecordingMode, { title: string; detail: string }>;
  mixingUnavailable: string;
  start: string;

  /** What an answer leads to, by the answer as it stands. */
  askWords: Record<"asked" | "given" | "refused", string>;
  agree: string;
  refuse: string;
  later: string;
  /** The answer as it stands. */
  answers: Record<"given" | "refused", string>;
  asked: string;
  answer: string;
  changeAnswer: string;

  /** In the list of people. */
  people: Record<"asked" | "given" | "refused", string>;

  stopTitle: string;
  stopWords: string;
  goOn: string;

  stopped: string;
  stoppedBy: (name: string) => string;
  stoppedByYou: string;
  stoppedBecause: (cause: string) => string;
  faults: Record<RecordingFault, string>;
  failed: string;
  /** An answer did not get through; by what is so all the same. */
  consentFailed: Record<"recorded" | "notRecorded", string>;
  failures: Record<string, string>;
  /** Why none can begin now, and what helps; beside `failures.recording_unavailable`. */
  unavailable: Partial<Record<RecordingFault, string>>;

  /** Before one joins. */
  joining: string;
  /** After the call. */
  wasRecorded: string;
  show: string;
}

export const englishRecording: RecordingStrings = {
  sign: "REC",
  record: "Record call",
  starting: "The recording begins…",
  stop: "Stop recording",
  by: (name) => `${name} is recording this call`,
  byYou: "You are recording this call",
  byPolicy: "This call is recorded",
  options: (words) => `${words}. Options`,
  notYou: "not you",
  agreedOf: (agreed, asked) => `${agreed} of ${asked} agreed`,
  notRecorded: (names, count) => `${names} ${count === 1 ? "is" : "are"} not recorded`,

  startTitle: "Record this call?",
  startWords: {
    notify: "Everybody in the call is told that it is recorded.",
    ask: "Everybody is asked first. Nothing is kept of those who do not agree.",
  },
  modes: {
    tracks: {
      title: "Separate files",
      detail: "One for each person and shared screen. There soon after the recording.",
    },
    mixed: {
      title: "One video of everybody",
      detail: "Made after the recording, beside the separate files.",
    },
  },
  mixingUnavailable: "Not on this server: it has no ffmpeg to make it with.",
  start: "Start recording",

  askWords: {
    asked:
      "You are not recorded until you agree. If you do, your voice, camera and shared screen are recorded from now on. If you do not, you stay in the call all the same. You can change your answer at any time; what was recorded until then stays.",
    given:
      "You are recorded. If you change that, nothing of yours is recorded from now on. What was recorded before stays.",
    refused:
      "You are not recorded. If you agree, your voice, camera and shared screen are recorded from now on.",
  },
  agree: "Record me",
  refuse: "Don’t record me",
  later: "Decide later",
  answers: {
    given: "You are recorded",
    refused: "You are not recorded",
  },
  asked: "You are not recorded until you agree.",
  answer: "Choose",
  changeAnswer: "Change your answer",

  people: {
    asked: "Asked about the recording",
    given: "Agreed to be recorded",
    refused: "Not recorded",
  },

  stopTitle: "Stop the recording?",
  stopWords: "The call goes on. What was recorded is kept with the call.",
  goOn: "Go on recording",

  stopped: "The recording has stopped",
  stoppedBy: (name) => `${name} has stopped the recording`,
  stoppedByYou: "You have stopped the recording",
  stoppedBecause: (cause) => `The recording has stopped and is not complete: ${cause}`,
  faults: {
    disk_full: "the server’s disk is full",
    storage_unreachable: "the storage could not be reached",
    write_failed: "the server could not write the files",
    overloaded: "the server was too busy to keep up",
    mix_failed: "the video of everybody could not be made",
    mixing_unavailable: "this server cannot make a video of everybody",
    interrupted: "the server was interrupted",
    sfu_unavailable: "the media server was not there",
  },
  failed: "The recording could not be started or stopped. Try again.",
  consentFailed: {
    recorded: "Your answer was not saved: you are still recorded. Try again.",
    notRecorded: "Your answer was not saved: you are still not recorded. Try again.",
  },
  failures: {
    not_allowed: "You may not record this call.",
    recording_forbidden: "Calls may not be recorded on this server.",
    recording_unavailable: "This server cannot record calls at the moment.",
    mixing_unavailable: "This server cannot make one video of everybody. Choose separate files.",
    already_recording: "This call is recorded already.",
    not_recording: "This call is not recorded any more.",
    not_asked: "This recording asks nobody.",
    not_answered: "Nobody has answered this call yet.",
    connection_failed: "The server cannot be reached. Check your connection.",
  },
  unavailable: {
    disk_full:
      "The server has no room for another recording. Delete some that nobody needs any more, or ask whoever runs it to make room.",
    overloaded:
      "The server records as many calls as it can at a time. Try again when another recording has stopped.",
    sfu_unavailable:
      "This server cannot record this call: its media server is turned off. Ask whoever runs it.",
  },

  joining: "This call is being recorded",
  wasRecorded: "This call was recorded",
  show: "Show the recording",
};
