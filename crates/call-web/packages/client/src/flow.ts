import type { Clock } from "./environment.js";
import type { Remote } from "./remote.js";
import type { MediaState } from "./wire/types.js";

/** A peer that is connected and says to send, but whose media does not come, counts after this. */
const TIMEOUT_MS = 2000;

/** Finds out, once, that media flows on this device. */
export class FlowWatch {
  readonly #clock: Clock;
  readonly #mediaOf: (userId: string) => MediaState;
  readonly #flows: () => void;
  #flowed = false;
  #closed = false;
  #timer: unknown = null;

  constructor(clock: Clock, mediaOf: (userId: string) => MediaState, flows: () => void) {
    this.#clock = clock;
    this.#mediaOf = mediaOf;
    this.#flows = flows;
  }

  get flowed(): boolean {
    return this.#flowed;
  }

  /** Media arrives from somebody, or nobody can be heard because they send nothing. */
  check(remotes: ReadonlyMap<string, Pick<Remote, "state" | "flowing">>): void {
    if (this.#flowed || this.#closed) return;
    const connected = [...remotes].filter(([, remote]) => remote.state === "connected");
    if (connected.length === 0) return;
    const silent = ({ audio, video, screen }: MediaState) => !audio && !video && !screen;
    const here = connected.some(
      ([userId, remote]) => remote.flowing || silent(this.#mediaOf(userId)),
    );
    if (here) return this.#begin();
    // They may still be asked for the microphone, or have one that gives nothing.
    this.#timer ??= this.#clock.setTimeout(() => this.#begin(), TIMEOUT_MS);
  }

  close(): void {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #begin(): void {
    if (this.#flowed || this.#closed) return;
    this.#flowed = true;
    this.#clock.clearTimeout(this.#timer);
    this.#flows();
  }
}
