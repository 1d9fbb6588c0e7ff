import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

class SilentSocket extends EventTarget {
  readyState = 0;
  send(): void {}
  close(): void {}
}

beforeEach(() => {
  // No test reaches a network.
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("offline")));
  vi.stubGlobal("WebSocket", SilentSocket);
});

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
  history.replaceState(null, "", "/");
  vi.unstubAllGlobals();
});
