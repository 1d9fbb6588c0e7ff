import type { Clock } from "./environment.js";
import { CallError } from "./errors.js";
import type { IceConfiguration } from "./ice.js";
import type { WantedLayers } from "./publication.js";
import { type MediaAnswer, type MediaOffer, SfuSession } from "./sfu-session.js";
import { SfuWatch } from "./sfu-watch.js";
import type { PeerState } from "./snapshot.js";
import type { BySource, Way } from "./way.js";

/** What the way by an SFU needs of its call. */
export interface SfuContext {
  clock: Clock;
  connect(configuration: RTCConfiguration): RTCPeerConnection;
  ice(): Promise<IceConfiguration>;
  /** What is to be sent at this moment. */
  sources(): BySource<MediaStreamTrack | null>;
  /** Rejects when the server did not take it. */
  answer(answer: MediaAnswer): Promise<void>;
  /** Asks for an ICE restart of a session or, with null, for a new one. Rejects when refused. */
  restart(session: string | null): Promise<void>;
  /** There is a session that knows nothing of what this device wants to see. */
  opened(): void;
  message(message: { userId: string; data: string }): void;
  changed(): void;
  debug(what: string, detail: unknown): void;
}

/** An old session is kept for this long beside a new one that is connected. */
const KEEP_MS = 10_000;
/** What the server calls a session that it does not have (any more). */
const GONE = ["unknown_session", "bad_sdp"];

/**
 * The way by an SFU, over replaceable sessions: while a new one is being made, as after a restart
 * of the server, the old one stays, and with it the last picture of everybody.
 */
export class Sfu {
  readonly #context: SfuContext;
  readonly #watch: SfuWatch;
  #session: SfuSession | null = null;
  #old: SfuSession | null = null;
  /** Those who are shown by the new session already, and those who are heard by it. */
  readonly #moved = new Set<string>();
  readonly #heard = new Set<string>();
  /** The latest answer, and whether the server has it. */
  #answer: { answer: MediaAnswer; taken: boolean } | null = null;
  /** Offers of this session are of no use any more. */
  #closed: string | null = null;
  /** When the new session was connected. */
  #since: number | null = null;
  #latest: MediaOffer | null = null;
  #layers: WantedLayers = {};
  #making = false;
  #wanted = false;

  constructor(context: SfuContext) {
    this.#context = context;
    this.#watch = new SfuWatch(context.clock, (session) => this.#restart(session));
  }

  /**
   * Whether the way is to be there. Offers that come before are kept for then. A device that
   * `arrives` in a call may have to ask for one.
   */
  want(wanted: boolean, arrives = false): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (!wanted) return this.close();
    this.#watch.start(arrives);
    if (this.#latest) this.#take(this.#latest);
  }

  get state(): PeerState {
    return this.#session?.state ?? "new";
  }

  /** A session takes the place of another. */
  get replacing(): boolean {
    return this.#old !== null;
  }

