import { describe, expect, test } from "vitest";
import { tile } from "../fixtures/people.js";
import { pageSize } from "../src/layout/grid.js";
import { nextOrder, noOrder } from "../src/layout/order.js";
import { equalPages, pagesOf } from "../src/layout/pages.js";
import { hasScreenTile, showsScreen, tilesOf } from "../src/layout/tiles.js";

const names = (count: number) => Array.from({ length: count }, (_, index) => `p${index + 1}`);

describe("pages", () => {
  const people = (count: number, own = true) => [
    ...names(count).map((name) => ({ name, person: { isLocal: false } })),
    ...(own ? [{ name: "me", person: { isLocal: true } }] : []),
  ];

  test("my own tile is the last of the first page, and everybody is on exactly one", () => {
    for (let count = 1; count <= 60; count++) {
      const tiles = people(count);
      const pages = pagesOf(tiles, 9);
      expect(pages[0]?.[pages[0].length - 1]?.name).toBe("me");
      expect(
        pages
          .flat()
          .map((each) => each.name)
          .sort(),
      ).toEqual(tiles.map((each) => each.name).sort());
      expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(9);
      expect(Math.min(...pages.map((page) => page.length))).toBeGreaterThan(0);
    }
  });
  test("a list without me is parted all the same", () => {
    expect(pagesOf(people(5, false), 2).map((page) => page.length)).toEqual([2, 2, 1]);
  });
  test("one place holds at least me", () => {
    expect(pagesOf(people(2), 1).map((page) => page.map((each) => each.name))).toEqual([
      ["me"],
      ["p1"],
      ["p2"],
    ]);
  });
  test("pages of a strip are equally full", () => {
    expect(equalPages(7, 6)).toBe(4);
    expect(equalPages(6, 6)).toBe(6);
    expect(equalPages(0, 6)).toBe(1);
  });
  test("more than 16 are never on one page, and no page of a desktop wastes its space", () => {
    for (let count = 17; count <= 50; count++) {
      const size = pageSize(count, 1256, 644);
      expect(size).toBeLessThanOrEqual(16);
      expect(size).toBeGreaterThanOrEqual(9);
      // As many pages as there must be, not more.
      expect(Math.ceil(count / size)).toBe(Math.ceil(count / 16));
    }
    expect(pageSize(17, 1256, 644)).toBe(9);
    expect(pageSize(50, 1256, 644)).toBe(16);
    expect(pageSize(12, 1256, 644)).toBe(12);
  });
  test("a phone shows eight at most", () => {
    for (let count = 9; count <= 50; count++) {
      expect(pageSize(count, 374, 648)).toBeLessThanOrEqual(8);
    }
  });
});

describe("the order of tiles", () => {
  const order = (keys: readonly string[], wanted: readonly string[] = []) => ({ keys, wanted });

  test("newcomers go to the end, and nobody moves when somebody leaves", () => {
    const first = nextOrder(noOrder, ["a", "b", "c"], [], 2);
    expect(first.keys).toEqual(["a", "b", "c"]);
    const later = nextOrder(first, ["d", "c", "a"], [], 2);
    expect(later.keys).toEqual(["a", "c", "d"]);
  });
  test("who speaks changes places with whoever was not wanted, and nobody else moves", () => {
    const next = nextOrder(order(names(6)), names(6), ["p5"], 3);
    expect(next.keys).toEqual(["p1", "p2", "p5", "p4", "p3", "p6"]);
  });
  test("the one who spoke last keeps the place longest", () => {
    let now = order(names(6));
    now = nextOrder(now, names(6), ["p3"], 3);
    now = nextOrder(now, names(6), ["p1"], 3);
    now = nextOrder(now, names(6), ["p4"], 3);
    expect(now.keys.slice(0, 3)).toEqual(["p1", "p4", "p3"]);
    now = nextOrder(now, names(6), ["p5"], 3);
    // p3 spoke longest ago of those who stand there.
    expect(now.keys.slice(0, 3)).toEqual(["p1", "p4", "p5"]);
  });
  test("more wanted than places: the most urgent get them", () => {
    const next = nextOrder(order(names(6)), names(6), ["p6", "p5", "p4"], 2);
    expect([...next.keys.slice(0, 2)].sort()).toEqual(["p5", "p6"]);
  });
  test("nothing new is the same object", () => {
    const now = nextOrder(order(names(4)), names(4), ["p1"], 2);
    expect(nextOrder(now, names(4), ["p1"], 2)).toBe(now);
  });
  test("over any history the order holds everybody once, and the wanted are in front", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    let now = noOrder;
    for (let step = 0; step < 500; step++) {
      const present = names(30).filter(() => random(10) > 1);
      const wanted = present.filter(() => random(12) === 0);
      const places = 1 + random(9);
      now = nextOrder(now, present, wanted, places);
      expect([...now.keys].sort()).toEqual([...present].sort());
      const front = now.keys.slice(0, places);
      for (const key of wanted.slice(0, places)) expect(front).toContain(key);
    }
  });
});

describe("tiles of a person", () => {
  const sharing = { audio: true, video: true, screen: true };
  test("a screen beside the camera has a tile of its own, also before its picture is there", () => {
    const person = tile("ada", "Ada", 1, { media: sharing, screenStream: null });
    expect(tilesOf(person).map(({ key }) => key)).toEqual(["ada", "ada:screen"]);
    expect(tilesOf(person).map(showsScreen)).toEqual([false, true]);
    expect(hasScreenTile(person)).toBe(true);
  });
  test("a screen in place of the camera is the person's only tile", () => {
    const person = tile("ada", "Ada", 1, { media: sharing });
    expect(tilesOf(person).map(showsScreen)).toEqual([true]);
  });
  test("my own screen is never shown to me", () => {
    const me = tile("me", "Me", 1, { media: sharing, isLocal: true, screenStream: null });
    expect(tilesOf(me).map(showsScreen)).toEqual([false]);
  });
  test("the same person has the same tiles", () => {
    const person = tile("ada", "Ada", 1);
    expect(tilesOf(person)).toBe(tilesOf(person));
  });
});
