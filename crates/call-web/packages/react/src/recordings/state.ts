import type { Recording, RecordingFile } from "call-client";
import { percent } from "../format/text.js";
import type { Strings } from "../strings/strings.js";

/** How a recording is to be shown. */
export type RecordingTone = "live" | "working" | "good" | "warning" | "bad";

/** Where a recording stands, in words. */
export interface RecordingState {
  tone: RecordingTone;
  words: string;
  /** How far the work in hand is, 0 to 1; null where that is not known or nothing is done. */
  progress: number | null;
}

/** Whether something is still done to it, so that it has to be looked at again. */
export function isInProgress({ status, mix }: Recording): boolean {
  return status === "recording" || status === "processing" || isMixing(mix);
}

/** Whether one video of everybody is being made, or is to be. */
export function isMixing(mix: Recording["mix"]): boolean {
  return mix === "queued" || mix === "running";
}

/** Says where a recording stands. */
export function stateOf(recording: Recording, strings: Strings, locale?: string): RecordingState {
  const { states } = strings.recordings;
  const { status, mix, progress, cause } = recording;
  const share = progress === null ? null : percent(Math.floor(progress * 100) / 100, locale);
  if (status === "recording") return { tone: "live", words: states.recording, progress: null };
  if (mix === "running") {
    const words = share === null ? states.mixing : states.mixingAt(share);
    return { tone: "working", words, progress };
  }
  if (mix === "queued") return { tone: "working", words: states.waitingForMix, progress: null };
  if (status === "processing") {
    const words = share === null ? states.finishing : states.finishingAt(share);
    return { tone: "working", words, progress };
  }
  const why = cause === null ? states.unknownCause : strings.recording.faults[cause];
  switch (status) {
    case "ready":
      return mix === "failed"
        ? { tone: "warning", words: states.mixFailed, progress: null }
        : { tone: "good", words: states.ready, progress: null };
    case "partial":
      return { tone: "warning", words: states.partial(why), progress: null };
    case "failed":
      return { tone: "bad", words: states.failed(why), progress: null };
  }
}

/** The files of one person, and of what they shared. */
export interface PersonTracks {
  userId: string;
  tracks: RecordingFile[];
}

const order = { audio: 0, video: 1, screen: 2, screenAudio: 3 };

/** The tracks of a recording by person, in the order in which they were first heard or seen. */
export function tracksByPerson(files: readonly RecordingFile[]): PersonTracks[] {
  const people = new Map<string, RecordingFile[]>();
  const begun = (file: RecordingFile) => file.offsetMs;
  for (const file of files
    .filter(({ kind }) => kind === "track")
    .sort((a, b) => begun(a) - begun(b))) {
    const userId = file.userId ?? "";
    people.set(userId, [...(people.get(userId) ?? []), file]);
  }
  const place = (file: RecordingFile) => (file.source === null ? 4 : order[file.source]);
  return [...people].map(([userId, tracks]) => ({
    userId,
    tracks: tracks.sort((a, b) => place(a) - place(b) || begun(a) - begun(b)),
  }));
}

/** What is heard with a picture: the voice with a camera, a screen's sound with the screen. */
export function soundOf(
  picture: RecordingFile,
  files: readonly RecordingFile[],
): RecordingFile | null {
  const source = picture.source === "video" ? "audio" : "screenAudio";
  if (picture.source !== "video" && picture.source !== "screen") return null;
  const theirs = files.filter(
    (file) => file.kind === "track" && file.userId === picture.userId && file.source === source,
  );
  const overlap = (file: RecordingFile) =>
    Math.min(endOf(file), endOf(picture)) - Math.max(file.offsetMs, picture.offsetMs);
  const [most] = theirs.sort((a, b) => overlap(b) - overlap(a));
  return most !== undefined && overlap(most) > 0 ? most : null;
}

function endOf({ offsetMs, durationMs }: RecordingFile): number {
  return offsetMs + (durationMs ?? 0);
}
