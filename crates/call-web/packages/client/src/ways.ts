import type { PictureView } from "./call.js";
import type { Clock } from "./environment.js";
import { type Facts, Handover, type Step } from "./handover.js";
import { HandoverLog } from "./handover-log.js";
import type { IceConfiguration } from "./ice.js";
import type { OutgoingTracks } from "./media.js";
import { isPresent, Mesh } from "./mesh.js";
import type { PeerSignal } from "./peer.js";
import { Probe } from "./probe.js";
import { Remote } from "./remote.js";
import { Sfu } from "./sfu.js";
import type { MediaAnswer, MediaOffer } from "./sfu-session.js";
import type { Handover as HandoverSnapshot, PeerState, StreamState } from "./snapshot.js";
import { type Awaited, type Standing, standingOf } from "./standing.js";
import { Views } from "./views.js";
import type { BySource, Way } from "./way.js";
import type {
  MediaState,
  PublishedStream,
  SubscribedStream,
  Topology,
  VideoSource,
  WantedStream,
  WireCall,
} from "./wire/types.js";

/** What the ways need of their call. */
export interface WaysContext {
  selfId: string;
  clock: Clock;
  connect(configuration: RTCConfiguration): RTCPeerConnection;
  ice(): Promise<IceConfiguration>;
  /** What is sent to a device, and what to an SFU. */
  tracks(): OutgoingTracks;
  sources(): BySource<MediaStreamTrack | null>;
  signal(to: string, signal: PeerSignal): Promise<void>;
  answer(answer: MediaAnswer): Promise<void>;
  restart(session: string | null): Promise<void>;
  subscribe(streams: WantedStream[]): void;
  switched(topology: Topology): void;
  changed(): void;
  handedOver(handover: HandoverSnapshot): void;
  message(message: { userId: string; data: string }): void;
  debug(what: string, detail: unknown): void;
}

/** Pictures that the SFU holds back at first are waited for this long. */
const PATIENCE_MS = 5000;
/** How often is looked while somebody's way is being changed. */
const CHANGING_MS = 50;
/** How often while that takes long, or an old way only waits to be let go. */
const KEEPING_MS = 250;

/** The ways by which the others are seen and heard: from device to device, and by the SFU. */
export class Ways {
  readonly #context: WaysContext;
  readonly #mesh: Mesh;
  readonly #sfu: Sfu;
  readonly #views: Views;
  readonly #probe: Probe;
  readonly #log: HandoverLog;
  readonly #handover = new Handover();
  readonly #remotes = new Map<string, Remote>();
  #topology: Topology = "p2p";
  #media: ReadonlyMap<string, MediaState> = new Map();
  #streams: readonly SubscribedStream[] = [];
  #entered = false;
  #closed = false;
  #timer: unknown = null;
  #every = 0;
  #looking = false;

