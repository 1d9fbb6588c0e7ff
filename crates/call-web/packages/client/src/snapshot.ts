import type { CallClientError, MediaError } from "./errors.js";
import type {
  CallType,
  CandidateType,
  ConsentStatus,
  EndedReason,
  MediaState,
  OnlineUser,
  ParticipantStatus,
  PausedReason,
  Quality,
  QualityReason,
  RecordingConsent,
  RecordingConsentItem,
  RecordingFault,
  RecordingMode,
  RelayProtocol,
  Role,
  StreamLayer,
  Topology,
  VideoSource,
  WireCall,
} from "./wire/types.js";

/** Where the connection to the server stands. */
export type ConnectionPhase = "idle" | "connecting" | "ready" | "reconnecting" | "closed";

/** The client as a whole. */
export interface ClientState {
  connection: ConnectionPhase;
  /** Failed tries in a row to connect. */
  attempt: number;
  /** When the next try is due, in milliseconds since 1970; null when none is planned. */
  nextRetryAt: number | null;
  /** Known once connected. */
  userId: string | null;
  /** Known once connecting. */
  deviceId: string | null;
  /** Why it is `closed` or why the last try failed. */
  error: CallClientError | null;
  /** Who is online, without me; null where the server does not tell. */
  online: readonly OnlineUser[] | null;
}

/**
 * Where this device stands in a call.
 *
 * - `ringing-out`: I call; nobody took it yet.
 * - `incoming`: I may take it (it rings here, or it is a group call that I missed or declined).
 * - `connecting`: taken; media does not flow yet.
 * - `active`: media flows, or flowed and the others left.
 * - `reconnecting`: after a reload, or nobody's media arrives any more.
 * - `ended`: over for this device.
 */
export type CallPhase =
  | "ringing-out"
  | "incoming"
  | "connecting"
  | "active"
  | "reconnecting"
  | "ended";

/**
 * Why a call is over for this device. Beyond the reasons of the call itself: another device of
 * mine took or declined it, I left a call that goes on, or I was put out of it.
 */
export type CallEndReason = EndedReason | "left" | "removed";

/** How good the connection is. */
export interface QualityState {
  level: Quality;
  /** Mean opinion score, 1 to 4.5; null for what others reported. */
  score: number | null;
  reasons: readonly QualityReason[];
}

/**
 * The latest figures of the connection to one participant, measured every two seconds. Units as in
 * W3C webrtc-stats: seconds, bits per second, shares of one; null where the browser does not tell
 * or nothing is sent.
 */
export interface ConnectionFigures {
  readonly roundTripTime: number | null;
  /** Of what arrives. */
  readonly jitter: number | null;
  readonly packetLoss: number | null;
  readonly bitrateIn: number | null;
  readonly bitrateOut: number | null;
  /** The picture that arrives. */
  readonly frameWidth: number | null;
  readonly frameHeight: number | null;
  readonly framesPerSecond: number | null;
  /** The picture that is sent. */
  readonly frameHeightOut: number | null;
  readonly framesPerSecondOut: number | null;
  readonly candidateType: CandidateType | null;
  /** How this device reaches its relay; null without one. */
  readonly relayProtocol: RelayProtocol | null;
}

/** Where the media connection to one participant stands. */
export type PeerState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";

/**
 * Why a picture does not come.
 *
 * - `bandwidth`: the way here is too narrow.
 * - `muted`: its owner does not send it.
 * - `last_n`: more cameras are on than are sent to anybody; this one's owner has not spoken lately.
 * - `codec`: this browser cannot decode it.
 * - `hidden`: this device did not ask for it.
 */
export type PauseReason = PausedReason;

/** What somebody may do in a call. */
export type ParticipantRole = Role;

/** What of a participant can be seen. */
export type PictureKind = VideoSource;

/** How a picture comes by the SFU. */
export interface StreamState {
  readonly state: "active" | "paused";
  /** Null while active. */
  readonly reason: PauseReason | null;
  /** Null while paused. */
  readonly layer: StreamLayer | null;
}

/** Somebody else in the call. */
export interface ParticipantSnapshot {
  userId: string;
  /** The user id where the server knows no name. */
  name: string;
  role: ParticipantRole;
  status: ParticipantStatus;
  /**
   * Microphone and camera. Peer to peer, the shared screen takes the place of the camera while
   * `media.screen`. The object stays the same while the ways of the media change underneath, so
   * that an element that plays it never starts again.
   */
  stream: MediaStream | null;
  /**
   * The shared screen by itself, beside the camera; null while nothing is shared and while it comes
   * in `stream` in place of the camera (peer to peer). Show `screenStream ?? stream`.
   */
  screenStream: MediaStream | null;
  /** Sound of the shared screen, while there is any. Play it beside `stream`. */
  screenAudioStream: MediaStream | null;
  /** What they send, as they say: never to be guessed from a track. */
  media: MediaState;
  /** How well I receive them; null until measured. */
  quality: QualityState | null;
  /** Null while there is no connection to them (they still ring, left, ...). */
  connectionState: PeerState | null;
  /** How this device reaches them: `host`, `srflx`, `prflx` or `relay`. */
  candidateType: CandidateType | null;
  /** Null until measured. */
  figures: ConnectionFigures | null;
  /** The way by which `stream` comes; null while there is none. */
  path: Topology | null;
  /** How the pictures come by the SFU; null peer to peer and until the SFU told. */
  streams: { readonly video: StreamState | null; readonly screen: StreamState | null };
  /** When they raised their hand, in milliseconds since 1970; null while it is down. */
  handRaisedAt: number | null;
}

