import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { MediaReport } from "../src/media-report.js";
import type { MediaState } from "../src/wire/types.js";
import { settle } from "./support/world.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ALL: MediaState = { audio: true, video: true, screen: false };

/** A server that takes everything, when the test lets it. */
function server() {
  const sent: Partial<MediaState>[] = [];
  const answers: (() => void)[] = [];
  const report = new MediaReport((change) => {
    sent.push(change);
    return new Promise((resolve) => answers.push(resolve));
  }, systemClock);
  report.known(ALL);
  report.report(ALL);
  const answer = async () => {
    answers.shift()?.();
    await settle();
  };
  return { report, sent, answer };
}

describe("what is sent", () => {
  it("is told as what changed, the latest state only", async () => {
    const { report, sent, answer } = server();
    report.report({ ...ALL, audio: false });
    report.report({ ...ALL, audio: false, video: false });
    report.report({ ...ALL, video: false });
    await answer();
    await answer();
    expect(sent).toEqual([{ audio: false }, { audio: true, video: false }]);
  });
});

describe("what the server says of it", () => {
  it("is no news when it was told so", async () => {
    const { report, answer } = server();
    report.report({ ...ALL, audio: false });
    await answer();
    report.report(ALL);
    await answer();
    // Both come back late, after the microphone is on again.
    expect(report.told({ ...ALL, audio: false })).toBeNull();
    expect(report.told(ALL)).toBeNull();
  });

  it("is the hand of a moderator when it was not", () => {
    const { report, sent } = server();
    expect(report.told({ ...ALL, audio: false })).toEqual({
      audio: true,
      video: false,
      screen: false,
    });
    // What is done about it here is known there.
    report.report({ ...ALL, audio: false });
    expect(sent).toEqual([]);
  });

  it("is told apart while another change is on its way", async () => {
    const { report, sent, answer } = server();
    report.report({ ...ALL, video: false });
    expect(report.told({ ...ALL, audio: false })).toMatchObject({ audio: true, video: false });
    report.report({ audio: false, video: false, screen: false });
    await answer();
    expect(report.told({ audio: false, video: false, screen: false })).toBeNull();
    expect(sent).toEqual([{ video: false }]);
  });

  it("is no news about what is off here", async () => {
    const { report, answer } = server();
    report.report({ ...ALL, video: false });
    await answer();
    vi.advanceTimersByTime(60_000);
    expect(report.told({ ...ALL, video: false })).toBeNull();
  });

  it("can be overruled here", async () => {
    const { report, sent, answer } = server();
    report.told({ ...ALL, audio: false });
    report.report(ALL);
    await answer();
    expect(sent).toEqual([{ audio: true }]);
    expect(report.told(ALL)).toBeNull();
  });
});
