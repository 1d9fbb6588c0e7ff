import type { Clock } from "./environment.js";
import type { PeerState } from "./snapshot.js";

/** A disconnected session gets this long to come back by itself. */
const DISCONNECTED_MS = 3000;
/** A session that was offered or restarted has to be connected within this time. */
const CONNECT_MS = 8000;
/** The server offers by itself; it is asked when it has not within this time. */
const OFFER_MS = 2000;
/** It may hold the session of a page that was reloaded for one that lives. */
const ARRIVAL_MS = 400;
/** The server may be about to offer another session by itself. */
const BROKEN_MS = 500;
/** Pauses between new sessions that did not come to be: twice as long each time, up to this. */
const MAX_PAUSE_MS = 30_000;
/** ICE restarts that failed before a new session is asked for. */
const MAX_RESTARTS = 2;

/** Watches over the session with the SFU and asks for what mends it. */
export class SfuWatch {
  readonly #clock: Clock;
  readonly #restart: (session: string | null) => void;
  #session: string | null = null;
  #state: PeerState = "new";
  #restarts = 0;
  #renewals = 0;
  #running = false;
  #timer: unknown = null;

  /** `restart` asks for an ICE restart of a session or, with null, for a new one. */
  constructor(clock: Clock, restart: (session: string | null) => void) {
    this.#clock = clock;
    this.#restart = restart;
  }

  /** A session is to be there; an offer is on its way, unless this device `arrives` by a reload. */
  start(arrives: boolean): void {
    this.#running = true;
    this.#session = null;
    this.#restarts = 0;
    this.#renewals = 0;
    this.#in(arrives ? ARRIVAL_MS : OFFER_MS);
  }

  stop(): void {
    this.#running = false;
    this.#clock.clearTimeout(this.#timer);
  }

  /** There is a new session. */
  made(session: string): void {
    this.#session = session;
    this.#state = "new";
    this.#restarts = 0;
    this.#in(CONNECT_MS);
  }

  /** Where the session stands now. */
  became(session: string, state: PeerState): void {
    if (session !== this.#session || state === this.#state) return;
    this.#state = state;
    if (state === "connected") {
      this.#restarts = 0;
      this.#renewals = 0;
      this.#clock.clearTimeout(this.#timer);
    } else if (state === "failed") this.#mend();
    else if (state === "disconnected") this.#in(DISCONNECTED_MS);
  }

  /** The session cannot go on. */
  broken(): void {
    this.#state = "failed";
    this.#restarts = MAX_RESTARTS;
    this.#in(BROKEN_MS + this.#pause());
  }

  /** Candidates have to be gathered anew, though media flows. */
  ask(session: string): void {
    if (this.#running && session === this.#session) this.#restart(session);
  }

  /** The way to the server is back. It offers a new session if it has lost the old one. */
  restored(session: string | null, state: PeerState): void {
    this.#restarts = 0;
    this.#renewals = 0;
    if (session === null || state !== "connected") this.#in(OFFER_MS);
  }

  #mend(): void {
    if (!this.#running || this.#state === "connected") return;
    if (this.#session !== null && this.#restarts < MAX_RESTARTS) {
      this.#restarts += 1;
      this.#in(CONNECT_MS);
      return this.#restart(this.#session);
    }
    this.#renewals += 1;
    this.#in(CONNECT_MS + this.#pause());
    this.#restart(null);
  }

  #pause(): number {
    return this.#renewals === 0 ? 0 : Math.min(MAX_PAUSE_MS, 1000 * 2 ** this.#renewals);
  }

  #in(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    if (!this.#running) return;
    this.#timer = this.#clock.setTimeout(() => this.#mend(), ms);
  }
}
