import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type PictureOnScreen, type ViewPage, ViewWatch } from "../src/views/ViewWatch.js";

type Size = { target: Element; contentRect: { width: number; height: number } };

class FakeSizes {
  static last: FakeSizes;
  readonly seen = new Set<Element>();
  closed = false;
  constructor(readonly tell: (entries: Size[]) => void) {
    FakeSizes.last = this;
  }
  observe = (element: Element) => void this.seen.add(element);
  unobserve = (element: Element) => void this.seen.delete(element);
  disconnect = () => {
    this.closed = true;
  };
}
class FakePlaces {
  static last: FakePlaces;
  constructor(readonly tell: (entries: { target: Element; isIntersecting: boolean }[]) => void) {
    FakePlaces.last = this;
  }
  observe = () => undefined;
  unobserve = () => undefined;
  disconnect = () => undefined;
}

const page = { hidden: false, floating: null as Element | null, ratio: 2 };
const fakePage: ViewPage = {
  isHidden: () => page.hidden,
  floating: () => page.floating,
  pixelRatio: () => page.ratio,
};
let reports: (readonly PictureOnScreen[])[] = [];
let watch: ViewWatch;

function place(): HTMLElement {
  return document.createElement("div");
}
function measured(target: Element, width: number, height: number): void {
  FakeSizes.last.tell([{ target, contentRect: { width, height } }]);
}
const latest = () => reports[reports.length - 1];
const camera = (userId: string, pinned = false) => ({ userId, source: "video" as const, pinned });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("ResizeObserver", FakeSizes);
  vi.stubGlobal("IntersectionObserver", FakePlaces);
  Object.assign(page, { hidden: false, floating: null, ratio: 2 });
  reports = [];
  watch = new ViewWatch((views) => reports.push(views), fakePage);
});
afterEach(() => {
  watch.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("what is seen", () => {
  test("a call without pictures says so, once", () => {
    vi.advanceTimersByTime(1000);
    expect(reports).toEqual([[]]);
  });

  test("is told in device pixels, as one list for all tiles of a layout", () => {
    const [ada, ben] = [place(), place()];
    watch.watch(ada, camera("ada"));
    watch.watch(ben, camera("ben", true));
    measured(ada, 320, 180);
    measured(ben, 160, 96);
    vi.advanceTimersByTime(60);
    expect(reports).toEqual([
      [
        { userId: "ben", source: "video", pinned: true, width: 320, height: 192 },
        { userId: "ada", source: "video", pinned: false, width: 640, height: 368 },
      ],
    ]);
  });

  test("a tile that goes away, or has no size, is not listed", () => {
    const [ada, ben] = [place(), place()];
    const stop = watch.watch(ada, camera("ada"));
    watch.watch(ben, camera("ben"));
    measured(ada, 320, 180);
    vi.advanceTimersByTime(300);
    expect(latest()?.map(({ userId }) => userId)).toEqual(["ada"]);
    stop();
    vi.advanceTimersByTime(300);
    expect(latest()).toEqual([]);
    expect(FakeSizes.last.seen.has(ada)).toBe(false);
  });

  test("what is scrolled out of sight is not listed until it is back", () => {
    const ada = place();
    watch.watch(ada, camera("ada"));
    measured(ada, 320, 180);
    vi.advanceTimersByTime(300);
    FakePlaces.last.tell([{ target: ada, isIntersecting: false }]);
    vi.advanceTimersByTime(300);
    expect(latest()).toEqual([]);
    FakePlaces.last.tell([{ target: ada, isIntersecting: true }]);
    vi.advanceTimersByTime(300);
    expect(latest()).toHaveLength(1);
  });

  test("two places of one picture are one entry, of the larger size", () => {
    const [small, large] = [place(), place()];
    watch.watch(small, camera("ada"));
    watch.watch(large, camera("ada", true));
    measured(small, 80, 48);
    measured(large, 800, 448);
    vi.advanceTimersByTime(60);
    expect(latest()).toEqual([
      { userId: "ada", source: "video", pinned: true, width: 1600, height: 896 },
    ]);
  });

  test("never more than the server takes: the pinned and the largest stay", () => {
    const places = Array.from({ length: 80 }, () => place());
    places.forEach((element, index) => {
      watch.watch(element, camera(`p${index}`, index === 79));
      measured(element, 160 + index * 16, 96);
    });
    vi.advanceTimersByTime(60);
    expect(latest()).toHaveLength(64);
    expect(latest()?.[0]?.userId).toBe("p79");
    expect(latest()?.some(({ userId }) => userId === "p0")).toBe(false);
  });
});

describe("how often", () => {
  test("a window that is resized tells a few times a second, and the last size at the end", () => {
    const ada = place();
    watch.watch(ada, camera("ada"));
    for (let step = 0; step < 100; step++) {
      measured(ada, 320 + step * 8, 180);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(300);
    expect(reports.length).toBeLessThanOrEqual(9);
    expect(latest()?.[0]?.width).toBe(Math.round(((320 + 99 * 8) * 2) / 16) * 16);
  });

  test("the same again is not told", () => {
    const ada = place();
    watch.watch(ada, camera("ada"));
    measured(ada, 320, 180);
    vi.advanceTimersByTime(300);
    const before = reports.length;
    measured(ada, 322, 181);
    vi.advanceTimersByTime(300);
    expect(reports.length).toBe(before);
  });
});

describe("a hidden page", () => {
  const flip = (hidden: boolean) => {
    page.hidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };

  test("wants sound only, at once, and everything again when it is shown", () => {
    const ada = place();
    watch.watch(ada, camera("ada"));
    measured(ada, 320, 180);
    vi.advanceTimersByTime(300);
    flip(true);
    expect(latest()).toEqual([]);
    flip(false);
    expect(latest()).toHaveLength(1);
  });

  test("still wants the picture that floats above other windows", () => {
    const [ada, ben] = [place(), place()];
    const video = ada.appendChild(document.createElement("video"));
    watch.watch(ada, camera("ada"));
    watch.watch(ben, camera("ben"));
    measured(ada, 320, 180);
    measured(ben, 320, 180);
    vi.advanceTimersByTime(300);
    page.floating = video;
    flip(true);
    expect(latest()?.map(({ userId }) => userId)).toEqual(["ada"]);
  });
});

test("a closed watch tells nothing more", () => {
  const ada = place();
  watch.watch(ada, camera("ada"));
  measured(ada, 320, 180);
  watch.close();
  vi.advanceTimersByTime(1000);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(reports).toEqual([]);
  expect(FakeSizes.last.closed).toBe(true);
});
