import type { PeerState } from "./snapshot.js";
import type { MediaSource, Topology } from "./wire/types.js";

/** One thing for each source. */
export type BySource<T> = Readonly<Record<MediaSource, T>>;

/** All sources of media. */
export const SOURCES: readonly MediaSource[] = ["audio", "video", "screen", "screenAudio"];

/** One thing for each source. */
export function bySource<T>(of: (source: MediaSource) => T): BySource<T> {
  return {
    audio: of("audio"),
    video: of("video"),
    screen: of("screen"),
    screenAudio: of("screenAudio"),
  };
}

/** One way by which the media of one participant comes: from their device, or from the SFU. */
export interface Way {
  /** Another one where everything began anew. */
  readonly id: string;
  readonly topology: Topology;
  readonly connection: RTCPeerConnection;
  readonly state: PeerState;
  /** Media arrived at least once. */
  readonly flowing: boolean;
  /** Peer to peer, `video` is the shared screen while there is one. */
  readonly tracks: BySource<MediaStreamTrack | null>;
  /** The places of the tracks in the connection. */
  readonly mids: BySource<string | null>;
  /** The places by which this device sends. */
  readonly sends: { readonly audio: string | null; readonly video: readonly string[] };
  /** Loudness of what arrives, 0 to 1. */
  level(): number;
}

/** Loudness that a receiver tells of, 0 to 1. */
export function levelOf(receiver: RTCRtpReceiver | undefined): number {
  const [source] = receiver?.getSynchronizationSources() ?? [];
  return source?.audioLevel ?? 0;
}
