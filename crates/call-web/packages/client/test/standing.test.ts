import { describe, expect, it } from "vitest";
import type { Count } from "../src/probe.js";
import { type Awaited, standingOf } from "../src/standing.js";
import { bySource, type Way } from "../src/way.js";

const NOW = 10_000;
const way = (state: Way["state"]) => ({ state }) as Way;
const connected = way("connected");
const all: Awaited = { audio: true, video: true, screen: false };

function counts(of: Partial<Count>[]): Count[] {
  return of.map((each, i) => ({
    at: NOW - 50 * (of.length - 1 - i),
    id: "in",
    packets: 0,
    frames: 0,
    samples: 0,
    concealed: 0,
    ...each,
  }));
}

const sound = counts([{}, { packets: 2, samples: 2400 }]);
const picture = counts([{}, { frames: 1 }]);
const nothing = bySource<readonly Count[]>(() => []);

describe("a way", () => {
  it("stands nowhere without a connection", () => {
    for (const each of [null, way("new"), way("disconnected"), way("failed")]) {
      expect(standingOf(each, all, nothing, NOW)).toBe("none");
    }
  });

  it("is ready when everything that is awaited was decoded", () => {
    const standing = (more: object) => standingOf(connected, all, { ...nothing, ...more }, NOW);
    expect(standing({})).toBe("open");
    expect(standing({ audio: sound })).toBe("partial");
    expect(standing({ video: picture })).toBe("partial");
    expect(standing({ audio: sound, video: picture })).toBe("ready");
  });

  it("is ready when nothing is awaited", () => {
    const silent = { audio: false, video: false, screen: false };
    expect(standingOf(connected, silent, nothing, NOW)).toBe("ready");
  });

  it("asks for the screen by itself", () => {
    const awaited = { ...all, screen: true };
    const both = { ...nothing, audio: sound, video: picture };
    expect(standingOf(connected, awaited, both, NOW)).toBe("partial");
    expect(standingOf(connected, awaited, { ...both, screen: picture }, NOW)).toBe("ready");
  });

  it("is not judged by what came long ago", () => {
    const here = { ...nothing, audio: sound, video: picture };
    expect(standingOf(connected, all, here, NOW + 600)).toBe("open");
  });

  it("of a page that plays nothing yet is told by its packets, after a while", () => {
    const unplayed = (seconds: number) =>
      Array.from({ length: seconds * 20 + 1 }, (_, i) => ({ packets: i }));
    const heard = (seconds: number) =>
      standingOf(
        connected,
        { ...all, video: false },
        { ...nothing, audio: counts(unplayed(seconds)) },
        NOW,
      );
    expect(heard(0.5)).toBe("open");
    expect(heard(1)).toBe("ready");
  });
});
