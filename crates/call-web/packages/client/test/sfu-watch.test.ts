import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { SfuWatch } from "../src/sfu-watch.js";

let asked: (string | null)[];
let watch: SfuWatch;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  watch = new SfuWatch(systemClock, (session) => asked.push(session));
  watch.start(false);
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

/** Connected, as usual. */
function connected(): void {
  watch.made("one");
  watch.became("one", "connecting");
  watch.became("one", "connected");
}

describe("a session with the SFU", () => {
  it("is asked for when none is offered", () => {
    vi.advanceTimersByTime(1900);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(asked).toEqual([null]);
  });

  it("is asked for soon by a page that was reloaded", () => {
    watch.start(true);
    vi.advanceTimersByTime(400);
    expect(asked).toEqual([null]);
  });

  it("that is connected needs nothing", () => {
    connected();
    vi.advanceTimersByTime(3_600_000);
    expect(asked).toEqual([]);
  });

  it("is restarted at once when it failed, and made anew when that failed twice", () => {
    connected();
    watch.became("one", "failed");
    expect(asked).toEqual(["one"]);
    vi.advanceTimersByTime(8000);
    expect(asked).toEqual(["one", "one"]);
    vi.advanceTimersByTime(8000);
    expect(asked).toEqual(["one", "one", null]);
  });

  it("may come back by itself from a disconnection", () => {
    connected();
    watch.became("one", "disconnected");
    vi.advanceTimersByTime(2900);
    watch.became("one", "connected");
    vi.advanceTimersByTime(60_000);
    expect(asked).toEqual([]);
    watch.became("one", "disconnected");
    vi.advanceTimersByTime(3000);
    expect(asked).toEqual(["one"]);
  });

  it("has its tries again once it was connected", () => {
    connected();
    for (let i = 0; i < 5; i += 1) {
      watch.became("one", "failed");
      watch.became("one", "connected");
    }
    expect(asked).toEqual(Array(5).fill("one"));
  });

  it("that never connects is mended too", () => {
    watch.made("one");
    vi.advanceTimersByTime(8000);
    expect(asked).toEqual(["one"]);
  });

  it("that cannot go on is made anew, and then with growing pauses", () => {
    connected();
    watch.broken();
    vi.advanceTimersByTime(500);
    expect(asked).toEqual([null]);
    const times: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      const before = asked.length;
      let waited = 0;
      while (asked.length === before && waited < 120_000) {
        vi.advanceTimersByTime(1000);
        waited += 1000;
      }
      times.push(waited);
    }
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(times.at(-1)).toBeLessThanOrEqual(38_000);
    expect(asked.every((session) => session === null)).toBe(true);
  });

  it("is waited for when the way to the server is back", () => {
    connected();
    watch.became("one", "failed");
    watch.restored("one", "failed");
    vi.advanceTimersByTime(1900);
    expect(asked).toEqual(["one"]);
    watch.made("two");
    watch.became("two", "connected");
    vi.advanceTimersByTime(60_000);
    expect(asked).toEqual(["one"]);
  });

  it("of the past has nothing to say", () => {
    connected();
    watch.made("two");
    watch.became("two", "connected");
    watch.became("one", "failed");
    expect(asked).toEqual([]);
    watch.ask("one");
    expect(asked).toEqual([]);
    watch.ask("two");
    expect(asked).toEqual(["two"]);
  });

  it("is left alone once it is not wanted", () => {
    watch.made("one");
    watch.stop();
    vi.advanceTimersByTime(60_000);
    watch.ask("one");
    expect(asked).toEqual([]);
  });
});
