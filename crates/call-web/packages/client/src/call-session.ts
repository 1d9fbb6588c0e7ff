import type { Call, CallEvents, MuteRequest, PictureView } from "./call.js";
import { CallMedia, type MediaNews } from "./call-media.js";
import type { CallServices } from "./call-services.js";
import { isInside, isRinging, mine, viewOf } from "./call-view.js";
import { isLost, outReason, reasonToEnd } from "./end-reason.js";
import { CallClientError, CallError, ConnectionError } from "./errors.js";
import type { LocalMedia } from "./media.js";
import { isPresent } from "./mesh.js";
import type { MediaChoice } from "./options.js";
import type { PeerSignal } from "./peer.js";
import { Reactions } from "./reactions.js";
import { RecordingWatch } from "./recording-view.js";
import type { CallEndReason, CallSnapshot } from "./snapshot.js";
import { Emitter, ValueStore } from "./store.js";
import { applyChange, type Change } from "./wire/apply.js";
import type { RecordingMode, WireCall } from "./wire/types.js";

/** Who is told what becomes of a call. */
export interface CallListener {
  /** The phase or another part of the snapshot changed. */
  changed(): void;
  ended(call: CallSession): void;
}

/** One call: the server's word, the devices and the connections, brought together. */
export class CallSession extends Emitter<CallEvents> implements Call {
  readonly id: string;
  readonly state: ValueStore<CallSnapshot>;
  readonly levels: ValueStore<ReadonlyMap<string, number>>;
  readonly #services: CallServices;
  readonly #listener: CallListener;
  readonly #media: CallMedia;
  readonly #reactions: Reactions;
  readonly #recordings: RecordingWatch;
  #wire: WireCall;
  #endReason: CallEndReason | null = null;
  #answering = false;
  #restored = false;
  /** Tells the server that this device is out of it; set until the server knows. */
  #departure: (() => Promise<WireCall>) | null = null;

  /** `devices` may be capturing already. */
  constructor(
    services: CallServices,
    listener: CallListener,
    wire: WireCall,
    devices?: LocalMedia,
  ) {
    super();
    this.id = wire.id;
    this.#services = services;
    this.#listener = listener;
    this.#wire = wire;
    const changed = () => this.#publish();
    this.#reactions = new Reactions(services.environment.clock, changed);
    this.#recordings = new RecordingWatch((id) => services.api.recording(id), changed);
    this.#media = new CallMedia(
      services,
      wire,
      { changed, emit: (name, ...args) => this.emit(name, ...args) },
      devices,
    );
    this.levels = this.#media.levels;
    this.state = new ValueStore(this.#view());
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
        void this.#media.devices.stop();
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
    await this.#live().setMicrophone(on);
  }

  async setCamera(on: boolean): Promise<void> {
    await this.#live().setCamera(on);
  }

  async startScreenShare(): Promise<void> {
    await this.#live().startScreenShare();
  }

  async stopScreenShare(): Promise<void> {
    this.#media.devices.stopScreenShare();
  }

  async switchMicrophone(deviceId: string): Promise<void> {
    await this.#live().switchMicrophone(deviceId);
  }

  async switchCamera(deviceId: string): Promise<void> {
    await this.#live().switchCamera(deviceId);
  }

  async setVideoPaused(paused: boolean): Promise<void> {
    this.#live().setVideoPaused(paused);
  }

