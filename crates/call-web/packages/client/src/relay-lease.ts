import type { Clock } from "./environment.js";
import type { IceConfiguration } from "./ice.js";
import { readPath } from "./stats.js";

/** Asks again after this time when the moment was a bad one. */
const AGAIN_MS = 2000;
/** A timer beyond 2^31 ms would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Keeps the relay of one connection beyond the life of its credentials. New servers only count for
 * candidates that are gathered after they were set, and an allocation goes on refreshing with what
 * it was made by (RFC 8656, section 7), so candidates have to be gathered anew by an ICE restart:
 * shortly before the end, and only where media takes a relay. A change of the transport policy
 * cannot wait.
 */
export class RelayLease {
  readonly #connection: RTCPeerConnection;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #renew: () => void;
  #applied: IceConfiguration;
  #gathered: IceConfiguration;
  #fragment: string | null = null;
  #timer: unknown = null;
  #closed = false;

  /**
   * `ice` is what the connection was made with; `renew` is to restart ICE. One end of a connection
   * has a delay, so that not both restart at the same moment.
   */
  constructor(
    connection: RTCPeerConnection,
    ice: IceConfiguration,
    clock: Clock,
    delayMs: number,
    renew: () => void,
  ) {
    this.#connection = connection;
    this.#applied = ice;
    this.#gathered = ice;
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#renew = renew;
  }

  /** Gives the connection other servers or another policy. */
  apply(ice: IceConfiguration): void {
    this.#connection.setConfiguration(ice.rtc);
    this.#applied = ice;
    this.#plan();
  }

  /** A local description was set: with another fragment, candidates are gathered anew. */
  described(): void {
    const sdp = this.#connection.localDescription?.sdp ?? "";
    const fragment = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? null;
    if (fragment === this.#fragment) return;
    this.#fragment = fragment;
    this.#gathered = this.#applied;
    this.#plan();
  }

  /** It could not be renewed just now. */
  again(): void {
    this.#in(AGAIN_MS);
  }

  close(): void {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #plan(): void {
    this.#clock.clearTimeout(this.#timer);
    const due = this.#due();
    if (due === null) return;
    const delay = this.#otherPolicy() ? 0 : this.#delayMs;
    this.#in(Math.max(0, due - this.#clock.now()) + delay);
  }

  /** When there is something to be done; null when there is nothing. */
  #due(): number | null {
    if (this.#fragment === null || this.#applied === this.#gathered) return null;
    return this.#otherPolicy() ? 0 : this.#gathered.renewAt;
  }

  #otherPolicy(): boolean {
    return this.#applied.rtc.iceTransportPolicy !== this.#gathered.rtc.iceTransportPolicy;
  }

  #in(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = this.#clock.setTimeout(() => void this.#check(), Math.min(MAX_TIMER_MS, ms));
  }

  async #check(): Promise<void> {
    const due = this.#due();
    if (this.#closed || due === null) return;
    if (this.#clock.now() < due) return this.#plan();
    if (!this.#otherPolicy() && !(await this.#relayed())) return;
    if (!this.#closed && this.#due() !== null) this.#renew();
  }

  async #relayed(): Promise<boolean> {
    try {
      return readPath(await this.#connection.getStats()).candidateType === "relay";
    } catch {
      // Closed meanwhile.
      return false;
    }
  }
}
