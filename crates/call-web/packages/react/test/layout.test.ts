import { describe, expect, test } from "vitest";
import { cornerByKey, nearestCorner } from "../src/layout/corner.js";
import {
  type Box,
  gridPage,
  neighbour,
  tilesPerPage,
  withoutLargeSelf,
} from "../src/layout/grid.js";
import { stageLayout } from "../src/layout/stage.js";

const sizes = [
  [320, 480],
  [360, 640],
  [768, 1024],
  [1440, 900],
  [3840, 1080],
] as const;

function overlaps(a: Box, b: Box): boolean {
  return (
    a.x < b.x + b.width - 0.01 &&
    b.x < a.x + a.width - 0.01 &&
    a.y < b.y + b.height - 0.01 &&
    b.y < a.y + a.height - 0.01
  );
}

function sound(boxes: readonly Box[], width: number, height: number): void {
  boxes.forEach((box, index) => {
    expect(box.width).toBeGreaterThan(0);
    expect(box.height).toBeGreaterThan(0);
    expect(box.x).toBeGreaterThanOrEqual(-0.01);
    expect(box.y).toBeGreaterThanOrEqual(-0.01);
    expect(box.x + box.width).toBeLessThanOrEqual(width + 0.01);
    expect(box.y + box.height).toBeLessThanOrEqual(height + 0.01);
    for (const other of boxes.slice(index + 1)) expect(overlaps(box, other)).toBe(false);
  });
}

describe("the grid", () => {
  for (const [width, height] of sizes) {
    for (let count = 1; count <= 25; count++) {
      test(`${count} tiles lie apart inside ${width}×${height}`, () => {
        const { boxes } = gridPage(count, width, height);
        expect(boxes).toHaveLength(count);
        sound(boxes, width, height);
      });
    }
  }

  test("two stand one above the other on a phone and side by side on a desktop", () => {
    expect(gridPage(2, 360, 500)).toMatchObject({ columns: 1, rows: 2 });
    expect(gridPage(2, 1440, 740)).toMatchObject({ columns: 2, rows: 1 });
  });

  test("four make a square on a desktop", () => {
    expect(gridPage(4, 1440, 740)).toMatchObject({ columns: 2, rows: 2 });
  });

  test("a row that is not full is centred", () => {
    const { boxes } = gridPage(3, 1440, 740);
    const last = boxes[2]!;
    expect(last.x).toBeCloseTo(1440 - last.x - last.width);
  });

  test("my own tile, alone in its row, is as large as the others and in the middle", () => {
    const { boxes } = gridPage(3, 1440, 740);
    const mine = withoutLargeSelf(boxes, 1440)[2]!;
    expect(mine.width).toBe(boxes[0]!.width);
    expect(mine.x).toBeCloseTo(1440 - mine.x - mine.width);
    // In company it stays as it was.
    const five = gridPage(5, 1440, 740).boxes;
    expect(withoutLargeSelf(five, 1440)).toBe(five);
    const four = gridPage(4, 1440, 740).boxes;
    expect(withoutLargeSelf(four, 1440)).toBe(four);
  });

  test("wastes little: five on a desktop cover most of it", () => {
    const { boxes } = gridPage(5, 1416, 744);
    const covered = boxes.reduce((sum, box) => sum + box.width * box.height, 0);
    expect(covered / (1416 * 744)).toBeGreaterThan(0.85);
  });

  test("nothing fits into nothing", () => {
    expect(gridPage(3, 0, 100).boxes).toEqual([]);
    expect(gridPage(0, 100, 100).boxes).toEqual([]);
  });

  test("a small container shows fewer at a time", () => {
    expect(tilesPerPage(320, 240)).toBe(4);
    expect(tilesPerPage(100, 50)).toBe(1);
    expect(tilesPerPage(374, 652)).toBe(8);
    expect(tilesPerPage(1440, 900)).toBe(16);
  });
});

describe("arrow keys", () => {
  const { boxes } = gridPage(5, 1440, 740);
  test("move to the nearest tile that way", () => {
    expect(neighbour(boxes, 0, "right")).toBe(1);
    expect(neighbour(boxes, 1, "left")).toBe(0);
    expect(neighbour(boxes, 0, "down")).toBe(3);
    expect(neighbour(boxes, 4, "up")).toBe(2);
  });
  test("stay where there is nothing", () => {
    expect(neighbour(boxes, 0, "left")).toBe(0);
    expect(neighbour(boxes, 0, "up")).toBe(0);
    expect(neighbour(boxes, 99, "up")).toBe(99);
  });
});

describe("stage and film strip", () => {
  for (const [width, height] of sizes) {
    for (const count of [0, 1, 2, 4, 12]) {
      test(`stage and ${count} more lie apart inside ${width}×${height}`, () => {
        const { stage, strip } = stageLayout(width, height, count);
        sound([stage, ...strip], width, height);
        expect(strip.length).toBeLessThanOrEqual(count);
      });
    }
  }
  test("the strip is on the right when wide and below when tall", () => {
    expect(stageLayout(1440, 740, 3).strip[0]!.x).toBeGreaterThan(1000);
    expect(stageLayout(360, 640, 3).strip[0]!.y).toBeGreaterThan(400);
  });
});

describe("corners", () => {
  test("a dropped self view goes to the nearest one", () => {
    expect(nearestCorner(10, 10, 100, 100)).toBe("top-left");
    expect(nearestCorner(90, 40, 100, 100)).toBe("top-right");
    expect(nearestCorner(20, 80, 100, 100)).toBe("bottom-left");
    expect(nearestCorner(70, 70, 100, 100)).toBe("bottom-right");
  });
  test("arrow keys change one side", () => {
    expect(cornerByKey("bottom-right", "ArrowUp")).toBe("top-right");
    expect(cornerByKey("bottom-right", "ArrowLeft")).toBe("bottom-left");
    expect(cornerByKey("top-left", "ArrowRight")).toBe("top-right");
    expect(cornerByKey("top-left", "ArrowDown")).toBe("bottom-left");
    expect(cornerByKey("top-left", "a")).toBe("top-left");
  });
});
