import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PictureView } from "../src/call.js";
import { systemClock } from "../src/environment.js";
import { Views } from "../src/views.js";
import type { WantedStream } from "../src/wire/types.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const view = (userId: string, more: Partial<PictureView> = {}): PictureView => ({
  userId,
  source: "video",
  width: 320,
  height: 180,
  ...more,
});
const on = { audio: true, video: true, screen: false };

function views(): { views: Views; told: WantedStream[][] } {
  const told: WantedStream[][] = [];
  return { views: new Views(systemClock, (streams) => told.push(streams)), told };
}

describe("the pictures that are asked for", () => {
  it("are told when there is an SFU, and not before", () => {
    const { views: wish, told } = views();
    wish.set([view("bob")]);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([]);
    wish.open();
    expect(told).toEqual([[{ ...view("bob"), pinned: false }]]);
  });

  it("are told once a layout has settled", () => {
    const { views: wish, told } = views();
    wish.open();
    told.length = 0;
    for (const width of [100, 200, 300]) {
      wish.set([view("bob", { width })]);
      vi.advanceTimersByTime(50);
    }
    expect(told).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(told.map(([first]) => first?.width)).toEqual([300]);
    wish.set([view("bob", { width: 300 })]);
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(1);
  });

  it("are everybody's, at a medium size, until a user interface says otherwise", () => {
    const { views: wish, told } = views();
    wish.follow([
      { userId: "bob", media: on },
      { userId: "carol", media: { ...on, screen: true } },
    ]);
    wish.open();
    expect(told[0]?.map(({ userId, source }) => `${userId} ${source}`)).toEqual([
      "bob video",
      "carol screen",
      "carol video",
    ]);
    expect(wish.asks("bob", "video")).toBe(true);
    wish.set([]);
    vi.advanceTimersByTime(200);
    expect(told[1]).toEqual([]);
    expect(wish.asks("bob", "video")).toBe(false);
    wish.follow([{ userId: "dave", media: on }]);
    vi.advanceTimersByTime(200);
    expect(told).toHaveLength(2);
  });

  it("are told again to an SFU that knows nothing", () => {
    const { views: wish, told } = views();
    wish.set([view("bob")]);
    wish.open();
    wish.open();
    expect(told).toHaveLength(2);
    wish.close();
    wish.set([view("carol")]);
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(2);
  });

  it("are as many, and as large, as the server takes", () => {
    const { views: wish, told } = views();
    const many = Array.from({ length: 80 }, (_, i) => view(`user-${i}`, { width: Number.NaN }));
    wish.set([view("first", { width: 99_999, height: -3.4 }), ...many]);
    wish.open();
    expect(told[0]).toHaveLength(64);
    expect(told[0]?.[0]).toMatchObject({ width: 16_384, height: 0 });
    expect(told[0]?.[1]).toMatchObject({ width: 0 });
  });
});
