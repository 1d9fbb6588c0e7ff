import * as v from "valibot";
import { callRecordingSchema, mediaSource, recordingStopSchema } from "./recording.js";
import { count, oneOf, orNull, type SchemaOf, text } from "./schema.js";
import type {
  CallStatus,
  CallType,
  Direction,
  EndedReason,
  EndReason,
  ErrorCode,
  HistoryPage,
  IceCandidate,
  MediaState,
  Outcome,
  ParticipantStatus,
  PausedReason,
  Quality,
  QualityReason,
  Role,
  ServerMessage,
  StreamLayer,
  StreamStatus,
  Topology,
  VideoSource,
  WireCall,
  WireParticipant,
} from "./types.js";

const callType = oneOf<CallType>({ audio: true, video: true });
const callStatus = oneOf<CallStatus>({
  created: true,
  ringing: true,
  connecting: true,
  active: true,
  ended: true,
});
const endReason = oneOf<EndReason>({
  completed: true,
  cancelled: true,
  declined: true,
  no_answer: true,
  busy: true,
  unreachable: true,
  caller_lost: true,
  connect_failed: true,
  connection_lost: true,
  ended_by_moderator: true,
  max_duration: true,
  transferred: true,
  replaced: true,
  server_error: true,
});
const participantStatus = oneOf<ParticipantStatus>({
  invited: true,
  alerting: true,
  accepted: true,
  joined: true,
  reconnecting: true,
  left: true,
  declined: true,
  busy: true,
  missed: true,
  unreachable: true,
  cancelled: true,
  removed: true,
  failed: true,
});
const quality = oneOf<Quality>({ excellent: true, good: true, fair: true, poor: true, lost: true });
const qualityReason = oneOf<QualityReason>({
  high_round_trip_time: true,
  packet_loss: true,
  jitter: true,
  low_bitrate: true,
  frozen_video: true,
  cpu_limited: true,
  bandwidth_limited: true,
  no_media: true,
});

const media: SchemaOf<MediaState> = v.object({
  audio: v.boolean(),
  video: v.boolean(),
  screen: v.boolean(),
});

const participant: SchemaOf<WireParticipant> = v.object({
  userId: text,
  name: orNull(text),
  role: oneOf<Role>({ initiator: true, moderator: true, participant: true }),
  status: participantStatus,
  deviceId: orNull(text),
  media,
  connectionQuality: orNull(quality),
  invitedAt: text,
  joinedAt: orNull(text),
  leftAt: orNull(text),
  leaveReason: orNull(text),
  handRaisedAt: orNull(text),
});

const topology = oneOf<Topology>({ p2p: true, sfu: true });
const callEntries = {
  id: text,
  version: count,
  type: callType,
  status: callStatus,
  topology,
  initiatorId: text,
  conversationId: orNull(text),
  metadata: v.record(v.string(), v.unknown()),
  createdAt: text,
  ringDeadline: text,
  answeredAt: orNull(text),
  startedAt: orNull(text),
  endedAt: orNull(text),
  durationMs: orNull(v.number()),
  endReason: orNull(endReason),
  endedBy: orNull(text),
  sfuRoomId: orNull(text),
  recording: orNull(callRecordingSchema),
  recordingUrl: orNull(text),
  qualityStats: v.optional(v.unknown(), null),
  participants: v.pipe(v.array(participant), v.maxLength(1000)),
};

/** A call. */
export const callSchema: SchemaOf<WireCall> = v.object(callEntries);

/** A page of the history. */
export const historySchema: SchemaOf<HistoryPage> = v.object({
  items: v.array(
    v.object({
      ...callEntries,
      direction: oneOf<Direction>({ incoming: true, outgoing: true }),
      outcome: oneOf<Outcome>({
        answered: true,
        missed: true,
        no_answer: true,
        declined: true,
        cancelled: true,
        busy: true,
        failed: true,
        ongoing: true,
      }),
    }),
  ),
  nextCursor: orNull(text),
});

/** A participant, as `PATCH media` answers. */
export const participantSchema = participant;

const candidate: SchemaOf<IceCandidate> = v.object({
  candidate: text,
  sdpMid: v.optional(v.nullable(text)),
  sdpMLineIndex: v.optional(v.nullable(count)),
  usernameFragment: v.optional(v.nullable(text)),
});

const endedReason = v.union([
  endReason,
  oneOf<Exclude<EndedReason, EndReason>>({
    answered_elsewhere: true,
    declined_elsewhere: true,
    removed: true,
  }),
]);
const callId = text;
const version = count;
const sdp = v.string();
const revision = count;
/** More lines than this no room has. */
const MAX_TRACKS = 1000;
const videoSource = oneOf<VideoSource>({ video: true, screen: true });
const layer = oneOf<StreamLayer>({ low: true, medium: true, high: true });
const stream = v.object({
  userId: text,
  source: videoSource,
  state: oneOf<StreamStatus>({ active: true, paused: true }),
  reason: orNull(
    oneOf<PausedReason>({ bandwidth: true, muted: true, last_n: true, codec: true, hidden: true }),
  ),
  layer: orNull(layer),
});
const track = v.object({
  mid: text,
  userId: text,
  source: mediaSource,
});

