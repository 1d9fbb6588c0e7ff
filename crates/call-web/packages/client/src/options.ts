import type { Clock } from "./environment.js";
import type { CallType } from "./wire/types.js";

/** How to reach the server, as whom, and with what. Only the token is needed. */
export interface ClientOptions {
  /** Where the server is, `https://calls.example`; default: the origin of the page. */
  url?: string;
  /**
   * A token of the embedding product, or a function that gets one. A function is asked again
   * before a token expires and when the server refuses one; a string cannot be renewed.
   */
  token: string | (() => Promise<string>);
  /**
   * Names this device; two pages open at the same time must not share one. Default: random, kept
   * for the tab, so that a reload takes its call up again.
   */
  deviceId?: string;
  /**
   * `relay` sends all media by TURN servers and so hides the addresses of the device from the others.
   * May be changed later by `setIceTransportPolicy`.
   */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** In place of the servers that the call server names. */
  iceServers?: RTCIceServer[];

  // The rest is for tests and other runtimes.
  fetch?: typeof fetch;
  webSocket?: new (url: string) => WebSocket;
  rtcPeerConnection?: new (configuration?: RTCConfiguration) => RTCPeerConnection;
  mediaDevices?: MediaDevices;
  storage?: Storage;
  locks?: LockManager;
  events?: EventTarget;
  clock?: Clock;
}

/** What to send, and from which devices. */
export interface MediaChoice {
  /** Default: true. */
  audio?: boolean;
  /** Default: true in a video call. */
  video?: boolean;
  /** Device ids as `DeviceList` names them; default: the system's choice. */
  microphoneId?: string;
  cameraId?: string;
}

/** Whom to call, and how. */
export interface CallRequest {
  type: CallType;
  /** One person; or use `participantIds`. */
  to?: string;
  participantIds?: readonly string[];
  /** The conversation of the embedding product that the call belongs to. */
  conversationId?: string;
  /** Kept with the call and shown to everybody in it. */
  metadata?: Record<string, unknown>;
  media?: MediaChoice;
}

/** Which calls of the history. */
export interface HistoryQuery {
  cursor?: string;
  /** 50 unless told, at most 200. */
  limit?: number;
  status?: string;
  type?: CallType;
  direction?: string;
  outcome?: string;
  /** Calls in which this user took part. */
  with?: string;
  /** From this time on, RFC 3339. */
  from?: string;
  /** Before this time, RFC 3339. */
  to?: string;
}
