import type { Clock } from "./environment.js";
import type { IceConfiguration } from "./ice.js";
import { Link } from "./link.js";
import type { OutgoingTracks } from "./media.js";
import { type Marked, mark, readMark } from "./session-mark.js";
import type { PeerState } from "./snapshot.js";
import type { IceCandidate } from "./wire/types.js";

/** A signal to or from one participant. */
export type PeerSignal =
  | { type: "call:offer"; sdp: string }
  | { type: "call:answer"; sdp: string }
  | { type: "call:ice-candidate"; candidate: IceCandidate | null };

/** What a peer needs of its call. */
export interface PeerContext {
  selfId: string;
  remoteId: string;
  clock: Clock;
  /** A new connection. */
  connect(configuration: RTCConfiguration): RTCPeerConnection;
  /** ICE servers and policy, as they are now. */
  ice(): Promise<IceConfiguration>;
  /** Rejects when the server did not take it. */
  send(signal: PeerSignal): Promise<void>;
  /** What is to be sent at this moment. */
  tracks(): OutgoingTracks;
  /** How many there are beside this device. */
  peers(): number;
  changed(): void;
  debug(what: string, detail: unknown): void;
}

/** A disconnected peer gets this long to come back by itself. */
const DISCONNECTED_MS = 3000;
/** Who was to offer and did not, within this time, will not. */
const AWAIT_OFFER_MS = 3000;
/** An offer that was refused or not answered is made again. */
const REPEAT_OFFER_MS = 5000;
const REFUSED_MS = 1000;
/** ICE restarts that failed before everything is begun anew. */
const MAX_RESTARTS = 2;
/** Steps that may fail without harm to the connection. */
const HARMLESS: readonly string[] = ["candidate", "tracks", "configuration"];
/** The polite side leaves a renewal that both are due to the other one for this long. */
const RENEWAL_DELAY_MS = 2000;
/** Signals that wait for their turn. */
const MAX_WAITING = 256;

/**
 * The media connection to one participant: perfect negotiation (W3C webrtc, section 10.7) over
 * replaceable connections.
 *
 * Whoever enters a call, or comes back into it by a reload, offers to everybody who is there; those
 * wait. When both offer, the polite one (the smaller user id) gives way. Everything that comes in
 * is worked off one by one, so no step sees another half done.
 */
export class Peer {
  readonly #context: PeerContext;
  readonly #polite: boolean;
  #link: Link | null = null;
  #closed = false;
  #restarts = 0;
  #answered: { to: string; sdp: string } | null = null;
  #offered: string | null = null;
  #offers = 0;
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();
  #disconnectedTimer: unknown = null;
  #offerTimer: unknown = null;

  constructor(context: PeerContext) {
    this.#context = context;
    this.#polite = context.selfId < context.remoteId;
  }

  /** Begins: by an offer, or by waiting for one. */
  start(offer: boolean): void {
    if (offer) this.#do("begin", () => this.#begin());
    else this.#offerIn(AWAIT_OFFER_MS);
  }

  get link(): Link | null {
    return this.#link;
  }

  get state(): PeerState {
    return this.#closed ? "closed" : (this.#link?.connection.connectionState ?? "new");
  }

  /** Takes a signal of the other side in. */
  receive(signal: PeerSignal): void {
    switch (signal.type) {
      case "call:offer":
        return this.#do("offer", () => this.#offer(readMark(signal.sdp)));
      case "call:answer":
        return this.#do("answer", () => this.#answer(readMark(signal.sdp)));
      case "call:ice-candidate":
        return this.#do("candidate", async () => this.#link?.addCandidate(signal.candidate));
    }
  }

