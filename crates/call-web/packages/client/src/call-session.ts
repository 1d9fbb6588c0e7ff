import type { Call, CallEvents, MuteRequest } from "./call.js";
import { isInside, isRinging, mine, viewOf } from "./call-view.js";
import { isLost, outReason, reasonToEnd } from "./end-reason.js";
import type { Environment } from "./environment.js";
import { CallClientError, CallError, ConnectionError } from "./errors.js";
import { FlowWatch } from "./flow.js";
import type { IceSource } from "./ice.js";
import { Levels } from "./levels.js";
import { LocalMedia } from "./media.js";
import { MediaReport } from "./media-report.js";
import type { MediaMemory } from "./memory.js";
import { isPresent, Mesh } from "./mesh.js";
import type { MediaChoice } from "./options.js";
import type { PeerSignal } from "./peer.js";
import { QualityWatch } from "./quality-watch.js";
import type { RestApi } from "./rest.js";
import type { CallEndReason, CallSnapshot } from "./snapshot.js";
import type { Socket } from "./socket.js";
import { Emitter, ValueStore } from "./store.js";
import { applyChange, type Change } from "./wire/apply.js";
import type { MediaState, WireCall, WireParticipant } from "./wire/types.js";

/** What a call needs of its client. */
export interface CallServices {
  selfId: string;
  deviceId: string;
  api: RestApi;
  socket: Pick<Socket, "request" | "post" | "tell">;
  environment: Environment;
  memory: MediaMemory;
  ice: IceSource;
  /** The phase or another part of the snapshot changed. */
  changed(): void;
  ended(call: CallSession): void;
  debug(what: string, detail: unknown): void;
}

/** One call: the server's word, the devices and the connections, brought together. */
export class CallSession extends Emitter<CallEvents> implements Call {
  readonly id: string;
  readonly state: ValueStore<CallSnapshot>;
  readonly levels: ValueStore<ReadonlyMap<string, number>>;
  readonly #services: CallServices;
  readonly #media: LocalMedia;
  readonly #mesh: Mesh;
  readonly #flow: FlowWatch;
  readonly #watch: QualityWatch;
  readonly #levels: Levels;
  readonly #report: MediaReport;
  #wire: WireCall;
  #endReason: CallEndReason | null = null;
  #answering = false;
  #capturing = false;
  #entered = false;
  #restored = false;
  #unwatchIce: () => void = () => undefined;
  /** Tells the server that this device is out of it; set until the server knows. */
  #departure: (() => Promise<WireCall>) | null = null;

