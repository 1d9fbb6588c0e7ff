import type { Store } from "call-client";

/** Loudness by user id, from whoever measures it. */
export type VoiceLevels = Store<ReadonlyMap<string, number>>;

/** Hands each person's loudness on to the elements that show it: one subscription for all. */
class Voices {
  readonly #levels: VoiceLevels;
  readonly #listeners = new Map<string, Set<(level: number) => void>>();
  #loud: ReadonlyMap<string, number> = new Map();
  #stop: (() => void) | undefined;

  constructor(levels: VoiceLevels) {
    this.#levels = levels;
  }

  listen(userId: string, listener: (level: number) => void): () => void {
    const listeners = this.#listeners.get(userId) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(userId, listeners);
    this.#stop ??= this.#levels.subscribe(this.#tell);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(userId);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #tell = (): void => {
    const before = this.#loud;
    this.#loud = this.#levels.getSnapshot();
    // Only whoever is or was heard: the silence of the other forty costs nothing.
    for (const [userId, level] of this.#loud) this.#hand(userId, level);
    for (const userId of before.keys()) if (!this.#loud.has(userId)) this.#hand(userId, 0);
  };

  #hand(userId: string, level: number): void {
    for (const listener of this.#listeners.get(userId) ?? []) listener(level);
  }
}

const known = new WeakMap<VoiceLevels, Voices>();

/** Calls `listener` with one person's loudness, 0 to 1, whenever it changes. */
export function listenToVoice(
  levels: VoiceLevels,
  userId: string,
  listener: (level: number) => void,
): () => void {
  let voices = known.get(levels);
  if (voices === undefined) {
    voices = new Voices(levels);
    known.set(levels, voices);
  }
  return voices.listen(userId, listener);
}
