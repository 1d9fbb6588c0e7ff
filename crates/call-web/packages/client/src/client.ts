import type { Call } from "./call.js";
import { CallLists } from "./call-lists.js";
import type { CallServices } from "./call-services.js";
import { CallSession } from "./call-session.js";
import { isInside, isRinging } from "./call-view.js";
import { claimDeviceId } from "./device-id.js";
import { browserEnvironment, type Environment } from "./environment.js";
import {
  AuthenticationError,
  type CallClientError,
  CallError,
  ConnectionError,
  SessionReplacedError,
  toCallClientError,
} from "./errors.js";
import { IceSource } from "./ice.js";
import { Inbox } from "./inbox.js";
import { LocalMedia } from "./media.js";
import { MediaMemory } from "./memory.js";
import type { CallRequest, ClientOptions, MediaChoice } from "./options.js";
import { Presence } from "./presence.js";
import { Recordings } from "./recordings.js";
import { RestApi } from "./rest.js";
import type { ClientState } from "./snapshot.js";
import { type Incoming, Socket, type SocketStatus } from "./socket.js";
import { Emitter, type Store, ValueStore } from "./store.js";
import { TokenSource } from "./token.js";
import type { ServerMessage, WireCall } from "./wire/types.js";

/** Events of a `CallClient`. */
export type ClientEvents = {
  /** A call rings here. */
  incoming: [call: Call];
  /** A call is over for this device. */
  ended: [call: Call];
  /** Something failed that no caller waits for. */
  error: [error: CallClientError];
  /** For logs: frames that were not understood, and the like. */
  debug: [what: string, detail: unknown];
};

type Ready = Extract<ServerMessage, { type: "session:ready" }>;

const IDLE: ClientState = {
  connection: "idle",
  attempt: 0,
  nextRetryAt: null,
  userId: null,
  deviceId: null,
  error: null,
  online: null,
};

/** The way in: one per page and user. */
export class CallClient extends Emitter<ClientEvents> {
  /** History, single calls, presence, ...: the REST side. */
  readonly api: RestApi;
  /** Recordings of calls: to be played, kept, mixed and deleted. */
  readonly recordings: Recordings;
  readonly #options: ClientOptions;
  readonly #environment: Environment;
  readonly #tokens: TokenSource;
  readonly #ice: IceSource;
  readonly #memory: MediaMemory;
  readonly #state = new ValueStore<ClientState>(IDLE);
  readonly #lists = new CallLists();
  readonly #sessions = new Map<string, CallSession>();
  readonly #inbox = new Inbox();
  readonly #presence: Presence;
  #socket: Socket | null = null;
  #services: CallServices | null = null;
  #connecting: { promise: Promise<void>; settle(error: CallClientError | null): void } | null =
    null;
  /** Calls being placed: news of an unknown call may be about one of them. */
  #placing = 0;

