import type { Participants } from "./useParticipants.js";

/** Whether two values show the same: by value for plain data, by identity for streams. */
function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => alike(each, b[index]));
  }
  if (!isPlain(a) || !isPlain(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && alike(a[name], b[name]))
  );
}

function isPlain(value: object): value is Record<string, unknown> {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** `after`, with every entry that says nothing new replaced by the one from before. */
export function keepEntries<T extends { userId: string }>(
  before: readonly T[],
  after: readonly T[],
): readonly T[] {
  const known = new Map(before.map((each) => [each.userId, each]));
  const kept = after.map((each) => {
    const old = known.get(each.userId);
    return old !== undefined && alike(old, each) ? old : each;
  });
  const same = kept.length === before.length && kept.every((each, at) => each === before[at]);
  return same ? before : kept;
}

/**
 * The people of a new snapshot, as far as possible made of the objects of the last one: what is
 * memoised by identity draws only whoever changed.
 */
export function keepPeople(before: Participants | null, after: Participants): Participants {
  if (before === null) return after;
  const [self] = keepEntries([before.self], [after.self]);
  return {
    self: self ?? after.self,
    others: keepEntries(before.others, after.others),
    awaited: keepEntries(before.awaited, after.awaited),
    everybody: after.everybody,
    roster: keepEntries(before.roster, after.roster),
  };
}