  /** The way by which somebody is to be shown. */
  way(userId: string): Way | null {
    const fresh = this.#session?.way(userId) ?? null;
    if (this.#old === null || this.#moved.has(userId)) return fresh;
    const old = this.#old.way(userId);
    return old && fresh && this.#heard.has(userId) ? halfWay(old, fresh) : (old ?? fresh);
  }

  /** The ways by the new session, while one takes the place of another. */
  next(userIds: readonly string[]): Way[] {
    if (this.#old === null) return [];
    return userIds
      .map((userId) => this.#session?.way(userId) ?? null)
      .filter((way) => way !== null);
  }

  /**
   * Shows whoever has come by the new session by that, their sound as soon as it is there, and lets
   * the old session go after the last. `here` says whether all of somebody comes by a way, or the
   * sound at least.
   */
  advance(
    userIds: readonly string[],
    here: (userId: string, way: Way, what: "all" | "sound") => boolean,
  ): void {
    if (this.#old === null || this.#session?.state !== "connected") return;
    const now = this.#context.clock.now();
    this.#since ??= now;
    for (const userId of userIds) {
      const way = this.#session.way(userId);
      if (way && here(userId, way, "sound")) this.#heard.add(userId);
      if (way && here(userId, way, "all")) this.#moved.add(userId);
    }
    const all = userIds.every((userId) => this.#moved.has(userId));
    if (all || now - this.#since >= KEEP_MS) this.#settle();
  }

  offer(offer: MediaOffer): void {
    if (offer.session === this.#closed) return;
    this.#latest = offer;
    if (this.#wanted) this.#take(offer);
  }

  /** Anybody looks at these layers of what is sent, by whichever session. */
  look(layers: WantedLayers): void {
    // Said of a way that is closed, it means nothing to the next one.
    if (!this.#wanted && this.#closed !== null) return;
    this.#layers = layers;
    void this.#session?.wantedChanged();
    void this.#old?.wantedChanged();
  }

  tracksChanged(): void {
    void this.#session?.tracksChanged();
    void this.#old?.tracksChanged();
  }

  /** The ICE servers are others from now on. */
  configure(ice: IceConfiguration): void {
    this.#session?.lease.apply(open(ice));
  }

  /** The way to the server is back: says again what may have been lost, and mends at once. */
  signallingRestored(): void {
    if (!this.#wanted) return;
    if (this.#answer?.taken === false) this.#send(this.#answer.answer);
    this.#watch.restored(this.#session?.id ?? null, this.state);
  }

  sendMessage(data: string): boolean {
    return this.#session?.sendMessage(data) ?? false;
  }

  close(): void {
    this.#wanted = false;
    this.#watch.stop();
    this.#settle();
    this.#closed = this.#session?.id ?? this.#closed;
    this.#session?.close();
    this.#session = null;
    this.#answer = null;
    this.#latest = null;
    this.#layers = {};
  }

  #take(offer: MediaOffer): void {
    if (this.#session?.id === offer.session) {
      // The same offer again: the server did not get the answer.
      const answered = this.#answer?.answer.revision === offer.revision;
      if (answered && this.#answer) return this.#send(this.#answer.answer);
      return this.#session.offer(offer);
    }
    if (this.#old?.id === offer.session) return;
    if (!this.#making) void this.#make();
  }

  /** Makes a session for the latest offer; newer ones may come meanwhile. */
  async #make(): Promise<void> {
    this.#making = true;
    const ice = open(await this.#context.ice());
    this.#making = false;
    const offer = this.#latest;
    if (!this.#wanted || offer === null || offer.session === this.#session?.id) return;
    this.#replace(offer, ice);
  }

  #replace(offer: MediaOffer, ice: IceConfiguration): void {
    const { connect, clock, sources, message } = this.#context;
    let opened = false;
    const session = new SfuSession(offer.session, connect(ice.rtc), ice, {
      clock,
      sources,
      wanted: () => this.#layers,
      message,
      changed: (changed) => this.#changed(changed),
      answer: (from, answer) => {
        if (from !== this.#session) return;
        this.#send(answer);
        if (!opened) this.#context.opened();
        opened = true;
      },
      renew: (which) => {
        if (which === this.#session) this.#watch.ask(which.id);
      },
      fault: (which, error) => {
        this.#context.debug("media:offer not taken", error);
        if (which === this.#session) this.#watch.broken();
      },
    });
    // One that never had media has nothing to show.
    if (this.#session && this.#old === null && wasConnected(this.#session)) {
      this.#old = this.#session;
    } else this.#session?.close();
    this.#moved.clear();
    this.#heard.clear();
    this.#since = null;
    this.#answer = null;
    this.#session = session;
    this.#watch.made(session.id);
    session.offer(offer);
    this.#context.changed();
  }

  #changed(session: SfuSession): void {
    if (session === this.#session) this.#watch.became(session.id, session.state);
    this.#context.changed();
  }

  #send(answer: MediaAnswer): void {
    const sent = { answer, taken: false };
    this.#answer = sent;
    this.#context.answer(answer).then(
      () => {
        sent.taken = true;
      },
      (error: unknown) => {
        this.#context.debug("media:answer not taken", error);
        if (this.#answer !== sent || !(error instanceof CallError)) return;
        sent.taken = true;
        if (GONE.includes(error.code)) this.#watch.broken();
      },
    );
  }

  #settle(): void {
    this.#old?.close();
    this.#old = null;
    this.#moved.clear();
    this.#heard.clear();
  }

  #restart(session: string | null): void {
    this.#context.restart(session).catch((error: unknown) => {
      this.#context.debug("media:restart not taken", error);
      const gone = error instanceof CallError && GONE.includes(error.code);
      if (gone && session !== null && session === this.#session?.id) this.#watch.broken();
    });
  }
}

/** Nobody but the server sees addresses here, so they need no hiding behind a relay. */
function open(ice: IceConfiguration): IceConfiguration {
  return { ...ice, rtc: { ...ice.rtc, iceTransportPolicy: "all" } };
}

function wasConnected({ state }: SfuSession): boolean {
  return state === "connected" || state === "disconnected" || state === "failed";
}

/** Sound by the new session, and the last picture of the old one. */
function halfWay(old: Way, fresh: Way): Way {
  const { id, topology, connection, mids, sends, tracks } = fresh;
  return {
    id,
    topology,
    connection,
    mids,
    sends,
    tracks: { ...tracks, video: old.tracks.video, screen: old.tracks.screen },
    get state() {
      return fresh.state;
    },
    get flowing() {
      return fresh.flowing;
    },
    level: () => fresh.level(),
  };
}
