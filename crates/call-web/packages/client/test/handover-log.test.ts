import { beforeEach, describe, expect, it } from "vitest";
import { type Change, HandoverLog } from "../src/handover-log.js";
import type { Count, Probe } from "../src/probe.js";
import { type BySource, bySource, type Way } from "../src/way.js";

const AT = 10_000;
const old = { id: "old" } as Way;
const fresh = { id: "fresh" } as Way;

/** Good sound and pictures, counted every 50 ms. */
function flow(from: number, to: number): Count[] {
  return Array.from({ length: (to - from) / 50 + 1 }, (_, i) => ({
    at: from + i * 50,
    id: "in",
    packets: i * 3,
    frames: i,
    samples: i * 2400,
    concealed: 0,
  }));
}

let counts: Map<Way, Partial<BySource<Count[]>>>;
let log: HandoverLog;

beforeEach(() => {
  counts = new Map();
  const of = (way: Way) => ({ ...bySource(() => []), ...counts.get(way) });
  log = new HandoverLog({ of } as unknown as Probe);
});

function change(more: Partial<Change> = {}): void {
  log.begin({
    userId: "bob",
    from: "p2p",
    to: "sfu",
    since: AT - 700,
    at: AT,
    old,
    fresh,
    media: { audio: true, video: true, screen: false },
    ...more,
  });
}

describe("a handover", () => {
  it("is told once it is over", () => {
    const good = flow(AT - 1000, AT + 1000);
    counts.set(old, { audio: good, video: good });
    counts.set(fresh, { audio: good, video: good });
    change();
    expect(log.ways).toEqual([old, fresh]);
    expect(log.finish(AT + 999)).toEqual([]);
    expect(log.finish(AT + 1000)).toEqual([
      {
        userId: "bob",
        from: "p2p",
        to: "sfu",
        at: AT,
        durationMs: 700,
        audioGapMs: 0,
        videoGapMs: 50,
      },
    ]);
    expect(log.ways).toEqual([]);
    expect(log.done).toHaveLength(1);
  });

  it("has no gap in what is not sent", () => {
    const good = flow(AT - 1000, AT + 1000);
    counts.set(old, { audio: good, video: good });
    counts.set(fresh, { audio: good, video: good });
    change({ media: { audio: false, video: false, screen: false } });
    expect(log.finish(AT + 1000)).toMatchObject([{ audioGapMs: null, videoGapMs: null }]);
  });

  it("looks for a shared screen where it comes: in the place of the camera, or beside it", () => {
    const good = flow(AT - 1000, AT + 1000);
    counts.set(old, { audio: good, video: good });
    counts.set(fresh, { audio: good, screen: good });
    change({ media: { audio: true, video: true, screen: true } });
    expect(log.finish(AT + 1000)).toMatchObject([{ videoGapMs: 50 }]);
  });

  it("from nothing has no gap", () => {
    change({ old: null });
    expect(log.finish(AT + 1000)).toMatchObject([{ audioGapMs: null, videoGapMs: null }]);
  });

  it("is remembered for a while", () => {
    for (let i = 0; i < 40; i += 1) change({ userId: `user-${i}` });
    log.finish(AT + 1000);
    expect(log.done).toHaveLength(32);
    expect(log.done.at(-1)?.userId).toBe("user-39");
  });
});
