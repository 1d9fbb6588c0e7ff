// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assess, QualityMonitor } from "../src/quality.js";
import type { Quality, StatsSample } from "../src/wire/types.js";

interface Vectors {
  cases: {
    name: string;
    input: Omit<StatsSample, "peerId">;
    expect: { score: number; quality: Quality; reasons: string[] };
  }[];
  sequences: {
    name: string;
    steps: { peer: string; quality?: Quality; forget?: boolean; change: Quality | null }[];
  }[];
}

const NUMBERS: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

// The Rust implementation is tested against the same file.
const file = new URL("../../../../call-media/vectors/quality.json", import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, "utf8"), (_, value) =>
  typeof value === "string" && Object.hasOwn(NUMBERS, value) ? NUMBERS[value] : value,
);

describe("one sample", () => {
  it("is tested with all vectors", () => {
    expect(vectors.cases.length).toBeGreaterThanOrEqual(40);
    expect(new Set(vectors.cases.map((c) => c.expect.quality)).size).toBe(5);
    expect(new Set(vectors.cases.flatMap((c) => c.expect.reasons)).size).toBe(8);
  });

  for (const { name, input, expect: expected } of vectors.cases) {
    it(name, () => {
      const got = assess(input);
      expect(Math.abs(got.score - expected.score)).toBeLessThan(0.001);
      expect(got).toMatchObject({ quality: expected.quality, reasons: expected.reasons });
    });
  }
});

describe("a stream of samples", () => {
  for (const { name, steps } of vectors.sequences) {
    it(name, () => {
      const monitor = new QualityMonitor();
      const changes = steps.map(({ peer, quality }) =>
        quality === undefined
          ? monitor.forget(peer)
          : monitor.observe(peer, { score: 3, quality, reasons: [] }),
      );
      expect(changes.map((change) => change?.quality ?? null)).toEqual(
        steps.map(({ change }) => change),
      );
    });
  }

  it("names the reasons and the score of the worst peers", () => {
    const monitor = new QualityMonitor();
    monitor.observe("bob", { score: 3.1, quality: "fair", reasons: ["jitter"] });
    monitor.observe("carol", { score: 2.9, quality: "fair", reasons: ["packet_loss"] });
    monitor.observe("dave", { score: 4.3, quality: "excellent", reasons: ["cpu_limited"] });
    expect(monitor.worst()).toEqual({
      quality: "fair",
      score: 2.9,
      reasons: ["packet_loss", "jitter"],
    });
  });
});