  constructor(options: ClientOptions) {
    super();
    this.#options = options;
    this.#environment = browserEnvironment({
      fetch: options.fetch,
      WebSocket: options.webSocket,
      RTCPeerConnection: options.rtcPeerConnection,
      mediaDevices: options.mediaDevices,
      storage: options.storage,
      locks: options.locks,
      events: options.events,
      clock: options.clock,
    });
    this.#tokens = new TokenSource(options.token, this.#environment.clock);
    this.api = new RestApi(this.#base(), this.#tokens, this.#environment);
    this.recordings = new Recordings(this.api);
    this.recordings.ability.subscribe(() => {
      for (const session of this.#sessions.values()) session.refresh();
    });
    this.#presence = new Presence(
      this.api,
      (online) => this.#state.patch({ online }),
      (error) => this.emit("debug", "presence not known", error),
    );
    this.#memory = new MediaMemory(this.#environment.storage);
    this.#ice = new IceSource(this.api, this.#environment.clock, options, (error) =>
      this.#failed(error),
    );
  }

  /** The connection and who is online. */
  get state(): Store<ClientState> {
    return this.#state;
  }

  /** Calls that this device takes part in or may answer, until they end. */
  get calls(): Store<readonly Call[]> {
    return this.#lists.calls;
  }

  /** Those that ring here. */
  get incoming(): Store<readonly Call[]> {
    return this.#lists.incoming;
  }

  /** How connections are made; for tests of the network. */
  async configuration(): Promise<RTCConfiguration> {
    return (await this.#ice.current()).rtc;
  }

  /** `relay` when all media goes by TURN servers, so that nobody learns this device's addresses. */
  get iceTransportPolicy(): RTCIceTransportPolicy {
    return this.#ice.policy;
  }

  /** Holds at once, also for the connections of a call that goes on. */
  setIceTransportPolicy(policy: RTCIceTransportPolicy): void {
    this.#ice.setPolicy(policy);
  }

  /** What the client uses of its surroundings. */
  get environment(): Environment {
    return this.#environment;
  }

  /** Resolves when ready for the first time; goes on by itself from there. */
  connect(): Promise<void> {
    if (this.#connecting) return this.#connecting.promise;
    let settle: (error: CallClientError | null) => void = () => undefined;
    const promise = new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
    });
    // Who does not wait reads the error in the state.
    promise.catch(() => undefined);
    const connecting = { promise, settle };
    this.#connecting = connecting;
    this.#state.patch({ connection: "connecting", error: null });
    void this.#open(connecting);
    return promise;
  }

  /** Lets go of connection and media. Calls are not hung up: `connect` takes them up again. */
  close(): void {
    const connecting = this.#connecting;
    this.#connecting = null;
    this.#socket?.close();
    this.#socket = null;
    connecting?.settle(new ConnectionError("The connection was closed."));
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    this.#inbox.clear();
    this.#services = null;
    this.#state.patch({ connection: "closed", online: null, nextRetryAt: null });
    this.#publish();
  }

  /** Calls somebody. Resolves when it is placed; captures devices meanwhile. */
  call(request: CallRequest): Promise<Call> {
    const { type, to, participantIds, conversationId, metadata, media } = request;
    const video = media?.video ?? type === "video";
    return this.#place({ ...media, video }, (deviceId) =>
      this.api.initiate({
        type,
        participantIds: [...(participantIds ?? (to ? [to] : []))],
        deviceId,
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(metadata === undefined ? {} : { metadata }),
      }),
    );
  }

  /**
   * Comes into a group call that goes on: one that this user missed, declined or left, or one of a
   * conversation that the token names. The camera stays off unless asked for.
   */
  join(callId: string, media: MediaChoice = {}): Promise<Call> {
    return this.#place(media, (deviceId) => this.api.join(callId, deviceId));
  }

  /** A call by its id: one of `calls`, or asked from the server. */
  async open(callId: string): Promise<Call> {
    await this.connect();
    const services = this.#requireServices();
    const known = this.#sessions.get(callId);
    if (known) return known;
    const wire = await this.api.getCall(callId);
    const session = this.#sessions.get(callId) ?? this.#session(services, wire);
    session.follow(wire);
    return session.settled ? session : this.#add(session);
  }

  async #place(choice: MediaChoice, ask: (deviceId: string) => Promise<WireCall>): Promise<Call> {
    // Before anything is awaited, so that the browser sees the click behind it.
    const media = new LocalMedia(this.#environment.mediaDevices);
    const wanted = { ...choice, audio: choice.audio ?? true, video: choice.video ?? false };
    const captured = media.capture(wanted);
    this.#ice.prepare();
    this.#placing += 1;
    try {
      await this.connect();
      const services = this.#requireServices();
      const wire = await ask(services.deviceId);
      if (this.#services !== services) throw new ConnectionError("The connection was closed.");
      const known = this.#sessions.get(wire.id);
      if (known && known.state.getSnapshot().phase !== "ended") {
        // It rings here, as when both called at once: ours was an answer to it.
        media.release();
        known.merged(wire, wanted);
        return known;
      }
      const session = this.#add(this.#session(services, wire, media));
      session.placed(captured);
      this.#deliver(session);
      return session;
    } catch (error) {
      media.release();
      throw error;
    } finally {
      this.#placing -= 1;
      // News of other calls that came meanwhile.
      if (this.#placing === 0) {
        for (const wire of this.#inbox.wholeCalls()) this.#discover(wire);
      }
    }
  }

  async #open(connecting: { settle(error: CallClientError | null): void }): Promise<void> {
    const deviceId = this.#options.deviceId ?? (await claimDeviceId(this.#environment));
    if (this.#connecting !== connecting) return;
    this.#state.patch({ deviceId });
    const url = `${this.#base().replace(/^http/, "ws")}/ws`;
    const socket = new Socket(url, deviceId, this.#tokens, this.#environment, {
      status: (status) => this.#status(socket, status),
      ready: (message) => this.#ready(socket, message, deviceId),
      message: (message) => this.#receive(message),
      hurried: () => this.#lists.calls.getSnapshot().length > 0,
      debug: (what, detail) => this.emit("debug", what, detail),
    });
    this.#socket = socket;
    socket.open();
  }

  #status(socket: Socket, status: SocketStatus): void {
    // Ready is told once the calls of the session are known.
    if (socket !== this.#socket || status.phase === "ready") return;
    const { phase, attempt, nextRetryAt, error } = status;
    this.#state.patch({ connection: phase, attempt, nextRetryAt, error });
    if (phase !== "closed") return;
    this.#socket = null;
    this.#services = null;
    const connecting = this.#connecting;
    this.#connecting = null;
    connecting?.settle(error ?? new AuthenticationError());
    // Another page has the calls of this device now, or nobody may have them.
    const moved = error instanceof SessionReplacedError;
    for (const session of [...this.#sessions.values()]) {
      session.lost(moved ? "answered_elsewhere" : "connection_lost");
    }
  }

  #ready(socket: Socket, message: Ready, deviceId: string): void {
    const { userId } = message;
    this.#services ??= {
      selfId: userId,
      deviceId,
      api: this.api,
      socket,
      environment: this.#environment,
      memory: this.#memory,
      ice: this.#ice,
      recordings: this.recordings,
      debug: (what, detail) => this.emit("debug", what, detail),
    };
    this.#state.patch({
      connection: "ready",
      attempt: 0,
      nextRetryAt: null,
      error: null,
      userId,
    });
    this.#resume(message.calls);
    this.#connecting?.settle(null);
    void this.#presence.read(userId);
    this.recordings
      .learn()
      .catch((error: unknown) => this.emit("debug", "ability to record not known", error));
  }

  /** Brings the calls in line with what the server has. */
  #resume(calls: WireCall[]): void {
    const listed = new Map(calls.map((wire) => [wire.id, wire]));
    for (const [id, session] of [...this.#sessions]) {
      const wire = listed.get(id);
      if (session.state.getSnapshot().phase === "ended") {
        // The hang-up never reached the server.
        session.settle().catch((error: unknown) => this.#failed(error));
      } else if (wire) session.resume(wire);
      else this.#askForEnd(session);
    }
    for (const wire of calls) this.#discover(wire);
  }

  /** It ended while nobody was connected to be told. */
  #askForEnd(session: CallSession): void {
    this.api.getCall(session.id).then(
      (wire) => session.follow(wire),
      (error: unknown) => {
        if (error instanceof CallError) session.follow({ ...session.wire, status: "ended" });
        else this.#failed(error);
      },
    );
  }

  /** A call that may be new here: one that rings, or one that this device was in. */
  #discover(wire: WireCall): void {
    const services = this.#services;
    if (!services || this.#sessions.has(wire.id) || wire.status === "ended") return;
    if (isInside(wire, services.selfId, services.deviceId)) {
      const session = this.#add(this.#session(services, wire));
      session.restore();
      this.#deliver(session);
    } else if (isRinging(wire, services.selfId)) {
      const session = this.#add(this.#session(services, wire));
      session.alert();
      this.emit("incoming", session);
      this.#deliver(session);
    }
  }

  #receive(message: Incoming): void {
    switch (message.type) {
      case "error":
        this.emit("debug", `server: ${message.code}`, message.detail);
        return;
      case "presence:changed":
        return this.#presence.apply(message);
      case "call:incoming":
        return this.#discover(message.call);
      default: {
        const session = this.#sessions.get(message.callId);
        if (session) return this.#hand(session, message);
        // A whole call tells by itself whether it is ours; while one is being placed, its answer
        // has to come first.
        if (message.type === "call:updated" && this.#placing === 0) {
          return this.#discover(message.call);
        }
        if (message.type === "call:ended" && this.#placing === 0) return;
        if (!this.#inbox.keep(message)) this.emit("debug", "frame dropped", message.type);
      }
    }
  }

  #deliver(session: CallSession): void {
    for (const frame of this.#inbox.take(session.id)) this.#hand(session, frame);
  }

  #hand(session: CallSession, message: Extract<Incoming, { callId: string }>): void {
    switch (message.type) {
      case "call:quality-changed":
        // How others receive me is measured there; what is shown here is measured here.
        return;
      case "call:offer":
      case "call:answer":
      case "call:ice-candidate":
        return session.receive(message.from, message);
      case "call:reaction":
        return session.reacted(message.userId, message.reaction);
      case "media:offer":
      case "media:subscription":
      case "media:publication":
      case "media:speakers":
      case "media:switched":
        return session.hear(message);
      default:
        return session.apply(message);
    }
  }

  #session(services: CallServices, wire: WireCall, devices?: LocalMedia): CallSession {
    const ended = (call: CallSession) => {
      this.#publish();
      this.emit("ended", call);
    };
    return new CallSession(services, { changed: () => this.#publish(), ended }, wire, devices);
  }

  #add(session: CallSession): CallSession {
    this.#sessions.set(session.id, session);
    this.#publish();
    return session;
  }

  #publish(): void {
    for (const [id, session] of this.#sessions) {
      if (session.settled) this.#sessions.delete(id);
    }
    this.#lists.show(this.#sessions.values());
  }

  #requireServices(): CallServices {
    if (!this.#services) throw new ConnectionError("The connection was closed.");
    return this.#services;
  }

  #failed(error: unknown): void {
    this.emit("error", toCallClientError(error));
  }

  #base(): string {
    const url = this.#options.url ?? globalThis.location?.origin ?? "";
    return url.replace(/\/+$/, "");
  }
}
