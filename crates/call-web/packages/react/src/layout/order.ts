/** Who stands where, and who was wanted on the first page, latest first. */
export interface Order {
  readonly keys: readonly string[];
  readonly wanted: readonly string[];
}

export const noOrder: Order = { keys: [], wanted: [] };

/**
 * The order of tiles after a change. Everybody keeps their place; newcomers go to the end. Those in
 * `wanted` (who speak, who raised a hand; most urgent first) have to be among the first `places`:
 * each changes places with whoever there was not wanted for the longest time, so that two tiles
 * move and the others stay.
 */
export function nextOrder(
  before: Order,
  present: readonly string[],
  wanted: readonly string[],
  places: number,
): Order {
  const here = new Set(present);
  const placed = new Set(before.keys);
  const keys = [
    ...before.keys.filter((key) => here.has(key)),
    ...present.filter((key) => !placed.has(key)),
  ];
  const urgent = wanted.filter((key) => here.has(key)).slice(0, places);
  const recent = [
    ...urgent,
    ...before.wanted.filter((key) => here.has(key) && !urgent.includes(key)),
  ];
  for (const key of urgent) {
    const from = keys.indexOf(key);
    if (from < places) continue;
    const to = leastWanted(keys, urgent, recent, places);
    if (to === undefined) break;
    keys[from] = keys[to] as string;
    keys[to] = key;
  }
  return same(keys, before.keys) && same(recent, before.wanted) ? before : { keys, wanted: recent };
}

/** The place whose holder was wanted longest ago; of those never wanted, the last. */
function leastWanted(
  keys: readonly string[],
  urgent: readonly string[],
  recent: readonly string[],
  places: number,
): number | undefined {
  let found: number | undefined;
  let oldest = -1;
  for (let at = Math.min(places, keys.length) - 1; at >= 0; at -= 1) {
    const key = keys[at] as string;
    if (urgent.includes(key)) continue;
    const rank = recent.indexOf(key);
    const age = rank === -1 ? Number.POSITIVE_INFINITY : rank;
    if (age > oldest) {
      oldest = age;
      found = at;
    }
  }
  return found;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
