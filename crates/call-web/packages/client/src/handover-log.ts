import { AFTER_MS, audioGap, videoGap } from "./gap.js";
import type { Probe } from "./probe.js";
import type { Handover } from "./snapshot.js";
import type { Way } from "./way.js";
import type { Topology } from "./wire/types.js";

/** Handovers that are remembered. */
const MAX_LOGGED = 32;

/** Somebody is shown by another way. */
export interface Change {
  userId: string;
  from: Topology;
  to: Topology;
  /** When it was decided, and when it was done; milliseconds since 1970. */
  since: number;
  at: number;
  old: Way | null;
  fresh: Way | null;
  /** The picture is the shared screen. */
  screen: boolean;
}

/** What handovers were like. */
export class HandoverLog {
  readonly #probe: Probe;
  #open: Change[] = [];
  #done: readonly Handover[] = [];

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** The latest ones, oldest first; another array after each. */
  get done(): readonly Handover[] {
    return this.#done;
  }

  /** The ways by which media is being measured. */
  get ways(): Way[] {
    return this.#open.flatMap(({ old, fresh }) => [old, fresh]).filter((way) => way !== null);
  }

  begin(change: Change): void {
    this.#open.push(change);
  }

  /** Closes those that have been measured for long enough, and tells of them. */
  finish(now: number): Handover[] {
    const over = this.#open.filter(({ at }) => now >= at + AFTER_MS);
    if (over.length === 0) return [];
    this.#open = this.#open.filter((change) => !over.includes(change));
    const handovers = over.map((change) => this.#measured(change));
    this.#done = [...this.#done, ...handovers].slice(-MAX_LOGGED);
    return handovers;
  }

  #measured({ userId, from, to, since, at, old, fresh, screen }: Change): Handover {
    const before = old && this.#probe.of(old);
    const after = fresh && this.#probe.of(fresh);
    // A device sends one picture, the SFU each by itself.
    const picture = (topology: Topology) => (screen && topology === "sfu" ? "screen" : "video");
    const known = before !== null && after !== null;
    return {
      userId,
      from,
      to,
      at,
      durationMs: at - since,
      audioGapMs: known ? audioGap(before.audio, after.audio, at) : null,
      videoGapMs: known ? videoGap(before[picture(from)], after[picture(to)], at) : null,
    };
  }
}