/** This device's own part in the call. */
export interface SelfSnapshot extends MediaState {
  /** My camera and microphone; null until captured. */
  localStream: MediaStream | null;
  /** The screen that I share. */
  screenStream: MediaStream | null;
  microphoneId: string | null;
  cameraId: string | null;
  /** Sending of video is paused by `setVideoPaused`, though the camera is on. */
  videoPaused: boolean;
  /** The call goes on without what could not be captured. */
  errors: {
    readonly microphone: MediaError | null;
    readonly camera: MediaError | null;
    readonly screen: MediaError | null;
  };
  /** Switched off by a moderator, until it is switched on again here. */
  mutedByModerator: { readonly audio: boolean; readonly video: boolean; readonly screen: boolean };
}

/** A change of the way by which one participant is seen and heard, as it was measured here. */
export interface Handover {
  readonly userId: string;
  readonly from: Topology;
  readonly to: Topology;
  /** When the new way was put in the place of the old one, in milliseconds since 1970. */
  readonly at: number;
  /** From the server's decision to the change, in milliseconds. */
  readonly durationMs: number;
  /** Sound that was missing or made up around the change, in milliseconds; null without sound. */
  readonly audioGapMs: number | null;
  /** From the last picture of the old way to the first of the new one; null without pictures. */
  readonly videoGapMs: number | null;
}

/** An emoji that somebody threw in. */
export interface Reaction {
  /** Tells it from others of the same kind. */
  readonly id: number;
  readonly userId: string;
  readonly reaction: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The recording of a call while it runs. */
export interface RecordingSnapshot {
  readonly id: string;
  /** A file for each person and source, or also one of the whole call. */
  readonly mode: RecordingMode;
  /** Who began it; null: the policy of the server. */
  readonly startedBy: string | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  /** `ask`: nothing of anybody is written before they said yes. `notify`: everybody is told. */
  readonly consent: RecordingConsent;
  /** What people said; empty with `notify`. */
  readonly consents: readonly RecordingConsentItem[];
  /** What I said; `asked`: nothing yet, `none`: I was not asked. May be changed at any time. */
  readonly mine: ConsentStatus | "none";
  /** I may stop it. */
  readonly canStop: boolean;
}

/** How a recording ended, with the call or before it. */
export interface RecordingEnd {
  readonly id: string;
  /** Who stopped it; null when it could not go on, and until the server told. */
  readonly by: string | null;
  /** What went wrong; null when it was stopped, and until the server told. */
  readonly cause: RecordingFault | null;
}

/** A call as this device sees it. */
export interface CallSnapshot {
  id: string;
  type: CallType;
  phase: CallPhase;
  /** I began it. */
  outgoing: boolean;
  /** It rings on this device: show it as incoming. */
  ringing: boolean;
  /** More than two people belong to it. */
  group: boolean;
  /** The server's word, for whatever is not told here. */
  wire: WireCall;
  self: SelfSnapshot;
  /** Everybody else, in the order of the server. */
  participants: readonly ParticipantSnapshot[];
  /** When two people first had media, in milliseconds since 1970; the duration counts from here. */
  startedAt: number | null;
  endedAt: number | null;
  endReason: CallEndReason | null;
  /** My own connection: the worst over everybody else, with reasons. */
  quality: QualityState | null;
  /** How the server wants media to travel; `participants[].path` is how it does. */
  topology: Topology;
  /** My own part. */
  role: ParticipantRole;
  /** I may mute and remove others and make moderators. */
  moderator: boolean;
  /** When I raised my hand, in milliseconds since 1970; null while it is down. */
  handRaisedAt: number | null;
  /** Who speaks, loudest first, as the SFU hears it; empty peer to peer (use `levels`). */
  activeSpeakers: readonly string[];
  /** Those of the last seconds, mine included, oldest first. */
  reactions: readonly Reaction[];
  /** The latest changes of the way, oldest first. */
  handovers: readonly Handover[];
  /** The recording that runs; null while there is none. */
  recording: RecordingSnapshot | null;
  /** The recording that ended last while I was in the call. */
  lastRecording: RecordingEnd | null;
  /** I may begin a recording now. */
  canRecord: boolean;
}