const schemas: {
  [K in ServerMessage["type"]]: SchemaOf<Extract<ServerMessage, { type: K }>>;
} = {
  ack: v.object({ type: v.literal("ack"), id: text }),
  error: v.object({
    type: v.literal("error"),
    id: v.optional(text),
    callId: v.optional(text),
    // A newer server may have codes that are not known here.
    code: v.custom<ErrorCode>((code) => typeof code === "string"),
    detail: v.optional(v.string(), ""),
  }),
  "session:ready": v.object({
    type: v.literal("session:ready"),
    sessionId: text,
    userId: text,
    heartbeatMs: v.pipe(v.number(), v.minValue(1)),
    calls: v.array(callSchema),
  }),
  "session:pong": v.object({ type: v.literal("session:pong") }),
  "presence:changed": v.object({
    type: v.literal("presence:changed"),
    userId: text,
    name: orNull(text),
    online: v.boolean(),
  }),
  "call:incoming": v.object({
    type: v.literal("call:incoming"),
    call: callSchema,
    from: v.object({ userId: text, name: orNull(text) }),
  }),
  "call:ringing": v.object({ type: v.literal("call:ringing"), callId, version, userId: text }),
  "call:offer": v.object({ type: v.literal("call:offer"), callId, from: text, sdp }),
  "call:answer": v.object({ type: v.literal("call:answer"), callId, from: text, sdp }),
  "call:ice-candidate": v.object({
    type: v.literal("call:ice-candidate"),
    callId,
    from: text,
    candidate: orNull(candidate),
  }),
  "call:participant-joined": v.object({
    type: v.literal("call:participant-joined"),
    callId,
    version,
    participant,
  }),
  "call:participant-left": v.object({
    type: v.literal("call:participant-left"),
    callId,
    version,
    userId: text,
    reason: text,
  }),
  "call:media-state-changed": v.object({
    type: v.literal("call:media-state-changed"),
    callId,
    version,
    userId: text,
    media,
  }),
  "call:quality-changed": v.object({
    type: v.literal("call:quality-changed"),
    callId,
    userId: text,
    quality,
    reasons: v.array(qualityReason),
  }),
  "call:recording-changed": v.object({
    type: v.literal("call:recording-changed"),
    callId,
    version,
    recording: orNull(callRecordingSchema),
    stopped: orNull(recordingStopSchema),
  }),
  "call:updated": v.object({ type: v.literal("call:updated"), callId, version, call: callSchema }),
  "call:ended": v.object({
    type: v.literal("call:ended"),
    callId,
    version,
    reason: endedReason,
    endedBy: orNull(text),
    call: callSchema,
  }),
  "call:reaction": v.object({
    type: v.literal("call:reaction"),
    callId,
    userId: text,
    reaction: text,
  }),
  "media:offer": v.object({
    type: v.literal("media:offer"),
    callId,
    session: text,
    revision,
    sdp,
    publish: v.object({ audio: text, video: text, screen: text, screenAudio: text }),
    tracks: v.pipe(v.array(track), v.maxLength(MAX_TRACKS)),
  }),
  "media:subscription": v.object({
    type: v.literal("media:subscription"),
    callId,
    streams: v.pipe(v.array(stream), v.maxLength(MAX_TRACKS)),
  }),
  "media:publication": v.object({
    type: v.literal("media:publication"),
    callId,
    streams: v.pipe(v.array(v.object({ source: videoSource, layer })), v.maxLength(MAX_TRACKS)),
  }),
  "media:speakers": v.object({
    type: v.literal("media:speakers"),
    callId,
    userIds: v.pipe(v.array(text), v.maxLength(MAX_TRACKS)),
  }),
  "media:switched": v.object({
    type: v.literal("media:switched"),
    callId,
    userId: text,
    topology,
  }),
};

/** What a frame turned out to be. */
export type Parsed =
  | { kind: "message"; message: ServerMessage }
  /** A type of a newer server: to be ignored. */
  | { kind: "unknown"; type: string }
  | { kind: "malformed"; problem: string };

/** Reads a frame of the WebSocket. Never throws. */
export function parseServerMessage(frame: unknown): Parsed {
  if (typeof frame !== "string") return { kind: "malformed", problem: "not a text frame" };
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return { kind: "malformed", problem: "not JSON" };
  }
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : null;
  if (typeof type !== "string") return { kind: "malformed", problem: "no type" };
  if (!Object.hasOwn(schemas, type)) return { kind: "unknown", type };
  const schema: SchemaOf<ServerMessage> = schemas[type as ServerMessage["type"]];
  const result = v.safeParse(schema, value);
  if (result.success) return { kind: "message", message: result.output };
  const [issue] = result.issues;
  return { kind: "malformed", problem: `${type}: ${v.getDotPath(issue) ?? ""} ${issue.message}` };
}
