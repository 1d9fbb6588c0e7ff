import type { Clock } from "./environment.js";

const FIRST_MS = 500;
const MOST_MS = 30_000;

/**
 * How long to wait before try number `attempt` (0 is the first): exponential with full jitter, so
 * that clients cut off together do not come back together.
 */
export function backoffMs(attempt: number, clock: Pick<Clock, "random">): number {
  return Math.round(clock.random() * Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}
