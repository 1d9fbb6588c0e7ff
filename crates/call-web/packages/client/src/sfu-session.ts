import { slimAnswer } from "./answer-sdp.js";
import type { Clock } from "./environment.js";
import type { IceConfiguration } from "./ice.js";
import { Messages } from "./messages.js";
import { Publication, type WantedLayers } from "./publication.js";
import { RelayLease } from "./relay-lease.js";
import type { PeerState } from "./snapshot.js";
import { type BySource, bySource, levelOf, SOURCES, type Way } from "./way.js";
import type { ServerMessage } from "./wire/types.js";

/** An offer of the SFU. */
export type MediaOffer = Extract<ServerMessage, { type: "media:offer" }>;

/** An answer to one. */
export interface MediaAnswer {
  session: string;
  revision: number;
  sdp: string;
}

/** What a session needs and tells. */
export interface SessionContext {
  clock: Clock;
  /** What is to be sent at this moment. */
  sources(): BySource<MediaStreamTrack | null>;
  /** Which layers of it anybody looks at. */
  wanted(): WantedLayers;
  /** Its state, or what comes by it, is another. */
  changed(session: SfuSession): void;
  /** Give this to the SFU. */
  answer(session: SfuSession, answer: MediaAnswer): void;
  message(message: { userId: string; data: string }): void;
  /** ICE has to be restarted: its servers are about to expire. */
  renew(session: SfuSession): void;
  /** The browser refused an offer: there is nothing to go on with. */
  fault(session: SfuSession, error: unknown): void;
}

/**
 * One RTCPeerConnection to the SFU, for both directions. The SFU makes all offers (RFC 8829); they
 * are worked off one by one, and one that was overtaken by a newer one is left out.
 */
export class SfuSession {
  readonly id: string;
  readonly connection: RTCPeerConnection;
  readonly lease: RelayLease;
  readonly #context: SessionContext;
  readonly #ways = new Map<string, SfuWay>();
  #publication: Publication | null = null;
  #messages: Messages | null = null;
  #next: MediaOffer | null = null;
  #revision = 0;
  #busy = false;
  #closed = false;

