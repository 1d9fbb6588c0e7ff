/** What paging needs to know of a tile. */
interface Paged {
  person: { isLocal: boolean };
}

/**
 * Parts tiles into pages of `size`. The own tile is the last one of the first page, wherever it
 * was.
 */
export function pagesOf<T extends Paged>(
  tiles: readonly T[],
  size: number,
): readonly (readonly T[])[] {
  const own = tiles.filter((tile) => tile.person.isLocal);
  const others = tiles.filter((tile) => !tile.person.isLocal);
  const onFirst = Math.max(0, size - own.length);
  const pages: T[][] = [[...others.slice(0, onFirst), ...own]];
  for (let from = onFirst; from < others.length; from += size) {
    pages.push(others.slice(from, from + size));
  }
  return pages;
}

/** The size of pages that are as equally full as can be, with at most `most` on each. */
export function equalPages(count: number, most: number): number {
  const pages = Math.max(1, Math.ceil(count / Math.max(1, most)));
  return Math.max(1, Math.ceil(count / pages));
}
