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
