import type { Count } from "./probe.js";

/** Of Opus, in the playback of every browser. */
const SAMPLES_PER_MS = 48;
/** Sound that is made up this long before a change counts to it, and after it. */
const BEFORE_MS = 500;
/** After this long, a change is over. */
export const AFTER_MS = 1000;

/** Two moments that follow each other, of the same counting. */
export type Step = readonly [before: Count, after: Count];

/** Sound was played in between that was not made up. Packets tell it where playback is not counted. */
export function heardIn([before, after]: Step): boolean {
  const packets = after.packets > before.packets;
  if (before.samples === null || after.samples === null) return packets;
  const samples = after.samples - before.samples;
  return packets && samples > after.concealed - before.concealed;
}

/** A picture was decoded in between. */
export function seenIn([before, after]: Step): boolean {
  return after.frames > before.frames;
}

/** Moments that follow each other; where counting began anew there is no step. */
export function stepsOf(counts: readonly Count[]): Step[] {
  const steps: Step[] = [];
  for (const [index, after] of counts.entries()) {
    const before = counts[index - 1];
    if (before && before.id === after.id) steps.push([before, after]);
  }
  return steps;
}

/**
 * Milliseconds of sound that were missing or made up, as one way took the place of another at the
 * moment `at`; null when there was none by one of them.
 */
export function audioGap(
  old: readonly Count[],
  fresh: readonly Count[],
  at: number,
): number | null {
  const heard = stepsOf(old).filter((step) => heardIn(step) && step[0].at < at);
  const first = stepsOf(fresh).find((step) => heardIn(step) && step[1].at > at);
  const last = heard.at(-1);
  if (!last || !first) return null;
  const silence = Math.max(first[0].at, at) - Math.min(last[1].at, at);
  const madeUpBefore = concealed(old, at - BEFORE_MS, at);
  const madeUpAfter = concealed(fresh, at, at + AFTER_MS);
  return Math.round(Math.max(silence, madeUpBefore) + madeUpAfter);
}

/**
 * Milliseconds from the last picture of one way to the first one of the other, which took its place
 * at the moment `at`; null when there was none by one of them.
 */
export function videoGap(
  old: readonly Count[],
  fresh: readonly Count[],
  at: number,
): number | null {
  const last = stepsOf(old)
    .filter((step) => seenIn(step) && step[1].at <= at)
    .at(-1);
  const first = stepsOf(fresh).find((step) => seenIn(step) && step[1].at > at);
  if (!last || !first) return null;
  return Math.round(first[1].at - last[1].at);
}

function concealed(counts: readonly Count[], from: number, to: number): number {
  const samples = stepsOf(counts)
    .filter(([before, after]) => before.at >= from && after.at <= to)
    .reduce((sum, [before, after]) => sum + Math.max(0, after.concealed - before.concealed), 0);
  return samples / SAMPLES_PER_MS;
}
