import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { Levels } from "../src/levels.js";
import { FakeTrack, installMedia } from "./support/fake-connection.js";

/** Web Audio that hears a constant tone of the given strength. */
class FakeAudioContext {
  static open = 0;
  static strength = 0.1;
  state = "running";
  constructor() {
    FakeAudioContext.open += 1;
  }
  createAnalyser() {
    return {
      fftSize: 0,
      getFloatTimeDomainData: (samples: Float32Array) => samples.fill(FakeAudioContext.strength),
    };
  }
  createMediaStreamSource() {
    return { connect: () => undefined };
  }
  async close() {
    FakeAudioContext.open -= 1;
  }
}

let microphone: FakeTrack | null;
let remote: [string, number][];
let reads: number;
let levels: Levels;

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
  vi.stubGlobal("AudioContext", FakeAudioContext);
  FakeAudioContext.open = 0;
  microphone = new FakeTrack("audio");
  remote = [["bob", 0.3]];
  reads = 0;
  levels = new Levels(
    {
      selfId: () => "alice",
      microphone: () => microphone as unknown as MediaStreamTrack | null,
      remote: () => {
        reads += 1;
        return remote;
      },
    },
    systemClock,
  );
});
afterEach(() => {
  levels.stop();
  vi.useRealTimers();
});

const now = () => [...levels.state.getSnapshot()];

it("measures ten times a second, and only while somebody looks", async () => {
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toBe(0);
  const stop = levels.state.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toBe(11);
  expect(now()).toEqual([
    ["alice", expect.closeTo(0.4)],
    ["bob", 0.3],
  ]);
  stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toBe(11);
  expect(FakeAudioContext.open).toBe(0);
});

it("follows the microphone and tells nobody of silence", async () => {
  const told = vi.fn();
  levels.state.subscribe(told);
  microphone = null;
  remote = [["bob", 0.001]];
  await vi.advanceTimersByTimeAsync(100);
  expect(now()).toEqual([]);
  expect(FakeAudioContext.open).toBe(0);
  told.mockClear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).not.toHaveBeenCalled();
});