  /** The tracks to be sent changed. */
  tracksChanged(): void {
    this.#do("tracks", async () => {
      if (this.#link) await this.#sendTracks(this.#link);
    });
  }

  /** The ICE servers or the policy are others from now on. */
  configure(ice: IceConfiguration): void {
    this.#do("configuration", () => this.#link?.lease.apply(ice));
  }

  /** The way to the server is back: says again what may have been lost, and mends at once. */
  signallingRestored(): void {
    this.#do("restored", async () => {
      const state = this.#link?.connection.connectionState;
      if (this.#pending()) await this.#say();
      else if (state === "failed" || state === "disconnected") await this.#restartIce();
    });
  }

  close(): void {
    this.#closed = true;
    this.#clearTimers();
    this.#link?.close();
  }

  /** Everything anew, with an offer to whoever is there. */
  async #begin(): Promise<void> {
    const link = await this.#replaceLink();
    if (!link) return;
    link.build();
    await this.#sendTracks(link);
    await this.#makeOffer(link);
  }

  async #sendTracks(link: Link): Promise<void> {
    await link.send(this.#context.tracks(), this.#context.peers());
  }

  async #replaceLink(): Promise<Link | null> {
    const ice = await this.#context.ice();
    if (this.#closed) return null;
    this.#clearTimers();
    this.#link?.close();
    this.#offered = null;
    this.#answered = null;
    const { connect, clock } = this.#context;
    this.#link = new Link(connect(ice.rtc), ice, clock, this.#polite ? RENEWAL_DELAY_MS : 0, {
      changed: (link) => this.#changed(link),
      candidate: (link, candidate) => {
        if (link === this.#link) this.#send({ type: "call:ice-candidate", candidate });
      },
      needed: (link) => this.#do("needed", () => this.#renegotiate(link)),
      renew: (link) => this.#do("renewal", () => this.#renew(link)),
    });
    return this.#link;
  }

  async #renegotiate(link: Link): Promise<void> {
    // Before the first agreement, and while another is under way, the browser asks again later.
    if (link !== this.#link || link.remoteId === null) return;
    if (link.connection.signalingState === "stable") await this.#makeOffer(link);
  }

  async #makeOffer(link: Link): Promise<void> {
    await link.connection.setLocalDescription();
    link.lease.described();
    const sdp = link.connection.localDescription?.sdp;
    if (this.#closed || sdp === undefined) return;
    this.#offers += 1;
    this.#offered = mark(sdp, { from: link.id, to: link.remoteId, offer: this.#offers });
    await this.#say();
  }

  /** An offer of ours waits for its answer. */
  #pending(): boolean {
    return this.#link?.connection.signalingState === "have-local-offer" && this.#offered !== null;
  }

  /** Says the offer that waits for its answer, now and again until there is one. */
  async #say(): Promise<void> {
    const sdp = this.#offered;
    if (sdp === null || !this.#pending()) return;
    this.#offerIn(REPEAT_OFFER_MS);
    this.#send({ type: "call:offer", sdp }, () => {
      if (this.#offered === sdp) this.#offerIn(REFUSED_MS);
    });
  }

  #offerIn(ms: number): void {
    this.#context.clock.clearTimeout(this.#offerTimer);
    if (this.#closed) return;
    this.#offerTimer = this.#context.clock.setTimeout(() => {
      this.#do("offer due", async () => {
        if (this.#pending()) await this.#say();
        else if (this.#link === null) await this.#begin();
      });
    }, ms);
  }

  async #offer(offer: Marked): Promise<void> {
    const link = this.#link;
    const goesOn = offer.marked ? offer.to === link?.id : offer.from === link?.remoteId;
    if (link && goesOn) return this.#offerOfSession(link, offer);
    if (offer.to !== null) {
      // Made for a connection of ours that is gone, as after a reload: our own offer, or the one
      // that the other side makes when it hears of it, takes its place.
      this.#context.debug("stale offer", offer.from);
      return;
    }
    if (link && link.remoteId === offer.from) return this.#repeatAnswer(offer);
    if (link && link.remoteId === null && this.#pending() && !this.#polite) {
      // Both began. The other side gives way; it may never have seen our offer, though, if that
      // reached the page it was before a reload.
      return this.#say();
    }
    // The other side began anew, and so do we.
    const fresh = await this.#replaceLink();
    if (!fresh) return;
    fresh.remoteId = offer.from;
    await this.#acceptOffer(fresh, offer);
  }

  async #offerOfSession(link: Link, offer: Marked): Promise<void> {
    const collision = link.connection.signalingState !== "stable";
    if (collision && !this.#polite) return;
    // When polite, setting it rolls our own offer back; the browser asks for it again later.
    await this.#acceptOffer(link, offer);
  }

  async #acceptOffer(link: Link, offer: Marked): Promise<void> {
    const { connection } = link;
    await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    this.#settled();
    link.adopt();
    await link.addEarlyCandidates();
    await this.#sendTracks(link);
    await connection.setLocalDescription();
    link.lease.described();
    const sdp = connection.localDescription?.sdp;
    if (this.#closed || sdp === undefined) return;
    const marked = mark(sdp, { from: link.id, to: offer.from, offer: offer.offer });
    this.#answered = { to: offer.from, sdp: marked };
    this.#send({ type: "call:answer", sdp: this.#answered.sdp });
    this.#context.changed();
  }

  /** The same first offer again: our answer may have been lost. */
  #repeatAnswer(offer: Marked): void {
    if (this.#answered?.to === offer.from) {
      this.#send({ type: "call:answer", sdp: this.#answered.sdp });
    }
  }

  async #answer(answer: Marked): Promise<void> {
    const link = this.#link;
    const stale = answer.marked && (answer.to !== link?.id || answer.offer !== this.#offers);
    if (!link || !this.#pending() || stale) {
      this.#context.debug("stale answer", answer.from);
      return;
    }
    if (link.remoteId !== null && link.remoteId !== answer.from) {
      // Answered by another connection than the one it was made for.
      return this.#begin();
    }
    await link.connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    link.remoteId = answer.from;
    this.#settled();
    await link.addEarlyCandidates();
    this.#context.changed();
  }

  /** No offer of ours waits any longer. */
  #settled(): void {
    this.#offered = null;
    this.#context.clock.clearTimeout(this.#offerTimer);
  }

  #changed(link: Link): void {
    if (link !== this.#link || this.#closed) return;
    const { clock } = this.#context;
    const state = link.connection.connectionState;
    if (state !== "disconnected") {
      clock.clearTimeout(this.#disconnectedTimer);
      this.#disconnectedTimer = null;
    }
    if (state === "connected") this.#restarts = 0;
    else if (state === "failed") this.#do("failed", () => this.#restartIce());
    else if (state === "disconnected" && this.#disconnectedTimer === null) {
      this.#disconnectedTimer = clock.setTimeout(() => {
        this.#disconnectedTimer = null;
        this.#do("disconnected", () => this.#restartIce());
      }, DISCONNECTED_MS);
    }
    this.#context.changed();
  }

  async #restartIce(): Promise<void> {
    const link = this.#link;
    const state = link?.connection.connectionState;
    if (!link || (state !== "failed" && state !== "disconnected")) return;
    if (link.connection.signalingState !== "stable") return;
    this.#restarts += 1;
    if (this.#restarts > MAX_RESTARTS) return this.#begin();
    const ice = await this.#context.ice();
    if (this.#closed || link !== this.#link) return;
    // Credentials of the TURN servers may have expired meanwhile.
    link.lease.apply(ice);
    link.connection.restartIce();
    await this.#makeOffer(link);
  }

  /** Gathers candidates anew; media goes on by the old ones until there are better. */
  async #renew(link: Link): Promise<void> {
    if (link !== this.#link) return;
    if (link.connection.signalingState !== "stable") return link.lease.again();
    link.connection.restartIce();
    await this.#makeOffer(link);
  }

  #send(signal: PeerSignal, refused?: () => void): void {
    this.#context.send(signal).catch((error: unknown) => {
      this.#context.debug(`${signal.type} not delivered`, error);
      refused?.();
    });
  }

  #do(what: string, step: () => Promise<void> | void): void {
    if (this.#closed) return;
    if (this.#waiting >= MAX_WAITING) return this.#context.debug("signal dropped", what);
    this.#waiting += 1;
    this.#work = this.#work.then(async () => {
      try {
        if (!this.#closed) await step();
      } catch (error) {
        if (!this.#closed) this.#fault(what, error);
      } finally {
        this.#waiting -= 1;
      }
    });
  }

  /** A description that the browser refuses leaves nothing to go on with. */
  #fault(what: string, error: unknown): void {
    this.#context.debug(`${what} failed`, error);
    if (HARMLESS.includes(what)) return;
    this.#restarts += 1;
    this.#link?.close();
    this.#link = null;
    this.#offered = null;
    this.#offerIn(REFUSED_MS * 2 ** Math.min(this.#restarts, 4));
  }

  #clearTimers(): void {
    this.#context.clock.clearTimeout(this.#disconnectedTimer);
    this.#context.clock.clearTimeout(this.#offerTimer);
    this.#disconnectedTimer = null;
  }
}
