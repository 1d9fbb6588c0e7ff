// The wire types under the names that this package gives them. They are generated from Rust.
import type {
  Call as GeneratedCall,
  ClientMessage as GeneratedClientMessage,
  Participant,
} from "./generated/index.js";

export type {
  AppConfig as PublicConfig,
  AssignableRole,
  CallEventItem as CallEvent,
  CallPage as HistoryPage,
  CallStats,
  CallStatus,
  CallType,
  CandidateType,
  Direction,
  EndedReason,
  EndReason,
  ErrorCode,
  HistoryItem,
  IceCandidate,
  Inbound,
  InitiateRequest,
  MediaSource,
  MediaState,
  OfferedTrack,
  OnlineUser,
  Outbound,
  Outcome,
  ParticipantStatus,
  PausedReason,
  PublishedStream,
  PublishMids,
  Quality,
  QualityItem as QualityPoint,
  QualityLimitationReason,
  QualityReason,
  RelayProtocol,
  Role,
  ServerMessage,
  StatsSample,
  StreamLayer,
  StreamStatus,
  SubscribedStream,
  Topology,
  TurnCredentials,
  VideoSource,
  WantedStream,
} from "./generated/index.js";

/** A call as the server tells it. `Call` is what this device makes of it. */
export type WireCall = GeneratedCall;
/** One person's part in a call, as the server tells it. */
export type WireParticipant = Participant;
/** What a client may say; with an `id` it gets an `ack` or an `error`. */
export type ClientMessage = GeneratedClientMessage & { id?: string };
