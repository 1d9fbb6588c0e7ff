import type { CallEvents, PictureView } from "./call.js";
import type { CallServices } from "./call-services.js";
import { type CallParts, mine } from "./call-view.js";
import { ConnectionError } from "./errors.js";
import { FlowWatch } from "./flow.js";
import { Levels } from "./levels.js";
import type { LocalMedia } from "./media.js";
import type { PeerSignal } from "./peer.js";
import { QualityWatch } from "./quality-watch.js";
import { SelfMedia } from "./self-media.js";
import type { ValueStore } from "./store.js";
import { Ways } from "./ways.js";
import type { MediaState, ServerMessage, WireCall } from "./wire/types.js";

/** What the server says of media beyond the changes of a call. */
export type MediaNews = Extract<ServerMessage, { type: `media:${string}` }>;

/** What the media of a call tells. */
export interface MediaListener {
  changed(): void;
  emit<K extends "handover" | "message" | "muted">(name: K, ...args: CallEvents[K]): void;
}

/** The media of one call: what is sent, what comes and by which ways, and how good it is. */
export class CallMedia {
  readonly levels: ValueStore<ReadonlyMap<string, number>>;
  readonly #services: CallServices;
  readonly #listener: MediaListener;
  readonly #self: SelfMedia;
  readonly #ways: Ways;
  readonly #flow: FlowWatch;
  readonly #watch: QualityWatch;
  readonly #levels: Levels;
  #wire: WireCall;
  #entered = false;
  #speakers: readonly string[] = [];
  #unwatchIce: () => void = () => undefined;

