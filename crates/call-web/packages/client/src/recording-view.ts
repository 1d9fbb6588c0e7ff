import type { RecordingEnd, RecordingSnapshot } from "./snapshot.js";
import type { CallRecording, Recording, RecordingAbility, Role, WireCall } from "./wire/types.js";

/** A call's recording as it is shown to somebody. */
export function viewOfRecording(
  recording: CallRecording,
  selfId: string,
  role: Role,
  ability: RecordingAbility | null,
): RecordingSnapshot {
  const { id, mode, startedBy, consent, consents } = recording;
  const startedAt = Date.parse(recording.startedAt);
  return {
    id,
    mode,
    startedBy,
    startedAt: Number.isNaN(startedAt) ? null : startedAt,
    consent,
    consents,
    mine: consents.find(({ userId }) => userId === selfId)?.status ?? "none",
    // What the server's policy wants, only an admin may stop.
    canStop: role !== "participant" && startedBy !== null && ability?.forced !== true,
  };
}

/** Whether somebody with this part in the call may have it recorded now. */
export function mayRecord(wire: WireCall, role: Role, ability: RecordingAbility | null): boolean {
  const free = wire.status === "active" && wire.recording === null;
  return free && role !== "participant" && (ability?.available ?? false);
}

type HowItEnded = Pick<Recording, "cause" | "stoppedBy">;

/** Finds out how recordings of a call end, while it goes on. */
export class RecordingWatch {
  readonly #ask: (id: string) => Promise<HowItEnded>;
  readonly #changed: () => void;
  #running: string | null = null;
  #last: RecordingEnd | null = null;

  /** `ask` reads a recording from the server. */
  constructor(ask: (id: string) => Promise<HowItEnded>, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** The one that ended last. */
  get last(): RecordingEnd | null {
    return this.#last;
  }

  /** The server told how one ended. */
  ended({ id, by, cause }: RecordingEnd): void {
    this.#last = { id, by, cause };
  }

  /** The call as it is now. */
  follow({ recording, status }: WireCall): void {
    const ended = this.#running;
    this.#running = recording?.id ?? null;
    if (ended === null || ended === this.#running || ended === this.#last?.id) return;
    this.#last = { id: ended, by: null, cause: null };
    // The news of it was missed; nobody looks at a call that is over for how its recording ended.
    if (status !== "ended") void this.#learn(ended);
  }

  async #learn(id: string): Promise<void> {
    try {
      const { cause, stoppedBy: by } = await this.#ask(id);
      if (this.#last?.id !== id) return;
      this.#last = { id, by, cause };
      this.#changed();
    } catch {
      // That it ended is known; why is then left to the page of the call.
    }
  }
}
