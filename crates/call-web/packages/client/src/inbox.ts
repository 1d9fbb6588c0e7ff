import type { Incoming } from "./socket.js";
import type { WireCall } from "./wire/types.js";

type CallFrame = Extract<Incoming, { callId: string }>;

const MAX_CALLS = 16;
const MAX_FRAMES = 128;

/** Keeps what arrives for a call before the call itself is known, in order. */
export class Inbox {
  readonly #frames = new Map<string, CallFrame[]>();

  /** False when it is full: the frame is lost. */
  keep(frame: CallFrame): boolean {
    const kept = this.#frames.get(frame.callId) ?? [];
    if (kept.length >= MAX_FRAMES) return false;
    if (kept.length === 0) {
      // Calls that never became known make room, the oldest first.
      const [oldest] = this.#frames.keys();
      if (this.#frames.size >= MAX_CALLS && oldest !== undefined) this.#frames.delete(oldest);
      this.#frames.set(frame.callId, kept);
    }
    kept.push(frame);
    return true;
  }

  /** What was kept for a call. */
  take(callId: string): CallFrame[] {
    const kept = this.#frames.get(callId) ?? [];
    this.#frames.delete(callId);
    return kept;
  }

  /** The calls that were told whole. */
  wholeCalls(): WireCall[] {
    return [...this.#frames.values()].flatMap((frames) =>
      frames.flatMap((frame) => (frame.type === "call:updated" ? [frame.call] : [])),
    );
  }

  clear(): void {
    this.#frames.clear();
  }
}
