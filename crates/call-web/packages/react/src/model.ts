import type { CallEndReason, CallType, MediaState, Quality, QualityReason } from "call-client";

export type { CallEndReason, CallType, MediaState, Quality, QualityReason };

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
