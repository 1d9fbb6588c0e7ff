import { describe, expect, it, vi } from "vitest";
import { limit, limitsFor, linesOf } from "../src/sender-limits.js";

const upload = (source: "camera" | "screen", peers: number) =>
  limitsFor(source, 720, peers).maxBitrate * peers;
const pixels = (peers: number) => {
  const { scaleResolutionDownBy, maxFramerate } = limitsFor("camera", 720, peers);
  return (peers * maxFramerate * 1280 * 720) / scaleResolutionDownBy ** 2;
};

describe("limits", () => {
  it("leave two people the whole picture", () => {
    expect(limitsFor("camera", 720, 1)).toEqual({
      maxBitrate: 1_700_000,
      maxFramerate: 30,
      scaleResolutionDownBy: 1,
    });
  });

  it("keep the sum for a mesh about what one picture costs", () => {
    for (let peers = 1; peers <= 7; peers += 1) {
      expect(upload("camera", peers), `${peers}`).toBeLessThanOrEqual(2_000_000);
      expect(pixels(peers), `${peers}`).toBeLessThanOrEqual(1.2 * pixels(1));
    }
    expect(upload("screen", 4)).toBeLessThanOrEqual(4_000_000);
  });

  it("only ever fall with the number of peers", () => {
    for (const source of ["camera", "screen"] as const) {
      for (let peers = 1; peers < 20; peers += 1) {
        const [less, more] = [limitsFor(source, 1080, peers + 1), limitsFor(source, 1080, peers)];
        expect(less.maxBitrate).toBeLessThanOrEqual(more.maxBitrate);
        expect(less.maxFramerate).toBeLessThanOrEqual(more.maxFramerate);
        expect(less.scaleResolutionDownBy).toBeGreaterThanOrEqual(more.scaleResolutionDownBy);
      }
    }
  });

  it("never enlarge a small picture, and leave one of unknown size as it is", () => {
    expect(limitsFor("camera", 240, 3).scaleResolutionDownBy).toBe(1);
    expect(limitsFor("camera", undefined, 3).scaleResolutionDownBy).toBe(1);
    expect(limitsFor("camera", 1080, 3).scaleResolutionDownBy).toBe(3);
  });

  it("leave a shared screen its lines, so that text stays readable", () => {
    expect(limitsFor("screen", 1440, 4).scaleResolutionDownBy).toBe(1);
    expect(limitsFor("screen", undefined, 9).scaleResolutionDownBy).toBe(1);
  });

  it("take the shorter side of a phone held upright", () => {
    const track = (settings: MediaTrackSettings) =>
      ({ getSettings: () => settings }) as MediaStreamTrack;
    expect(linesOf(track({ width: 720, height: 1280 }))).toBe(720);
    expect(linesOf(track({ height: 480 }))).toBe(480);
    expect(linesOf(track({}))).toBeUndefined();
  });
});

describe("a sender", () => {
  const limits = limitsFor("camera", 720, 3);
  const sender = (encodings: object[] | undefined, fails = false) => {
    let now = { transactionId: "t", encodings };
    const setParameters = vi.fn(async (next: typeof now) => {
      if (fails) throw new DOMException("closed", "InvalidStateError");
      now = next;
    });
    const made = { getParameters: () => structuredClone(now), setParameters };
    return { sender: made as unknown as RTCRtpSender, setParameters };
  };

  it("keeps what else is set, and is not set again to the same", async () => {
    const made = sender([{ active: true, networkPriority: "high" }]);
    await limit(made.sender, limits);
    expect(made.setParameters).toHaveBeenCalledExactlyOnceWith({
      transactionId: "t",
      encodings: [{ active: true, networkPriority: "high", ...limits }],
    });
    await limit(made.sender, limits);
    expect(made.setParameters).toHaveBeenCalledOnce();
  });

  it("without encodings gets one", async () => {
    for (const none of [[], undefined]) {
      const made = sender(none);
      await limit(made.sender, limits);
      expect(made.setParameters.mock.calls[0]?.[0].encodings).toEqual([limits]);
    }
  });

  it("that refuses goes on without", async () => {
    await expect(limit(sender([{}], true).sender, limits)).resolves.toBeUndefined();
  });
});
