import type { MediaChoice } from "./options.js";

const PREFIX = "call-media:";

/** What was on in a call, kept for the tab so that a reload comes back with the same. */
export class MediaMemory {
  readonly #storage: Storage | undefined;

  constructor(storage: Storage | undefined) {
    this.#storage = storage;
  }

  remember(callId: string, choice: MediaChoice): void {
    try {
      this.#storage?.setItem(PREFIX + callId, JSON.stringify(choice));
    } catch {
      // Full or blocked: the reload will come back with what the server knows.
    }
  }

  recall(callId: string): MediaChoice | null {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(PREFIX + callId) ?? "null");
      if (typeof kept !== "object" || kept === null) return null;
      const { audio, video, microphoneId, cameraId } = kept as Record<string, unknown>;
      return {
        audio: audio === true,
        video: video === true,
        ...(typeof microphoneId === "string" ? { microphoneId } : {}),
        ...(typeof cameraId === "string" ? { cameraId } : {}),
      };
    } catch {
      return null;
    }
  }

  forget(callId: string): void {
    try {
      this.#storage?.removeItem(PREFIX + callId);
    } catch {
      // Blocked: nothing was kept.
    }
  }
}