  /** `devices` may be capturing already. */
  constructor(
    services: CallServices,
    wire: WireCall,
    listener: MediaListener,
    devices?: LocalMedia,
  ) {
    const { clock } = services.environment;
    this.#services = services;
    this.#listener = listener;
    this.#wire = wire;
    this.#self = this.#makeSelf(devices);
    this.#ways = this.#makeWays();
    this.#flow = new FlowWatch(
      clock,
      (userId) => mine(this.#wire, userId)?.media ?? SILENT,
      () => {
        this.#sayConnected();
        listener.changed();
      },
    );
    this.#watch = new QualityWatch({
      clock,
      remotes: () => this.#ways.remotes,
      awaited: (userId) => this.#ways.awaited(userId),
      report: (samples) => services.socket.tell({ type: "call:stats", callId: wire.id, samples }),
      changed: () => listener.changed(),
    });
    this.#levels = new Levels(
      {
        selfId: () => services.selfId,
        microphone: () => this.devices.sources().audio,
        remote: () => [...this.#ways.remotes].map(([userId, each]) => [userId, each.level()]),
      },
      clock,
    );
    this.levels = this.#levels.state;
  }

  /** Microphone, camera and screen. */
  get devices(): LocalMedia {
    return this.#self.devices;
  }

  /** This device is, or was, in the call. */
  get entered(): boolean {
    return this.#entered;
  }

  /** What is known of media, for those who look at the call. */
  parts(): Omit<
    CallParts,
    | "wire"
    | "selfId"
    | "deviceId"
    | "endReason"
    | "answering"
    | "restored"
    | "reactions"
    | "lastRecording"
    | "ability"
  > {
    return {
      self: this.devices.state.getSnapshot(),
      flowed: this.#flow.flowed,
      remotes: this.#ways.remotes,
      stream: (userId, source) => this.#ways.stream(userId, source),
      speakers: this.#speakers,
      handovers: this.#ways.handovers,
      quality: this.#watch,
    };
  }

  /** What is sent is told once it is captured. */
  whileCapturing(captured: Promise<void>): void {
    this.#self.whileCapturing(captured);
  }

  /** The call as it stands, with this device in it. */
  follow(wire: WireCall): void {
    const { selfId } = this.#services;
    const before = mine(this.#wire, selfId)?.media;
    const now = mine(wire, selfId)?.media;
    this.#wire = wire;
    if (!this.#entered) this.#enter(now);
    else if (now && !same(now, before)) this.#self.told(now);
    if (wire.topology === "p2p") this.#speakers = [];
    this.#ways.follow(wire);
    this.#watch.start();
    this.#self.tell();
    this.#flow.check(this.#ways.remotes);
  }

  receive(from: string, signal: PeerSignal): void {
    this.#ways.receive(from, signal);
  }

  hear(news: MediaNews): void {
    switch (news.type) {
      case "media:offer":
        return this.#ways.offer(news);
      case "media:subscription":
        return this.#ways.subscribed(news.streams);
      case "media:publication":
        return this.#ways.published(news.streams);
      case "media:switched":
        return this.#ways.switched(news.userId, news.topology);
      case "media:speakers":
        this.#speakers = news.userIds;
        return this.#listener.changed();
    }
  }

  setViews(views: readonly PictureView[]): void {
    this.#ways.setViews(views);
  }

  sendMessage(data: string): boolean {
    return this.#ways.sendMessage(data);
  }

  /** The connection to the server is back. */
  resume(): void {
    if (!this.#entered) return;
    if (this.#flow.flowed) this.#sayConnected();
    this.#ways.signallingRestored();
  }

  /** Lets go of devices and connections, for good. */
  close(): void {
    this.#flow.close();
    this.#watch.stop();
    this.#levels.stop();
    this.#unwatchIce();
    this.#ways.close();
    this.#self.close();
  }

  #enter(known: MediaState | undefined): void {
    this.#entered = true;
    this.#self.enter(known);
    this.#unwatchIce = this.#services.ice.watch((ice) => this.#ways.configure(ice));
  }

  #makeSelf(devices: LocalMedia | undefined): SelfMedia {
    const { environment, memory, api } = this.#services;
    const { id } = this.#wire;
    return new SelfMedia(
      {
        callId: id,
        environment,
        memory,
        report: async (change) => {
          await api.setMedia(id, change);
        },
        changed: () => {
          this.#ways.tracksChanged();
          this.#listener.changed();
        },
        muted: (what) => this.#listener.emit("muted", what),
      },
      devices,
    );
  }

  #makeWays(): Ways {
    const { selfId, environment, ice, socket, debug } = this.#services;
    const { id: callId } = this.#wire;
    return new Ways({
      selfId,
      clock: environment.clock,
      connect: (configuration) => new environment.RTCPeerConnection(configuration),
      ice: () => ice.current(),
      tracks: () => this.devices.tracks(),
      sources: () => this.devices.sources(),
      signal: (to, signal) => this.#signal(to, signal),
      answer: (answer) => socket.request({ type: "media:answer", callId, ...answer }),
      // Said later, it would be about a session that is past.
      restart: (session) =>
        socket.ready
          ? socket.request({ type: "media:restart", callId, session })
          : Promise.reject(new ConnectionError()),
      subscribe: (streams) => socket.tell({ type: "media:subscription", callId, streams }),
      switched: (topology) => socket.tell({ type: "media:switched", callId, topology }),
      changed: () => {
        this.#flow.check(this.#ways.remotes);
        this.#listener.changed();
      },
      handedOver: (handover) => this.#listener.emit("handover", handover),
      message: (message) => this.#listener.emit("message", message),
      debug,
    });
  }

  #signal(to: string, signal: PeerSignal): Promise<void> {
    const { socket } = this.#services;
    const message = { ...signal, callId: this.#wire.id, to };
    if (message.type !== "call:ice-candidate") return socket.request(message);
    return socket.post(message)
      ? Promise.resolve()
      : Promise.reject(new ConnectionError("Too much waits to be sent."));
  }

  #sayConnected(): void {
    const { socket, debug } = this.#services;
    socket
      .request({ type: "call:connected", callId: this.#wire.id })
      .catch((error: unknown) => debug("call:connected not taken", error));
  }
}

const SILENT: MediaState = { audio: false, video: false, screen: false };

function same(a: MediaState, b: MediaState | undefined): boolean {
  return b !== undefined && a.audio === b.audio && a.video === b.video && a.screen === b.screen;
}
