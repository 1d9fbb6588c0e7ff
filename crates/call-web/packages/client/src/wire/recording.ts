import * as v from "valibot";
import { count, oneOf, orNull, type SchemaOf, text } from "./schema.js";
import type {
  CallRecording,
  ConsentStatus,
  FileUrl,
  MediaSource,
  MixStatus,
  Recording,
  RecordingAbility,
  RecordingConsent,
  RecordingFault,
  RecordingFileKind,
  RecordingMode,
  RecordingStatus,
  RecordingStop,
} from "./types.js";

/** More people or files no recording has. */
const MANY = 10_000;

/** Where media comes from. */
export const mediaSource = oneOf<MediaSource>({
  audio: true,
  video: true,
  screen: true,
  screenAudio: true,
});

const mode = oneOf<RecordingMode>({ tracks: true, mixed: true });
const consent = oneOf<RecordingConsent>({ notify: true, ask: true });
const consents = v.pipe(
  v.array(
    v.object({
      userId: text,
      status: oneOf<ConsentStatus>({ asked: true, given: true, refused: true }),
      at: orNull(text),
    }),
  ),
  v.maxLength(MANY),
);
/** What goes wrong with recordings. */
export const recordingFault = oneOf<RecordingFault>({
  disk_full: true,
  storage_unreachable: true,
  write_failed: true,
  overloaded: true,
  mix_failed: true,
  mixing_unavailable: true,
  interrupted: true,
  sfu_unavailable: true,
});
const length = v.pipe(v.number(), v.minValue(0));

/** A call's recording while it runs. */
export const callRecordingSchema: SchemaOf<CallRecording> = v.object({
  id: text,
  mode,
  startedBy: orNull(text),
  startedAt: text,
  consent,
  consents,
});

/** How a recording stopped. */
export const recordingStopSchema: SchemaOf<RecordingStop> = v.object({
  id: text,
  by: orNull(text),
  cause: orNull(recordingFault),
});

/** A recording, running or done. */
export const recordingSchema: SchemaOf<Recording> = v.object({
  id: text,
  callId: text,
  mode,
  status: oneOf<RecordingStatus>({
    recording: true,
    processing: true,
    ready: true,
    partial: true,
    failed: true,
  }),
  cause: orNull(recordingFault),
  startedBy: orNull(text),
  startedAt: text,
  stoppedAt: orNull(text),
  stoppedBy: orNull(text),
  durationMs: orNull(length),
  bytes: length,
  progress: orNull(
    v.pipe(
      v.number(),
      v.transform((share) => Math.min(1, Math.max(0, share))),
    ),
  ),
  mix: oneOf<MixStatus>({
    none: true,
    queued: true,
    running: true,
    done: true,
    failed: true,
    unavailable: true,
  }),
  consent,
  consents,
  files: v.pipe(
    v.array(
      v.object({
        id: text,
        kind: oneOf<RecordingFileKind>({ track: true, mixed: true, manifest: true }),
        userId: orNull(text),
        source: orNull(mediaSource),
        codec: orNull(text),
        contentType: text,
        bytes: length,
        offsetMs: length,
        durationMs: orNull(length),
        width: orNull(count),
        height: orNull(count),
      }),
    ),
    v.maxLength(MANY),
  ),
});

/** The recordings of a call. */
export const recordingListSchema: SchemaOf<{ items: Recording[] }> = v.object({
  items: v.pipe(v.array(recordingSchema), v.maxLength(MANY)),
});

/** Where the bytes of a file are, for a while. A store signs long ones. */
export const fileUrlSchema: SchemaOf<FileUrl> = v.object({
  url: v.pipe(v.string(), v.maxLength(16_384)),
  expiresAt: text,
});

/** What the calls of a server can have recorded. */
export const recordingAbilitySchema: SchemaOf<RecordingAbility> = v.object({
  available: v.boolean(),
  forced: v.boolean(),
  consent,
  mixing: v.boolean(),
});
