import type { MediaSource, RecordingFileKind } from "call-client";

/** Words of the list of recordings. */
export interface RecordingsStrings {
  title: string;
  loading: string;
  none: string;
  noneHint: string;
  unreadable: string;
  /** A recording by when it began. */
  of: (when: string) => string;
  states: {
    recording: string;
    finishing: string;
    finishingAt: (share: string) => string;
    waitingForMix: string;
    mixing: string;
    mixingAt: (share: string) => string;
    ready: string;
    partial: (cause: string) => string;
    failed: (cause: string) => string;
    unknownCause: string;
    mixFailed: string;
  };
  kinds: Record<RecordingFileKind, string>;
  sources: Record<MediaSource, string>;
  modes: Record<"tracks" | "mixed", string>;
  length: string;
  size: string;
  startedBy: (name: string) => string;
  byPolicy: string;
  stoppedBy: (name: string) => string;
  agreed: (names: string) => string;
  refused: (names: string) => string;
  /** Agreed at first: what was recorded until then is there. */
  withdrew: (names: string) => string;
  unanswered: (names: string) => string;
  /** The same while it runs. */
  unansweredYet: (names: string) => string;
  people: string;
  tracks: (count: string) => string;
  /** Where a track begins. */
  from: (time: string) => string;
  play: string;
  playFile: (what: string) => string;
  closeFile: (what: string) => string;
  download: string;
  downloadFile: (what: string) => string;
  manifest: string;
  notPlayable: string;
  notLoaded: string;
  expired: string;
  makeMix: string;
  mixAgain: string;
  remove: string;
  removeTitle: (when: string) => string;
  removeWords: string;
  /** While one video of everybody is being made. */
  removeMixing: string;
  removed: string;
  keep: string;
  failed: string;
  failures: Record<string, string>;
}

export const englishRecordings: RecordingsStrings = {
  title: "Recordings",
  loading: "Looking for recordings…",
  none: "Not recorded",
  noneHint: "Whoever leads a call finds “Record call” in its control bar.",
  unreadable: "The recordings could not be read.",
  of: (when) => `Recording of ${when}`,
  states: {
    recording: "Recording…",
    finishing: "Being finished…",
    finishingAt: (share) => `Being finished: ${share}`,
    waitingForMix: "Waiting to be put together…",
    mixing: "Being put together…",
    mixingAt: (share) => `Being put together: ${share}`,
    ready: "Ready",
    partial: (cause) => `Not complete: ${cause}`,
    failed: (cause) => `Failed: ${cause}`,
    unknownCause: "the server does not say why",
    mixFailed: "The video of everybody could not be made",
  },
  kinds: { track: "Track", mixed: "Everybody", manifest: "Description" },
  sources: {
    audio: "Microphone",
    video: "Camera",
    screen: "Screen",
    screenAudio: "Sound of the screen",
  },
  modes: { tracks: "Separate files", mixed: "One video" },
  length: "Length",
  size: "Size",
  startedBy: (name) => `Started by ${name}`,
  byPolicy: "Started by the server",
  stoppedBy: (name) => `Stopped by ${name}`,
  agreed: (names) => `Agreed: ${names}`,
  refused: (names) => `Did not agree: ${names}`,
  withdrew: (names) => `Withdrew: ${names}`,
  unanswered: (names) => `Did not answer: ${names}`,
  unansweredYet: (names) => `Not answered yet: ${names}`,
  people: "Who agreed",
  tracks: (count) => `Separate files · ${count}`,
  from: (time) => `from ${time}`,
  play: "Play",
  playFile: (what) => `Play ${what}`,
  closeFile: (what) => `Close ${what}`,
  download: "Download",
  downloadFile: (what) => `Download ${what}`,
  manifest: "Description (JSON)",
  notPlayable: "This browser cannot play this file. It can be downloaded.",
  notLoaded: "The file could not be loaded. Try again, or download it.",
  expired: "The file could not be opened any more. Play it again.",
  makeMix: "Make one video",
  mixAgain: "Try the video again",
  remove: "Delete",
  removeTitle: (when) => `Delete the recording of ${when}?`,
  removeWords: "All its files are gone for everybody, and cannot be brought back.",
  removeMixing: "The video that is being made is cancelled.",
  removed: "The recording is deleted",
  keep: "Keep",
  failed: "That did not work. Try again.",
  failures: {
    not_allowed: "Only whoever leads the call may do that.",
    not_found: "This recording is not there any more.",
    recording_live: "The recording still runs. Stop it first.",
    mixing_unavailable:
      "This server cannot make one video now: it has no ffmpeg to make it with, or no room on its disk.",
    connection_failed: "The server cannot be reached. Check your connection.",
  },
};
