import { heardIn, type Step, seenIn, stepsOf } from "./gap.js";
import type { Count } from "./probe.js";
import type { BySource, Way } from "./way.js";

/**
 * Where a way stands.
 *
 * - `none`: there is no connection.
 * - `open`: connected, but nothing of what is awaited comes.
 * - `partial`: some of it comes.
 * - `ready`: everything that is awaited has been decoded.
 */
export type Standing = "none" | "open" | "partial" | "ready";

/** What of somebody has to come. */
export interface Awaited {
  audio: boolean;
  video: boolean;
  screen: boolean;
}

/** What happened within this time counts as now: the slowest camera has a picture in it. */
const NOW_MS = 500;
/** Further back nothing is looked at: timers of a page in the background may fire once a second. */
const PAST_MS = 3000;
/** A browser that plays nothing decodes no sound: packets that come for this long have to do. */
const UNPLAYED_MS = 1000;

/** Where a way stands. */
export function standingOf(
  way: Way | null,
  awaited: Awaited,
  counts: BySource<readonly Count[]> | null,
  now: number,
): Standing {
  if (way?.state !== "connected") return "none";
  const due: boolean[] = [];
  if (awaited.audio) due.push(heard(counts?.audio ?? [], now));
  if (awaited.video) due.push(seen(counts?.video ?? [], now));
  if (awaited.screen) due.push(seen(counts?.screen ?? [], now));
  if (due.every((here) => here)) return "ready";
  return due.some((here) => here) ? "partial" : "open";
}

function heard(counts: readonly Count[], now: number): boolean {
  const steps = latest(counts, now);
  if (steps.some((step) => heardIn(step) && step[1].at >= now - NOW_MS)) return true;
  const [first, last] = [steps[0]?.[0], steps.at(-1)?.[1]];
  if (!first || !last || last.at - first.at < UNPLAYED_MS) return false;
  return last.samples === first.samples && last.packets > first.packets;
}

function seen(counts: readonly Count[], now: number): boolean {
  return latest(counts, now).some((step) => seenIn(step) && step[1].at >= now - NOW_MS);
}

function latest(counts: readonly Count[], now: number): Step[] {
  return stepsOf(counts.filter(({ at }) => at >= now - PAST_MS));
}
