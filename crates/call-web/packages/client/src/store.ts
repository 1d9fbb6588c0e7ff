/**
 * A value that changes over time. Snapshots are immutable and keep their identity until something
 * changes, so a store fits `useSyncExternalStore` as it is.
 */
export interface Store<T> {
  /** Calls `listener` after each change; returns what ends that. */
  subscribe(listener: () => void): () => void;
  /** The value now. */
  getSnapshot(): T;
}

/** A store that its owner sets. */
export class ValueStore<T> implements Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();
  readonly #watched: ((watched: boolean) => void) | undefined;

  /** `watched` is told when the first listener comes and when the last one goes. */
  constructor(value: T, watched?: (watched: boolean) => void) {
    this.#value = value;
    this.#watched = watched;
  }

  subscribe = (listener: () => void): (() => void) => {
    // An own function for each subscription: the same listener may subscribe twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    if (this.#listeners.size === 1) this.#watched?.(true);
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#watched?.(false);
    };
  };

  getSnapshot = (): T => this.#value;

  /** Replaces the value; tells nobody when it is the same one. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Changes some members of an object value. */
  patch(change: Partial<T>): void {
    const differs = (Object.keys(change) as (keyof T)[]).some(
      (key) => !Object.is(change[key], this.#value[key]),
    );
    if (differs) this.set({ ...this.#value, ...change });
  }
}

type Listener<A extends readonly unknown[]> = (...args: A) => void;

/** Typed events. A listener that throws disturbs neither the others nor the sender. */
export class Emitter<Events extends Record<string, readonly unknown[]>> {
  readonly #listeners = new Map<keyof Events, Set<Listener<readonly unknown[]>>>();

  /** Calls `listener` at each event of that name; returns what ends that. */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    const entry: Listener<readonly unknown[]> = (...args) =>
      listener(...(args as unknown as Events[K]));
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  protected emit<K extends keyof Events>(name: K, ...args: Events[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
