import { describe, expect, it } from "vitest";
import { audioGap, heardIn, stepsOf, videoGap } from "../src/gap.js";
import type { Count } from "../src/probe.js";

const count = (at: number, more: Partial<Count> = {}): Count => ({
  at,
  id: "in",
  packets: 0,
  frames: 0,
  samples: 0,
  concealed: 0,
  ...more,
});

/** Good sound and pictures from one moment to another, looked at every 50 ms. */
function flow(from: number, to: number, until = to): Count[] {
  const counts: Count[] = [];
  for (let at = from; at <= until; at += 50) {
    const played = Math.min(at, to) - from;
    const concealed = Math.max(0, at - to) * 48;
    counts.push(
      count(at, {
        packets: played / 10,
        frames: Math.floor(played / 40),
        samples: (at - from) * 48,
        concealed,
      }),
    );
  }
  return counts;
}

describe("a gap in the sound", () => {
  it("is nothing when both ways sound at the change", () => {
    expect(audioGap(flow(0, 2000), flow(1000, 3000), 1500)).toBe(0);
  });

  it("is what was made up on the old way before the change", () => {
    // The old way fell silent 200 ms before.
    expect(audioGap(flow(0, 1300, 1500), flow(1000, 3000), 1500)).toBe(200);
  });

  it("is what was made up on the new way after it", () => {
    const fresh = flow(1000, 3000).map((each) =>
      each.at > 1600 ? { ...each, concealed: 48 * 30 } : each,
    );
    expect(audioGap(flow(0, 2000), fresh, 1500)).toBe(30);
  });

  it("is the silence between the two where they do not overlap", () => {
    expect(audioGap(flow(0, 1000), flow(1700, 3000), 1500)).toBe(700);
  });

  it("is not known without sound", () => {
    expect(audioGap([], flow(1000, 3000), 1500)).toBeNull();
    expect(audioGap(flow(0, 2000), [], 1500)).toBeNull();
  });
});

describe("a gap in the picture", () => {
  it("is the time from one look to the next when both ways have pictures", () => {
    expect(videoGap(flow(0, 2000), flow(1000, 3000), 1500)).toBe(50);
  });

  it("is the time without pictures when there was none", () => {
    expect(videoGap(flow(0, 1000), flow(1700, 3000), 1500)).toBe(750);
  });

  it("is not known when a camera was off", () => {
    const dark = flow(0, 2000).map((each) => ({ ...each, frames: 0 }));
    expect(videoGap(dark, flow(1000, 3000), 1500)).toBeNull();
  });
});

describe("sound", () => {
  it("that is all made up is none", () => {
    const step = [count(0), count(50, { packets: 3, samples: 2400, concealed: 2400 })] as const;
    expect(heardIn(step)).toBe(false);
  });

  it("is told by its packets where playback is not counted", () => {
    const silent = { samples: null };
    expect(heardIn([count(0, silent), count(50, { ...silent, packets: 3 })])).toBe(true);
    expect(heardIn([count(0, silent), count(50, silent)])).toBe(false);
  });

  it("is not compared over two countings", () => {
    expect(stepsOf([count(0), count(50, { id: "other", frames: 9 })])).toEqual([]);
  });
});
