import type { Call } from "./call.js";
import { ValueStore } from "./store.js";

/** The calls of this device, as lists for whoever shows them. */
export class CallLists {
  /** Those that it takes part in or may answer. */
  readonly calls = new ValueStore<readonly Call[]>([]);
  /** Those that ring here. */
  readonly incoming = new ValueStore<readonly Call[]>([]);

  /** Brings the lists in line; one whose members are the same stays the same. */
  show(all: Iterable<Call>): void {
    const calls = [...all].filter((call) => call.state.getSnapshot().phase !== "ended");
    setList(this.calls, calls);
    setList(
      this.incoming,
      calls.filter((call) => call.state.getSnapshot().ringing),
    );
  }
}

function setList(store: ValueStore<readonly Call[]>, calls: readonly Call[]): void {
  const before = store.getSnapshot();
  const same = before.length === calls.length && calls.every((call, i) => call === before[i]);
  if (!same) store.set(calls);
}