  async addParticipants(userIds: readonly string[]): Promise<void> {
    this.follow(await this.#services.api.addParticipants(this.id, userIds));
  }

  async remove(userId: string): Promise<void> {
    this.follow(await this.#services.api.removeParticipant(this.id, userId));
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

  react(reaction: string): void {
    if (this.#endReason !== null) return;
    this.#services.socket.tell({ type: "call:reaction", callId: this.id, reaction });
    this.#react(this.#services.selfId, reaction);
  }

  setViews(views: readonly PictureView[]): void {
    this.#media.setViews(views);
  }

  sendMessage(data: string): boolean {
    return this.#endReason === null && this.#media.sendMessage(data);
  }

  async startRecording({ mode = "tracks" }: { mode?: RecordingMode } = {}): Promise<void> {
    await this.#services.api.startRecording(this.id, mode);
  }

  async stopRecording(): Promise<void> {
    await this.#services.api.stopRecording(this.id);
  }

  async consentToRecording(given: boolean): Promise<void> {
    await this.#services.api.consentToRecording(this.id, given);
  }

  // What the client hands on.

  /** This device placed it; its media is being captured since before the call was known. */
  placed(captured: Promise<void>): void {
    this.#media.whileCapturing(captured);
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
    if (this.#endReason !== null || wire.status === "ended") this.#recordings.follow(wire);
    if (this.#endReason !== null) return this.#publish();
    const { selfId, deviceId } = this.#services;
    const me = mine(wire, selfId);
    if (wire.status === "ended") return this.#finish(wire.endReason ?? "completed");
    if (isInside(wire, selfId, deviceId)) {
      this.#recordings.follow(wire);
      this.#media.follow(wire);
    } else if (this.#media.entered) return this.#finish(outReason(me));
    else if (me && isPresent(me.status)) return this.#finish("answered_elsewhere");
    this.#publish();
  }

  /** A change that the server told of. */
  apply(change: Change): void {
    if (change.type === "call:ended" && change.version >= this.#wire.version) {
      this.#wire = change.call;
      this.#recordings.follow(change.call);
      return this.#finish(change.reason);
    }
    if (change.type === "call:recording-changed" && change.version >= this.#wire.version) {
      if (change.stopped !== null) this.#recordings.ended(change.stopped);
    }
    const { call, gap } = applyChange(this.#wire, change);
    if (gap) this.#services.socket.tell({ type: "call:sync", callId: this.id });
    else if (call !== this.#wire) this.follow(call);
  }

  receive(from: string, signal: PeerSignal): void {
    if (this.#endReason === null) this.#media.receive(from, signal);
  }

  hear(news: MediaNews): void {
    if (this.#endReason === null) this.#media.hear(news);
  }

  /** Somebody threw an emoji in; my own is shown since it was made. */
  reacted(userId: string, reaction: string): void {
    if (userId !== this.#services.selfId) this.#react(userId, reaction);
  }

  /** The connection to the server is back, and `wire` is how things stand. */
  resume(wire: WireCall): void {
    this.follow(wire);
    if (this.#endReason !== null) return;
    if (isRinging(wire, this.#services.selfId)) this.alert();
    this.#media.resume();
  }

  /** Something outside of the call that its snapshot tells of is another. */
  refresh(): void {
    this.#publish();
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
      if (wire.version >= this.#wire.version) {
        this.#wire = wire;
        this.#recordings.follow(wire);
      }
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
    this.#reactions.close();
    this.#media.close();
  }

  // What follows from it.

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
    this.#listener.ended(this);
  }

  #live(): LocalMedia {
    if (this.#endReason !== null) throw new CallClientError("call_ended", "The call is over.");
    return this.#media.devices;
  }

  #capture(choice: MediaChoice): void {
    const audio = choice.audio ?? true;
    const video = choice.video ?? this.#wire.type === "video";
    this.#media.whileCapturing(this.#media.devices.capture({ ...choice, audio, video }));
  }

  #react(userId: string, reaction: string): void {
    if (this.#endReason !== null) return;
    this.emit("reaction", this.#reactions.add(userId, reaction));
    this.#publish();
  }

  #view(): CallSnapshot {
    const { selfId, deviceId } = this.#services;
    return viewOf({
      ...this.#media.parts(),
      wire: this.#wire,
      selfId,
      deviceId,
      endReason: this.#endReason,
      answering: this.#answering,
      restored: this.#restored,
      reactions: this.#reactions.shown,
      lastRecording: this.#recordings.last,
      ability: this.#services.recordings.ability.getSnapshot(),
    });
  }

  #publish(): void {
    this.state.set(this.#view());
    this.#listener.changed();
  }
}
