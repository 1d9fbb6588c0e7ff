import type { Clock } from "./environment.js";
import type { IceConfiguration } from "./ice.js";
import type { OutgoingTracks } from "./media.js";
import { Peer, type PeerSignal } from "./peer.js";
import type { WireCall } from "./wire/types.js";

/** What a mesh needs of its call. */
export interface MeshContext {
  selfId: string;
  clock: Clock;
  connect(configuration: RTCConfiguration): RTCPeerConnection;
  ice(): Promise<IceConfiguration>;
  send(to: string, signal: PeerSignal): Promise<void>;
  tracks(): OutgoingTracks;
  changed(): void;
  debug(what: string, detail: unknown): void;
}

/** Signals kept for somebody who is not known to be in the call yet. */
const MAX_EARLY_PER_USER = 128;
const MAX_EARLY_USERS = 16;

/** A connection to each of the others who are in the call. */
export class Mesh {
  readonly #context: MeshContext;
  readonly #peers = new Map<string, Peer>();
  readonly #early = new Map<string, PeerSignal[]>();
  #entered = false;

  constructor(context: MeshContext) {
    this.#context = context;
  }

  get peers(): ReadonlyMap<string, Peer> {
    return this.#peers;
  }

  /**
   * Makes the peers these. At the first time this device enters (or comes back by a reload), so it
   * offers to all who are there; whoever comes later offers to us. Those whom this device `meets`
   * make a peer of it at the same time, so one of the two offers: the one with the larger id, who
   * would not give way.
   */
  follow(userIds: readonly string[], meets: (userId: string) => boolean = () => false): void {
    const before = this.#peers.size;
    for (const [userId, peer] of [...this.#peers]) {
      if (userIds.includes(userId)) continue;
      peer.close();
      this.#peers.delete(userId);
    }
    for (const userId of userIds) {
      if (this.#peers.has(userId)) continue;
      const met = meets(userId) && this.#context.selfId > userId;
      this.#add(userId, !this.#entered || met);
    }
    this.#entered = true;
    // The more there are, the less each of them gets.
    if (this.#peers.size !== before) this.tracksChanged();
  }

  receive(from: string, signal: PeerSignal): void {
    const peer = this.#peers.get(from);
    if (peer) return peer.receive(signal);
    const early = this.#early.get(from) ?? [];
    if (early.length >= MAX_EARLY_PER_USER || this.#early.size >= MAX_EARLY_USERS) {
      return this.#context.debug("early signal dropped", { from, type: signal.type });
    }
    early.push(signal);
    this.#early.set(from, early);
  }

  tracksChanged(): void {
    for (const peer of this.#peers.values()) peer.tracksChanged();
  }

  /** The ICE servers or the policy are others from now on. */
  configure(ice: IceConfiguration): void {
    for (const peer of this.#peers.values()) peer.configure(ice);
  }

  signallingRestored(): void {
    for (const peer of this.#peers.values()) peer.signallingRestored();
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    this.#early.clear();
  }

  #add(userId: string, offer: boolean): void {
    const { send, ...context } = this.#context;
    const peer = new Peer({
      ...context,
      remoteId: userId,
      peers: () => this.#peers.size,
      send: (signal) => send(userId, signal),
    });
    this.#peers.set(userId, peer);
    peer.start(offer);
    const early = this.#early.get(userId) ?? [];
    this.#early.delete(userId);
    for (const signal of early) peer.receive(signal);
  }
}

/** Took the call and is not out of it. */
export function isPresent(status: WireCall["participants"][number]["status"]): boolean {
  return status === "accepted" || status === "joined" || status === "reconnecting";
}