  constructor(services: CallServices, wire: WireCall, media?: LocalMedia) {
    super();
    const { environment, selfId, api } = services;
    const { clock } = environment;
    this.id = wire.id;
    this.#services = services;
    this.#wire = wire;
    this.#media = media ?? new LocalMedia(environment.mediaDevices);
    this.#mesh = new Mesh({
      selfId,
      clock,
      connect: (configuration) => new environment.RTCPeerConnection(configuration),
      ice: () => services.ice.current(),
      send: (to, signal) => this.#signal(to, signal),
      tracks: () => this.#media.tracks(),
      changed: () => this.#peersChanged(),
      debug: services.debug,
    });
    this.#flow = new FlowWatch(
      clock,
      (userId) => this.#mediaOf(userId),
      () => {
        this.#sayConnected();
        this.#publish();
      },
    );
    this.#watch = new QualityWatch({
      clock,
      peers: () => this.#mesh.peers,
      mediaOf: (userId) => this.#mediaOf(userId),
      report: (samples) => services.socket.tell({ type: "call:stats", callId: this.id, samples }),
      changed: () => this.#publish(),
    });
    this.#levels = new Levels(
      {
        selfId: () => selfId,
        microphone: () =>
          this.#media.state.getSnapshot().audio ? this.#media.tracks().audio : null,
        remote: () =>
          [...this.#mesh.peers].map(([userId, peer]) => [userId, peer.link?.level() ?? 0] as const),
      },
      clock,
    );
    this.levels = this.#levels.state;
    this.#report = new MediaReport(
      async (state) => {
        await api.setMedia(this.id, state);
      },
      (ms) => new Promise((resolve) => clock.setTimeout(() => resolve(), ms)),
    );
    this.state = new ValueStore(this.#view());
    this.#media.state.subscribe(() => this.#mediaChanged());
  }

  get wire(): WireCall {
    return this.#wire;
  }

  /** The server knows how it ended here. */
  get settled(): boolean {
    return this.#endReason !== null && this.#departure === null;
  }

  // What a person does.

  async answer(choice: MediaChoice = {}): Promise<void> {
    if (this.#answering || this.state.getSnapshot().phase !== "incoming") {
      throw new CallError("not_ringing", "This call cannot be answered here.");
    }
    this.#answering = true;
    this.#services.ice.prepare();
    this.#capture(choice);
    this.#publish();
    try {
      this.follow(await this.#services.api.answer(this.id, this.#services.deviceId));
    } catch (error) {
      if (error instanceof CallError && isLost(error)) {
        this.#finish(error.code === "ended" ? "completed" : (error.code as CallEndReason));
      } else if (this.#endReason === null) {
        void this.#media.stop();
      }
      throw error;
    } finally {
      this.#answering = false;
      this.#publish();
    }
  }

  async decline(reason: "declined" | "busy" = "declined"): Promise<void> {
    if (!isRinging(this.#wire, this.#services.selfId)) return this.hangUp();
    await this.#depart("declined", () => this.#services.api.reject(this.id, reason));
  }

  async hangUp(): Promise<void> {
    const { group, outgoing } = this.state.getSnapshot();
    const reason = group && !outgoing ? "left" : reasonToEnd(this.#wire, this.#services.selfId);
    await this.#depart(reason, () => this.#services.api.end(this.id));
  }

  async leave(): Promise<void> {
    const reason = this.state.getSnapshot().group
      ? "left"
      : reasonToEnd(this.#wire, this.#services.selfId);
    await this.#depart(reason, () => this.#services.api.leave(this.id));
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.#requireLive();
    await this.#media.setMicrophone(on);
  }

  async setCamera(on: boolean): Promise<void> {
    this.#requireLive();
    await this.#media.setCamera(on);
  }

  async startScreenShare(): Promise<void> {
    this.#requireLive();
    await this.#media.startScreenShare();
  }

  async stopScreenShare(): Promise<void> {
    this.#media.stopScreenShare();
  }

  async switchMicrophone(deviceId: string): Promise<void> {
    this.#requireLive();
    await this.#media.switchMicrophone(deviceId);
  }

  async switchCamera(deviceId: string): Promise<void> {
    this.#requireLive();
    await this.#media.switchCamera(deviceId);
  }

  async setVideoPaused(paused: boolean): Promise<void> {
    this.#requireLive();
    this.#media.setVideoPaused(paused);
  }

  async addParticipants(userIds: readonly string[]): Promise<void> {
    this.follow(await this.#services.api.addParticipants(this.id, userIds));
  }

  async remove(userId: string): Promise<void> {
    await this.#services.api.removeParticipant(this.id, userId);
  }

  async muteParticipant(userId: string, what: MuteRequest): Promise<void> {
    await this.#services.api.muteParticipant(this.id, userId, what);
  }

  async setRole(userId: string, role: "moderator" | "participant"): Promise<void> {
    await this.#services.api.setRole(this.id, userId, role);
  }

  async raiseHand(raised: boolean): Promise<void> {
    await this.#services.api.raiseHand(this.id, raised);
  }

  react(): void {}

  setViews(): void {}

  sendMessage(): boolean {
    return false;
  }

  // What the client hands on.

  /** This device placed it; its media is being captured since before the call was known. */
  placed(captured: Promise<void>): void {
    this.#whileCapturing(captured);
    this.follow(this.#wire);
  }

  /** It rang here while this device called the same person, and the server made one of the two. */
  merged(wire: WireCall, choice: MediaChoice = {}): void {
    this.#capture(choice);
    this.follow(wire);
  }

  /** This device was in it before a reload. */
  restore(): void {
    this.#restored = true;
    const media = mine(this.#wire, this.#services.selfId)?.media;
    this.#capture(this.#services.memory.recall(this.id) ?? { ...media });
    this.follow(this.#wire);
  }

  /** The call as the server tells it whole; older news is ignored. */
  follow(wire: WireCall): void {
    if (wire.version < this.#wire.version) return;
    this.#wire = wire;
    if (this.#endReason !== null) return this.#publish();
    const { selfId, deviceId } = this.#services;
    const me = mine(wire, selfId);
    if (wire.status === "ended") return this.#finish(wire.endReason ?? "completed");
    if (isInside(wire, selfId, deviceId)) {
      if (!this.#entered) this.#enter(me);
      this.#mesh.follow(wire);
      this.#watch.start();
      this.#tellMedia();
    } else if (this.#entered) {
      return this.#finish(outReason(me));
    } else if (me && isPresent(me.status)) {
      return this.#finish("answered_elsewhere");
    }
    this.#publish();
    this.#flow.check(this.#mesh.peers);
  }

  /** A change that the server told of. */
  apply(change: Change): void {
    if (change.type === "call:ended" && change.version >= this.#wire.version) {
      this.#wire = change.call;
      return this.#finish(change.reason);
    }
    const { call, gap } = applyChange(this.#wire, change);
    if (gap) this.#services.socket.tell({ type: "call:sync", callId: this.id });
    else if (call !== this.#wire) this.follow(call);
  }

  receive(from: string, signal: PeerSignal): void {
    if (this.#endReason === null) this.#mesh.receive(from, signal);
  }

  /** The connection to the server is back, and `wire` is how things stand. */
  resume(wire: WireCall): void {
    this.follow(wire);
    if (this.#endReason !== null) return;
    if (isRinging(wire, this.#services.selfId)) this.alert();
    if (!this.#entered) return;
    if (this.#flow.flowed) this.#sayConnected();
    this.#mesh.signallingRestored();
  }

  /** Tells the server that it rings here. */
  alert(): void {
    this.#services.socket.tell({ type: "call:alerting", callId: this.id });
  }

  /** Tells the server again that this device is out of it, after that failed. */
  async settle(): Promise<void> {
    const departure = this.#departure;
    if (departure === null) return;
    try {
      const wire = await departure();
      if (wire.version >= this.#wire.version) this.#wire = wire;
      // In a group that goes on the call has no reason yet; ours stands.
      if (this.#endReason !== "left") this.#endReason = wire.endReason ?? this.#endReason;
      this.#departure = null;
    } catch (error) {
      // Whatever the server says, it knows the call better: only silence leaves things open.
      if (error instanceof ConnectionError) throw error;
      this.#departure = null;
      if (!(error instanceof CallError)) throw error;
    } finally {
      this.#publish();
    }
  }

  /** The session of this device is gone for good. */
  lost(reason: CallEndReason): void {
    this.#departure = null;
    this.#finish(reason);
  }

  /** Lets go of devices and connections. The call goes on at the server. */
  close(): void {
    this.#flow.close();
    this.#report.stop();
    this.#watch.stop();
    this.#levels.stop();
    this.#unwatchIce();
    this.#mesh.close();
    this.#media.release();
  }

  // What follows from it.

  #enter(me: WireParticipant | undefined): void {
    this.#entered = true;
    if (me) this.#report.known(me.media);
    this.#unwatchIce = this.#services.ice.watch((ice) => this.#mesh.configure(ice));
  }

  async #depart(reason: CallEndReason, departure: () => Promise<WireCall>): Promise<void> {
    if (this.#endReason !== null) return;
    this.#departure = departure;
    this.#finish(reason);
    await this.settle();
  }

  #finish(reason: CallEndReason): void {
    if (this.#endReason !== null) return;
    this.#endReason = reason;
    this.#services.memory.forget(this.id);
    this.close();
    this.#publish();
    this.#services.ended(this);
  }

  #requireLive(): void {
    if (this.#endReason !== null) throw new CallClientError("call_ended", "The call is over.");
  }

  #capture(choice: MediaChoice): void {
    const audio = choice.audio ?? true;
    const video = choice.video ?? this.#wire.type === "video";
    this.#whileCapturing(this.#media.capture({ ...choice, audio, video }));
  }

  /** What is sent is told once it is known, not before the person allowed the devices. */
  #whileCapturing(captured: Promise<void>): void {
    this.#capturing = true;
    captured.finally(() => {
      this.#capturing = false;
      if (this.#endReason === null) this.#tellMedia();
    });
  }

  #mediaChanged(): void {
    if (this.#endReason !== null) return;
    this.#mesh.tracksChanged();
    this.#tellMedia();
    this.#publish();
  }

  #tellMedia(): void {
    if (this.#capturing || !this.#entered) return;
    const { audio, video, videoPaused, microphoneId, cameraId } = this.#media.state.getSnapshot();
    this.#services.memory.remember(this.id, {
      audio,
      video: video || videoPaused,
      ...(microphoneId === null ? {} : { microphoneId }),
      ...(cameraId === null ? {} : { cameraId }),
    });
    this.#report.report(this.#media.signalled());
  }

  #signal(to: string, signal: PeerSignal): Promise<void> {
    const { socket } = this.#services;
    const message = { ...signal, callId: this.id, to };
    if (message.type !== "call:ice-candidate") return socket.request(message);
    return socket.post(message)
      ? Promise.resolve()
      : Promise.reject(new ConnectionError("Too much waits to be sent."));
  }

  #peersChanged(): void {
    this.#flow.check(this.#mesh.peers);
    this.#publish();
  }

  #mediaOf(userId: string): MediaState {
    return mine(this.#wire, userId)?.media ?? { audio: false, video: false, screen: false };
  }

  #sayConnected(): void {
    this.#services.socket
      .request({ type: "call:connected", callId: this.id })
      .catch((error: unknown) => this.#services.debug("call:connected not taken", error));
  }

  #view(): CallSnapshot {
    return viewOf({
      wire: this.#wire,
      selfId: this.#services.selfId,
      deviceId: this.#services.deviceId,
      self: this.#media.state.getSnapshot(),
      endReason: this.#endReason,
      answering: this.#answering,
      restored: this.#restored,
      flowed: this.#flow.flowed,
      peers: this.#mesh.peers,
      quality: this.#watch,
    });
  }

  #publish(): void {
    this.state.set(this.#view());
    this.#services.changed();
  }
}
