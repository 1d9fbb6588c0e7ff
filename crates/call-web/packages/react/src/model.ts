import type {
  CallEndReason,
  CallType,
  ConsentStatus,
  MediaState,
  ParticipantRole,
  ParticipantStatus,
  PauseReason,
  PictureKind,
  Quality,
  QualityReason,
  Reaction,
  StreamState,
  Topology,
} from "call-client";

export type {
  CallEndReason,
  CallType,
  MediaState,
  ParticipantRole,
  ParticipantStatus,
  PauseReason,
  PictureKind,
  Quality,
  QualityReason,
  Reaction,
  StreamState,
  Topology,
};

/**
 * One person as a tile shows them. Plain data: the parts of this package know nothing of the
 * network, so they can be used with any source of streams.
 */
export interface TilePerson {
  userId: string;
  name: string;
  isLocal: boolean;
  /**
   * Microphone, and camera or (of others, while `media.screen`) the shared screen. The own tile
   * goes on showing the camera.
   */
  stream: MediaStream | null;
  media: MediaState;
  quality: Quality | null;
  /** `reconnecting` keeps the last picture, dimmed. */
  link: "connecting" | "connected" | "reconnecting";
  /**
   * The shared screen, where it comes beside the camera; null until it is there. Left out: it comes
   * in `stream`, in place of the camera.
   */
  screenStream?: MediaStream | null;
  /** How the camera's picture comes; left out or null where nothing is known of that. */
  picture?: StreamState | null;
  /** The same of the shared screen. */
  screenPicture?: StreamState | null;
  role?: ParticipantRole;
  /** Place in the order of raised hands, from 1; left out or null while it is down. */
  hand?: number | null;
  /** Speaks at the moment. Left out: told by how loud the stream is. */
  speaking?: boolean;
  /** What they threw in during the last seconds. */
  reactions?: readonly Reaction[];
}

/** Somebody who belongs to the call, as the list of people shows them. */
export interface RosterPerson {
  userId: string;
  name: string;
  isLocal: boolean;
  status: ParticipantStatus;
  role: ParticipantRole;
  media: MediaState;
  quality: Quality | null;
  /** Place in the order of raised hands, from 1. */
  hand: number | null;
  /** What they said to being recorded; left out or null where nobody is asked. */
  consent?: ConsentStatus | null;
}

/** Somebody without media: the other end of a call that rings or has ended. */
export interface Person {
  userId: string;
  name: string;
}

/** How tiles are arranged in a group call. */
export type CallLayout = "grid" | "speaker";

/** What stopped this page from using a microphone or camera. */
export type MediaProblem =
  | "permission_denied"
  | "no_camera"
  | "no_microphone"
  | "device_busy"
  | "insecure_page"
  | "unknown";
