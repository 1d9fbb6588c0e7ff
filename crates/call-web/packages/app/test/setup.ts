import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

// A machine that compiles meanwhile is slow, not wrong.
configure({ asyncUtilTimeout: 20_000 });

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
