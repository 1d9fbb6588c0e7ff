import type { Clock } from "./environment.js";
import type { Reaction } from "./snapshot.js";

/** Reactions are shown for this long. */
const SHOWN_MS = 5000;
const MAX_SHOWN = 50;

/** The emojis of the last seconds. */
export class Reactions {
  readonly #clock: Clock;
  readonly #changed: () => void;
  #shown: readonly Reaction[] = [];
  #nextId = 1;
  #timer: unknown = null;

  /** `changed` is told when one is over. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Oldest first; another array after each change. */
  get shown(): readonly Reaction[] {
    return this.#shown;
  }

  add(userId: string, reaction: string): Reaction {
    const added = { id: this.#nextId, userId, reaction, at: this.#clock.now() };
    this.#nextId += 1;
    this.#shown = [...this.#shown, added].slice(-MAX_SHOWN);
    this.#plan();
    return added;
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#shown = [];
  }

  #plan(): void {
    const [oldest] = this.#shown;
    if (!oldest || this.#timer !== null) return;
    const left = Math.max(0, oldest.at + SHOWN_MS - this.#clock.now());
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      const since = this.#clock.now() - SHOWN_MS;
      this.#shown = this.#shown.filter(({ at }) => at > since);
      this.#plan();
      this.#changed();
    }, left);
  }
}