  /** The connection was made with `ice`. */
  constructor(
    id: string,
    connection: RTCPeerConnection,
    ice: IceConfiguration,
    context: SessionContext,
  ) {
    this.id = id;
    this.connection = connection;
    this.#context = context;
    this.lease = new RelayLease(connection, ice, context.clock, 0, () => context.renew(this));
    connection.onconnectionstatechange = () => {
      if (!this.#closed) context.changed(this);
    };
  }

  get state(): PeerState {
    return this.#closed ? "closed" : this.connection.connectionState;
  }

  /** Takes an offer in. */
  offer(offer: MediaOffer): void {
    if (this.#closed || offer.revision <= Math.max(this.#revision, this.#next?.revision ?? 0)) {
      return;
    }
    this.#next = offer;
    if (!this.#busy) void this.#work();
  }

  /** The way by which somebody's media comes; null while the SFU has none for this device. */
  way(userId: string): Way | null {
    return this.#ways.get(userId) ?? null;
  }

  /** The tracks to be sent changed. Never throws. */
  tracksChanged(): Promise<void> {
    return this.#try(this.#publication?.send(this.#context.sources()));
  }

  /** The layers that anybody looks at changed. Never throws. */
  wantedChanged(): Promise<void> {
    return this.#try(this.#publication?.shape());
  }

  /** Sends text to everybody else; false while that cannot be. */
  sendMessage(data: string): boolean {
    return this.#messages?.send(data) ?? false;
  }

  close(): void {
    this.#closed = true;
    this.#next = null;
    this.lease.close();
    this.connection.close();
  }

  async #try(done: Promise<void> | undefined): Promise<void> {
    try {
      await done;
    } catch (error) {
      if (!this.#closed) this.#context.fault(this, error);
    }
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let offer = this.#take(); offer; offer = this.#take()) await this.#accept(offer);
    } catch (error) {
      if (!this.#closed) this.#context.fault(this, error);
    } finally {
      this.#busy = false;
    }
  }

  #take(): MediaOffer | null {
    const offer = this.#next;
    this.#next = null;
    return this.#closed ? null : offer;
  }

  async #accept(offer: MediaOffer): Promise<void> {
    const { connection } = this;
    this.#revision = offer.revision;
    await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    this.#publication ??= this.#publish(offer);
    await this.#publication.send(this.#context.sources());
    await connection.setLocalDescription();
    // Which codec is sent, and so how layers are made, is known by now.
    await this.#publication.shape();
    if (this.#closed) return;
    this.lease.described();
    this.#messages ??= new Messages(connection, (message) => this.#context.message(message));
    this.#map(offer);
    const sdp = connection.localDescription?.sdp;
    // The SFU waits for the answer to its latest offer only.
    if (sdp !== undefined && this.#next === null) {
      this.#context.answer(this, {
        session: this.id,
        revision: offer.revision,
        sdp: slimAnswer(sdp, Object.values(offer.publish)),
      });
    }
    this.#context.changed(this);
  }

  #publish({ publish }: MediaOffer): Publication {
    const places = this.connection.getTransceivers();
    return new Publication(
      bySource((source) => places.find(({ mid }) => mid !== null && mid === publish[source])),
      () => this.#context.wanted(),
    );
  }

  /** Whose media comes at which place. A browser that cannot decode a place may have dropped it. */
  #map({ tracks, publish }: MediaOffer): void {
    const places = this.connection.getTransceivers();
    const byUser = new Map<string, Map<string, RTCRtpTransceiver>>();
    for (const { mid, userId, source } of tracks) {
      const place = places.find((each) => each.mid === mid);
      if (!place) continue;
      const mine = byUser.get(userId) ?? new Map<string, RTCRtpTransceiver>();
      byUser.set(userId, mine.set(source, place));
    }
    for (const userId of [...this.#ways.keys()]) {
      if (!byUser.has(userId)) this.#ways.delete(userId);
    }
    for (const [userId, mine] of byUser) {
      const sends = { audio: publish.audio, video: [publish.video, publish.screen] };
      const way = new SfuWay(
        this,
        bySource((source) => mine.get(source)),
        sends,
        () => {
          if (!this.#closed) this.#context.changed(this);
        },
      );
      const before = this.#ways.get(userId);
      if (!before || !way.same(before)) this.#ways.set(userId, way);
    }
  }
}

/** What comes of one participant by one session. */
class SfuWay implements Way {
  readonly id: string;
  readonly topology = "sfu";
  readonly tracks: BySource<MediaStreamTrack | null>;
  readonly mids: BySource<string | null>;
  readonly sends: Way["sends"];
  readonly #session: SfuSession;
  readonly #audio: RTCRtpReceiver | undefined;

  constructor(
    session: SfuSession,
    places: BySource<RTCRtpTransceiver | undefined>,
    sends: Way["sends"],
    changed: () => void,
  ) {
    this.sends = sends;
    this.#session = session;
    this.#audio = places.audio?.receiver;
    this.id = session.id;
    this.tracks = bySource((source) => places[source]?.receiver.track ?? null);
    this.mids = bySource((source) => places[source]?.mid ?? null);
    for (const track of Object.values(this.tracks)) track?.addEventListener("unmute", changed);
  }

  get connection(): RTCPeerConnection {
    return this.#session.connection;
  }

  get state(): PeerState {
    return this.#session.state;
  }

  get flowing(): boolean {
    return Object.values(this.tracks).some((track) => track !== null && !track.muted);
  }

  level(): number {
    return levelOf(this.#audio);
  }

  /** The same places. */
  same(other: SfuWay): boolean {
    return SOURCES.every((source) => this.mids[source] === other.mids[source]);
  }
}
