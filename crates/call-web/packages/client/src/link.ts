import type { Clock } from "./environment.js";
import type { IceConfiguration } from "./ice.js";
import type { OutgoingTracks } from "./media.js";
import { randomId } from "./random-id.js";
import { RelayLease } from "./relay-lease.js";
import { limit, limitsFor, linesOf } from "./sender-limits.js";
import type { PeerState } from "./snapshot.js";
import { type BySource, bySource, levelOf, type Way } from "./way.js";
import type { IceCandidate } from "./wire/types.js";

/** Candidates kept until there is a description to add them to. */
const MAX_EARLY = 128;

/** What a link tells its peer. */
export interface LinkEvents {
  /** Connection state or received tracks changed. */
  changed(link: Link): void;
  candidate(link: Link, candidate: IceCandidate | null): void;
  /** The browser wants to renegotiate. */
  needed(link: Link): void;
  /** ICE has to be restarted: its servers are about to expire, or the policy is another. */
  renew(link: Link): void;
}

/**
 * One RTCPeerConnection with its fixed places: audio, video, sound of a shared screen. All three
 * are negotiated once, in both directions, so that muting, upgrading an audio call to video and
 * sharing a screen are a `replaceTrack` and need no renegotiation.
 */
export class Link implements Way {
  /** Names this connection to the other side. */
  readonly id = randomId();
  /** The other side's connection, once one is agreed with it. */
  remoteId: string | null = null;
  readonly connection: RTCPeerConnection;
  readonly lease: RelayLease;
  readonly topology = "p2p";
  /** What is received, once the places are known. */
  tracks: BySource<MediaStreamTrack | null> = bySource(() => null);
  /** Media arrived at least once. */
  flowing = false;
  #audio: RTCRtpTransceiver | undefined;
  #video: RTCRtpTransceiver | undefined;
  #screenAudio: RTCRtpTransceiver | undefined;
  #early: IceCandidate[] = [];
  #closed = false;
  readonly #events: LinkEvents;

  /** The connection was made with `ice`; renewals come `delayMs` later than they are due. */
  constructor(
    connection: RTCPeerConnection,
    ice: IceConfiguration,
    clock: Clock,
    delayMs: number,
    events: LinkEvents,
  ) {
    this.connection = connection;
    this.#events = events;
    this.lease = new RelayLease(connection, ice, clock, delayMs, () => events.renew(this));
    connection.onconnectionstatechange = () => this.#changed();
    connection.onicecandidate = ({ candidate }) => {
      if (this.#closed || candidate?.candidate === "") return;
      events.candidate(this, candidate === null ? null : toWire(candidate));
    };
    connection.onnegotiationneeded = () => {
      if (!this.#closed) events.needed(this);
    };
  }

  /** Lays the places out, for the side that makes the first offer. */
  build(): void {
    for (const kind of ["audio", "video", "audio"] as const) {
      this.connection.addTransceiver(kind, { direction: "sendrecv" });
    }
    this.#assign();
  }

  /** Takes the places of the other side's offer, which has been set. */
  adopt(): void {
    this.#assign();
    for (const place of [this.#audio, this.#video, this.#screenAudio]) {
      if (place) place.direction = "sendrecv";
    }
  }

  /** Sends these tracks from now on, the picture as small as so many peers make it. */
  async send(tracks: OutgoingTracks, peers: number): Promise<void> {
    await Promise.all([
      replace(this.#audio, tracks.audio),
      replace(this.#video, tracks.video),
      replace(this.#screenAudio, tracks.screenAudio),
    ]);
    if (!this.#video || !tracks.video || this.#closed) return;
    await limit(
      this.#video.sender,
      limitsFor(tracks.picture, linesOf(tracks.video), Math.max(1, peers)),
    );
  }

  get sends(): Way["sends"] {
    const { audio, video } = this.mids;
    return { audio, video: video === null ? [] : [video] };
  }

  /** Adds a candidate of the other side, or keeps it until there is a description. */
  async addCandidate(candidate: IceCandidate | null): Promise<void> {
    const description = this.connection.remoteDescription;
    if (!description) {
      // The end of candidates belongs to a generation that is not known yet; ICE does without.
      if (candidate && this.#early.length < MAX_EARLY) this.#early.push(candidate);
      return;
    }
    if (candidate === null) {
      await this.connection.addIceCandidate();
    } else if (belongs(candidate, description.sdp)) {
      await this.connection.addIceCandidate(candidate);
    }
  }

  /** Adds what came before the description. */
  async addEarlyCandidates(): Promise<void> {
    const early = this.#early;
    this.#early = [];
    for (const candidate of early) await this.addCandidate(candidate);
  }

  get state(): PeerState {
    return this.connection.connectionState;
  }

  level(): number {
    return levelOf(this.#audio?.receiver);
  }

  get mids(): BySource<string | null> {
    return {
      audio: this.#audio?.mid ?? null,
      video: this.#video?.mid ?? null,
      screen: null,
      screenAudio: this.#screenAudio?.mid ?? null,
    };
  }

  close(): void {
    this.#closed = true;
    this.lease.close();
    this.connection.close();
  }

  #assign(): void {
    const places = this.connection.getTransceivers();
    const [audio, screenAudio] = places.filter((place) => place.receiver.track.kind === "audio");
    this.#audio = audio;
    this.#screenAudio = screenAudio;
    this.#video = places.find((place) => place.receiver.track.kind === "video");
    this.tracks = {
      audio: audio?.receiver.track ?? null,
      video: this.#video?.receiver.track ?? null,
      screen: null,
      screenAudio: screenAudio?.receiver.track ?? null,
    };
    for (const track of [this.tracks.audio, this.tracks.video]) {
      // Only "media arrived at all" is read from a track; what somebody sends is signalled.
      track?.addEventListener("unmute", () => {
        this.flowing = true;
        this.#changed();
      });
    }
  }

  #changed(): void {
    if (!this.#closed) this.#events.changed(this);
  }
}

async function replace(
  place: RTCRtpTransceiver | undefined,
  track: MediaStreamTrack | null,
): Promise<void> {
  if (!place || place.sender.track === track) return;
  await place.sender.replaceTrack(track);
}

function toWire(candidate: RTCIceCandidate): IceCandidate {
  const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return { candidate: line, sdpMid, sdpMLineIndex, usernameFragment };
}

/** A candidate of an earlier ICE generation or connection is of no use any more. */
function belongs(candidate: IceCandidate, sdp: string): boolean {
  const fragment = candidate.usernameFragment;
  return !fragment || sdp.includes(`a=ice-ufrag:${fragment}\r\n`);
}
