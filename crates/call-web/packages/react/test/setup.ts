import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// A machine that compiles meanwhile is slow, not wrong.
configure({ asyncUtilTimeout: 20_000 });

// What happy-dom has no machinery for: media never plays, nothing is laid out.
vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
vi.spyOn(HTMLMediaElement.prototype, "pause").mockReturnValue(undefined);
class Stream extends EventTarget {
  readonly id = crypto.randomUUID();
  readonly #tracks: MediaStreamTrack[];
  constructor(tracks: MediaStreamTrack[] = []) {
    super();
    this.#tracks = tracks;
  }
  getTracks = () => this.#tracks;
  getAudioTracks = () => this.#tracks.filter((track) => track.kind === "audio");
  getVideoTracks = () => this.#tracks.filter((track) => track.kind === "video");
}
vi.stubGlobal("MediaStream", Stream);
Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
  configurable: true,
  writable: true,
  value: null,
});
HTMLCanvasElement.prototype.getContext = () => null;

for (const [name, value] of [
  ["clientWidth", 1200],
  ["clientHeight", 800],
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}

// Everything has that size, told as browsers do: a little after it is observed.
class Sizes {
  readonly #tell: ResizeObserverCallback;
  readonly #seen = new Set<Element>();
  constructor(tell: ResizeObserverCallback) {
    this.#tell = tell;
  }
  observe(target: Element) {
    this.#seen.add(target);
    queueMicrotask(() => {
      if (!this.#seen.has(target)) return;
      const contentRect = { width: target.clientWidth, height: target.clientHeight };
      this.#tell([{ target, contentRect } as ResizeObserverEntry], this as never);
    });
  }
  unobserve(target: Element) {
    this.#seen.delete(target);
  }
  disconnect() {
    this.#seen.clear();
  }
}
vi.stubGlobal("ResizeObserver", Sizes);

afterEach(cleanup);
