import { AFTER_MS, audioGap, videoGap } from "./gap.js";
import type { Count, Probe } from "./probe.js";
import type { Handover } from "./snapshot.js";
import type { BySource, Way } from "./way.js";
import type { MediaState, Topology } from "./wire/types.js";

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
  /** What they send at this moment. */
  media: MediaState;
}

/** What handovers were like. */
export class HandoverLog {
  readonly #probe: Probe;
  #open: (Change & { counts: Counts })[] = [];
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
    const { old, fresh } = change;
    // Looked up now: a connection that was closed no longer tells where its tracks were.
    const counts = { old: old && this.#probe.of(old), fresh: fresh && this.#probe.of(fresh) };
    this.#open.push({ ...change, counts });
  }

  /** Closes those that have been measured for long enough, and tells of them. */
  finish(now: number): Handover[] {
    const over = this.#open.filter(({ at }) => now >= at + AFTER_MS);
    if (over.length === 0) return [];
    this.#open = this.#open.filter((change) => !over.includes(change));
    const handovers = over.map((change) => measured(change, change.counts));
    this.#done = [...this.#done, ...handovers].slice(-MAX_LOGGED);
    return handovers;
  }
}

interface Counts {
  old: BySource<readonly Count[]> | null;
  fresh: BySource<readonly Count[]> | null;
}

function measured(
  { userId, from, to, since, at, media }: Change,
  { old, fresh }: Counts,
): Handover {
  // A device sends one picture, the SFU each by itself.
  const picture = (topology: Topology) => (media.screen && topology === "sfu" ? "screen" : "video");
  const known = old !== null && fresh !== null;
  return {
    userId,
    from,
    to,
    at,
    durationMs: at - since,
    audioGapMs: known && media.audio ? audioGap(old.audio, fresh.audio, at) : null,
    videoGapMs:
      known && (media.video || media.screen)
        ? videoGap(old[picture(from)], fresh[picture(to)], at)
        : null,
  };
}