  constructor(context: WaysContext) {
    this.#context = context;
    const { clock, selfId, connect, ice, tracks, sources, debug } = context;
    const changed = () => this.#changed();
    const send = context.signal;
    this.#probe = new Probe(clock);
    this.#log = new HandoverLog(this.#probe);
    this.#mesh = new Mesh({ selfId, clock, connect, ice, send, tracks, changed, debug });
    this.#views = new Views(clock, context.subscribe);
    this.#sfu = new Sfu({
      clock,
      connect,
      ice,
      sources,
      answer: context.answer,
      restart: context.restart,
      opened: () => this.#views.open(),
      message: context.message,
      changed,
      debug,
    });
  }

  /** Everybody else who is in the call. */
  get remotes(): ReadonlyMap<string, Remote> {
    return this.#remotes;
  }

  /** The latest handovers; another array after each. */
  get handovers(): readonly HandoverSnapshot[] {
    return this.#log.done;
  }

  /** The call as the server tells it, with this device in it. */
  follow(wire: WireCall): void {
    const others = wire.participants.filter(
      ({ userId, status }) => userId !== this.#context.selfId && isPresent(status),
    );
    this.#topology = wire.topology;
    this.#media = new Map(others.map(({ userId, media }) => [userId, media]));
    const arrives = !this.#entered;
    this.#entered = true;
    this.#views.follow(others);
    this.#step(arrives);
  }

  receive(from: string, signal: PeerSignal): void {
    this.#mesh.receive(from, signal);
  }

  offer(offer: MediaOffer): void {
    this.#sfu.offer(offer);
  }

  /** Somebody's device shows everybody by this way. */
  switched(userId: string, topology: Topology): void {
    this.#handover.heard(userId, topology);
    if (this.#entered) this.#step();
  }

  /** How the SFU sends what was asked for. */
  subscribed(streams: readonly SubscribedStream[]): void {
    this.#streams = streams;
    if (this.#entered) this.#step();
    this.#context.changed();
  }

  /** What of this device's pictures anybody looks at. */
  published(streams: readonly PublishedStream[]): void {
    this.#sfu.look(Object.fromEntries(streams.map(({ source, layer }) => [source, layer])));
  }

  /** How a picture comes by the SFU; null while that is not known. */
  stream(userId: string, source: VideoSource): StreamState | null {
    if (this.#handover.shown(userId) !== "sfu") return null;
    return this.#streams.find((each) => each.userId === userId && each.source === source) ?? null;
  }

  /** What of somebody has to come by the way by which they are shown. */
  awaited(userId: string): Awaited {
    return this.#awaited(userId, this.#handover.shown(userId) ?? this.#topology, false);
  }

  setViews(views: readonly PictureView[]): void {
    this.#views.set(views);
  }

  sendMessage(data: string): boolean {
    return this.#sfu.sendMessage(data);
  }

  tracksChanged(): void {
    this.#mesh.tracksChanged();
    this.#sfu.tracksChanged();
  }

  /** The ICE servers or the policy are others from now on. */
  configure(ice: IceConfiguration): void {
    this.#mesh.configure(ice);
    this.#sfu.configure(ice);
  }

  /** The way to the server is back: says again what may have been lost, and mends at once. */
  signallingRestored(): void {
    this.#mesh.signallingRestored();
    this.#sfu.signallingRestored();
    if (this.#sfu.state === "connected") this.#views.open();
    const said = this.#handover.said;
    if (said !== null) this.#context.switched(said);
  }

  close(): void {
    this.#closed = true;
    this.#context.clock.clearTimeout(this.#timer);
    this.#views.close();
    this.#mesh.close();
    this.#sfu.close();
  }

  #changed(): void {
    if (this.#closed) return;
    if (this.#entered) this.#step();
    this.#context.changed();
  }

  /** Brings everything in line with the call and with what the ways carry. */
  #step(arrives = false): void {
    if (this.#closed) return;
    const now = this.#context.clock.now();
    const present = [...this.#media.keys()];
    const facts: Facts = {
      topology: this.#topology,
      present,
      sfuConnected: this.#sfu.state === "connected",
      standing: (userId, topology) => this.#standing(userId, topology),
    };
    this.#sfu.advance(present, (userId, way, what) => {
      const { audio, video, screen } = this.#awaited(userId, "sfu", true);
      const all = what === "all";
      const awaited = { audio, video: all && video, screen: all && screen };
      return standingOf(way, awaited, this.#probe.of(way), now) === "ready";
    });
    const meets = new Set(present.filter((userId) => this.#handover.shown(userId) === "sfu"));
    const steps = this.#handover.step(facts, now);
    // Everybody is shown by another way before one is closed.
    for (const step of steps) this.#carryOut(step, now);
    this.#render(present);
    this.#sfu.want(this.#handover.sfu, arrives);
    if (!this.#handover.sfu) this.#withoutSfu();
    this.#mesh.follow(this.#handover.mesh, (userId) => meets.has(userId));
    this.#plan();
  }

  #withoutSfu(): void {
    this.#views.close();
    this.#streams = [];
  }

  #render(present: readonly string[]): void {
    for (const userId of [...this.#remotes.keys()]) {
      if (!present.includes(userId)) this.#remotes.delete(userId);
    }
    for (const userId of present) {
      const remote = this.#remotes.get(userId) ?? new Remote();
      this.#remotes.set(userId, remote);
      const topology = this.#handover.shown(userId) ?? this.#topology;
      remote.show(topology, this.#way(userId, topology), this.#state(userId, topology));
    }
  }

  #carryOut(step: Step, at: number): void {
    if (step.type === "say") return this.#context.switched(step.topology);
    const { userId, from, to, since } = step;
    const [old, fresh] = [this.#way(userId, from), this.#way(userId, to)];
    const media = this.#media.get(userId) ?? SILENT;
    this.#log.begin({ userId, from, to, since, at, old, fresh, media });
  }

  #way(userId: string, topology: Topology): Way | null {
    return topology === "sfu"
      ? this.#sfu.way(userId)
      : (this.#mesh.peers.get(userId)?.link ?? null);
  }

  #state(userId: string, topology: Topology): PeerState {
    return topology === "sfu" ? this.#sfu.state : (this.#mesh.peers.get(userId)?.state ?? "new");
  }

  #standing(userId: string, topology: Topology): Standing {
    const now = this.#context.clock.now();
    const changing = this.#handover.shown(userId) !== topology;
    const patient = changing && now < this.#handover.since + PATIENCE_MS;
    const awaited = this.#awaited(userId, topology, patient);
    const way = this.#way(userId, topology);
    // Who sends nothing may have no place with the SFU.
    const nothing = !awaited.audio && !awaited.video && !awaited.screen;
    if (way === null && nothing && topology === "sfu") {
      return this.#sfu.state === "connected" ? "ready" : "none";
    }
    return standingOf(way, awaited, way && this.#probe.of(way), now);
  }

  /** What is to come; who is `patient` waits for what is held back only for the moment, too. */
  #awaited(userId: string, topology: Topology, patient: boolean): Awaited {
    const { audio, video, screen } = this.#media.get(userId) ?? SILENT;
    if (topology === "p2p") return { audio, video: video || screen, screen: false };
    const comes = (source: VideoSource) =>
      this.#views.asks(userId, source) && !this.#heldBack(userId, source, patient);
    return { audio, video: video && comes("video"), screen: screen && comes("screen") };
  }

  #heldBack(userId: string, source: VideoSource, patient: boolean): boolean {
    const stream = this.#streams.find((each) => each.userId === userId && each.source === source);
    if (stream?.state !== "paused") return false;
    // To the SFU, who has not come to it yet is muted; and what the way here can take, it has yet to
    // find out.
    return !patient || (stream.reason !== "muted" && stream.reason !== "bandwidth");
  }

  /** Looks again in a while, for as long as something is on its way. */
  #plan(): void {
    const changing =
      this.#sfu.replacing ||
      this.#log.ways.length > 0 ||
      [...this.#media.keys()].some((userId) => this.#handover.shown(userId) !== this.#topology);
    const soon = changing && !this.#handover.late;
    const idle = !changing && this.#handover.settled;
    const every = soon ? CHANGING_MS : idle ? 0 : KEEPING_MS;
    const { clock } = this.#context;
    if (this.#looking || (this.#timer !== null && every === this.#every)) return;
    clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#every = every;
    if (every > 0 && !this.#closed) this.#timer = clock.setTimeout(() => void this.#look(), every);
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#looking = true;
    await this.#probe.read(this.#watched());
    this.#looking = false;
    if (this.#closed) return;
    const before = this.#sight();
    this.#step();
    const handovers = this.#log.finish(this.#context.clock.now());
    for (const handover of handovers) this.#context.handedOver(handover);
    if (handovers.length > 0 || before !== this.#sight()) this.#context.changed();
  }

  /** What tells one look from the next to those who watch. */
  #sight(): string {
    return [...this.#remotes].map(([id, { way, state }]) => `${id} ${way?.id} ${state}`).join("\n");
  }

  /** The ways whose media matters at this moment. */
  #watched(): Way[] {
    const present = [...this.#media.keys()];
    const changing = present.filter((userId) => this.#handover.shown(userId) !== this.#topology);
    const both = changing.flatMap((userId) => [this.#way(userId, "p2p"), this.#way(userId, "sfu")]);
    return [...both, ...this.#sfu.next(present), ...this.#log.ways].filter((way) => way !== null);
  }
}

const SILENT: MediaState = { audio: false, video: false, screen: false };
