import { useRef, useState } from "react";
import { nextOrder, noOrder, type Order } from "../layout/order.js";
import { pagesOf } from "../layout/pages.js";
import type { Tile } from "../layout/tiles.js";

export interface TilePages {
  shown: readonly Tile[];
  /** From 0. */
  page: number;
  pages: number;
  turn: (page: number) => void;
  /** One page back or on; false where there is none. */
  step: (direction: "left" | "right") => boolean;
}

/**
 * Parts tiles into pages of `size`. Places are kept from one rendering to the next; on the
 * first page, those in `wanted` take the place of somebody who was not wanted for long.
 */
export function useTilePages(
  tiles: readonly Tile[],
  size: number,
  wanted: readonly string[],
): TilePages {
  const [asked, setAsked] = useState(0);
  const order = useRef<Order>(noOrder);
  const others = tiles.filter((tile) => !tile.person.isLocal).map((tile) => tile.key);
  // Whoever looks at another page would see somebody else in the place that they look at.
  const promoted = asked === 0 && tiles.length > size ? wanted : [];
  const places = Math.max(1, size - (tiles.length - others.length));
  // The same again gives the same: a rendering that is thrown away does no harm.
  order.current = nextOrder(order.current, others, promoted, places);
  const rank = new Map(order.current.keys.map((key, index) => [key, index]));
  const inOrder = [...tiles].sort(
    (a, b) => (rank.get(a.key) ?? tiles.length) - (rank.get(b.key) ?? tiles.length),
  );
  const parted = pagesOf(inOrder, size);
  const page = Math.min(asked, parted.length - 1);
  const turn = (next: number) => setAsked(Math.max(0, Math.min(next, parted.length - 1)));
  return {
    shown: parted[page] ?? [],
    page,
    pages: parted.length,
    turn,
    step: (direction) => {
      const next = direction === "left" ? page - 1 : page + 1;
      if (next < 0 || next >= parted.length) return false;
      turn(next);
      return true;
    },
  };
}
