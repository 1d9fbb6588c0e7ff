import type { HistoryQuery } from "./options.js";
import type { OnlineUser } from "./snapshot.js";
import type { HistoryPage, Quality, Timestamp, WireCall } from "./wire/types.js";

/** Ways to the TURN servers, for one day unless configured otherwise. */
export interface TurnCredentials {
  username: string;
  credential: string;
  /** In seconds. */
  ttl: number;
  uris: string[];
  iceServers: RTCIceServer[];
}

/** One line of the time line of a call. */
export interface CallEvent {
  version: number;
  at: Timestamp;
  type: string;
  userId: string | null;
  deviceId: string | null;
  [detail: string]: unknown;
}

/** One point of the charts of a call. */
export interface QualityPoint {
  userId: string;
  peerId: string;
  at: Timestamp;
  quality: Quality;
  score: number;
  /** In seconds. */
  roundTripTime: number | null;
  /** In seconds. */
  jitter: number | null;
  /** 0 to 1. */
  packetLoss: number | null;
  /** In bit/s. */
  bitrateIn: number | null;
  /** In bit/s. */
  bitrateOut: number | null;
}

/** What the server tells everybody. */
export interface PublicConfig {
  dev: boolean;
  presence: boolean;
  meshMax: number;
  version: string;
}

/** The routes that need no call object. All throw `CallError`, `ConnectionError` or `AuthenticationError`. */
export interface RestApi {
  getCall(callId: string): Promise<WireCall>;
  history(query?: HistoryQuery): Promise<HistoryPage>;
  turnCredentials(): Promise<TurnCredentials>;
  events(callId: string): Promise<CallEvent[]>;
  quality(callId: string): Promise<QualityPoint[]>;
  /** Null where the server does not tell. */
  presence(): Promise<OnlineUser[] | null>;
  config(): Promise<PublicConfig>;
}
