import type { PictureKind, TilePerson } from "../model.js";

/** One picture: somebody's camera, or the screen that they share beside it. */
export interface Tile {
  /** Names the picture: the user id, with `:screen` after it for a screen. */
  key: string;
  person: TilePerson;
  source: PictureKind;
}

// A person that did not change has the tiles it had: nothing is drawn again.
const known = new WeakMap<TilePerson, readonly Tile[]>();

/** Whether the shared screen has a tile of its own. */
export function hasScreenTile(person: TilePerson): boolean {
  return person.media.screen && !person.isLocal && person.screenStream !== undefined;
}

/** The pictures of one person: the camera's, and their screen's where it comes beside it. */
export function tilesOf(person: TilePerson): readonly Tile[] {
  const before = known.get(person);
  if (before !== undefined) return before;
  const tiles: Tile[] = [{ key: person.userId, person, source: "video" }];
  if (hasScreenTile(person)) {
    tiles.push({ key: `${person.userId}:screen`, person, source: "screen" });
  }
  known.set(person, tiles);
  return tiles;
}

/** Whether this tile shows a screen: one of its own, or one in place of the camera. */
export function showsScreen({ person, source }: Tile): boolean {
  if (source === "screen") return true;
  return person.media.screen && !person.isLocal && person.screenStream === undefined;
}
