/** Time as RFC 3339 in UTC with milliseconds. */
export type Timestamp = string;
export type CallType = "audio" | "video";
export type CallStatus = "created" | "ringing" | "connecting" | "active" | "ended";
export type Topology = "p2p" | "sfu";
export type EndReason =
  | "completed"
  | "cancelled"
  | "declined"
  | "no_answer"
  | "busy"
  | "unreachable"
  | "caller_lost"
  | "connect_failed"
  | "connection_lost"
  | "ended_by_moderator"
  | "max_duration"
  | "transferred"
  | "replaced"
  | "server_error";
export type ParticipantStatus =
  | "invited"
  | "alerting"
  | "accepted"
  | "joined"
  | "reconnecting"
  | "left"
  | "declined"
  | "busy"
  | "missed"
  | "unreachable"
  | "cancelled"
  | "removed"
  | "failed";
export type Role = "initiator" | "participant";
export type Quality = "excellent" | "good" | "fair" | "poor" | "lost";
export type QualityReason =
  | "high_round_trip_time"
  | "packet_loss"
  | "jitter"
  | "low_bitrate"
  | "frozen_video"
  | "cpu_limited"
  | "bandwidth_limited"
  | "no_media";

/** What a participant sends, as that participant's client said. */
export interface MediaState {
  audio: boolean;
  video: boolean;
  screen: boolean;
}

/** One person's part in a call. */
export interface WireParticipant {
  userId: string;
  name: string | null;
  role: Role;
  status: ParticipantStatus;
  deviceId: string | null;
  media: MediaState;
  connectionQuality: Quality | null;
  invitedAt: Timestamp;
  joinedAt: Timestamp | null;
  leftAt: Timestamp | null;
  leaveReason: string | null;
}

/** A call as the server tells it. */
export interface WireCall {
  id: string;
  version: number;
  type: CallType;
  status: CallStatus;
  topology: Topology;
  initiatorId: string;
  conversationId: string | null;
  metadata: Record<string, unknown>;
  createdAt: Timestamp;
  ringDeadline: Timestamp | null;
  answeredAt: Timestamp | null;
  startedAt: Timestamp | null;
  endedAt: Timestamp | null;
  durationMs: number | null;
  endReason: EndReason | null;
  endedBy: string | null;
  sfuRoomId: string | null;
  recordingUrl: string | null;
  qualityStats: unknown;
  participants: WireParticipant[];
}

export type Direction = "incoming" | "outgoing";
export type Outcome =
  | "answered"
  | "missed"
  | "no_answer"
  | "declined"
  | "cancelled"
  | "busy"
  | "failed"
  | "ongoing";

/** One line of the history: a call, from my side. */
export type HistoryItem = WireCall & { direction: Direction; outcome: Outcome };
export interface HistoryPage {
  items: HistoryItem[];
  nextCursor: string | null;
}

/** Received media of one kind over one interval. */
export interface Inbound {
  packetsReceived: number;
  packetsLost: number;
  /** In seconds. */
  jitter: number;
  bytesReceived: number;
  concealedSamples?: number;
  totalSamplesReceived?: number;
  framesDecoded?: number;
  framesPerSecond?: number;
  frameWidth?: number;
  frameHeight?: number;
  freezeCount?: number;
  /** In seconds. */
  totalFreezesDuration?: number;
}

/** Media sent over one interval. */
export interface Outbound {
  bytesSent: number;
  packetsSent: number;
  /** 0 to 1. */
  fractionLost?: number;
  framesPerSecond?: number;
  frameHeight?: number;
  qualityLimitationReason?: "none" | "cpu" | "bandwidth" | "other";
}

export type CandidateType = "host" | "srflx" | "prflx" | "relay";

/** What was measured about one peer over one interval. */
export interface StatsSample {
  peerId: string;
  intervalMs: number;
  /** In seconds. */
  roundTripTime?: number;
  /** In bit/s. */
  availableOutgoingBitrate?: number;
  candidateType?: CandidateType;
  relayProtocol?: "udp" | "tcp" | "tls";
  audio?: Inbound;
  video?: Inbound;
  outbound?: Outbound;
}

export interface IceCandidate {
  candidate: string;
  sdpMid?: string | null;
  sdpMLineIndex?: number | null;
  usernameFragment?: string | null;
}

/** What a client may say; `id` asks for an `ack` or an `error`. */
export type ClientMessage = { id?: string } & (
  | { type: "session:hello"; token: string; deviceId: string }
  | { type: "session:refresh"; token: string }
  | { type: "session:ping" }
  | { type: "call:offer"; callId: string; to: string; sdp: string }
  | { type: "call:answer"; callId: string; to: string; sdp: string }
  | { type: "call:ice-candidate"; callId: string; to: string; candidate: IceCandidate | null }
  | { type: "call:alerting"; callId: string }
  | { type: "call:connected"; callId: string }
  | { type: "call:stats"; callId: string; samples: StatsSample[] }
  | { type: "call:sync"; callId: string }
);

/** What the server says. */
export type ServerMessage =
  | { type: "ack"; id: string }
  | { type: "error"; id?: string; callId?: string; code: string; detail: string }
  | {
      type: "session:ready";
      sessionId: string;
      userId: string;
      heartbeatMs: number;
      calls: WireCall[];
    }
  | { type: "session:pong" }
  | { type: "presence:changed"; userId: string; name: string | null; online: boolean }
  | { type: "call:incoming"; call: WireCall; from: { userId: string; name: string | null } }
  | { type: "call:ringing"; callId: string; version: number; userId: string }
  | { type: "call:offer"; callId: string; from: string; sdp: string }
  | { type: "call:answer"; callId: string; from: string; sdp: string }
  | { type: "call:ice-candidate"; callId: string; from: string; candidate: IceCandidate | null }
  | {
      type: "call:participant-joined";
      callId: string;
      version: number;
      participant: WireParticipant;
    }
  | {
      type: "call:participant-left";
      callId: string;
      version: number;
      userId: string;
      reason: string;
    }
  | {
      type: "call:media-state-changed";
      callId: string;
      version: number;
      userId: string;
      media: MediaState;
    }
  | {
      type: "call:quality-changed";
      callId: string;
      userId: string;
      quality: Quality;
      reasons: QualityReason[];
    }
  | { type: "call:updated"; callId: string; version: number; call: WireCall }
  | {
      type: "call:ended";
      callId: string;
      version: number;
      reason: string;
      endedBy: string | null;
      call: WireCall;
    };
