import type { MediaState } from "./wire/types.js";

const RETRY_MS = 1000;
const MAX_RETRIES = 5;

/**
 * Tells the server what is sent, one request at a time, the latest state only. The others learn it
 * from there and never from the tracks.
 */
export class MediaReport {
  readonly #send: (media: MediaState) => Promise<void>;
  readonly #wait: (ms: number) => Promise<void>;
  #known: MediaState | null = null;
  #wanted: MediaState | null = null;
  #busy = false;

  /** `wait` resolves after so many milliseconds. */
  constructor(send: (media: MediaState) => Promise<void>, wait: (ms: number) => Promise<void>) {
    this.#send = send;
    this.#wait = wait;
  }

  /** What the server believes, as when the call was taken. */
  known(media: MediaState): void {
    if (!this.#busy) this.#known = media;
  }

  /** What is true. */
  report(media: MediaState): void {
    this.#wanted = media;
    if (!this.#busy) void this.#run();
  }

  stop(): void {
    this.#wanted = null;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    let retries = 0;
    while (this.#wanted !== null && !same(this.#wanted, this.#known)) {
      const media = this.#wanted;
      try {
        await this.#send(media);
        this.#known = media;
        retries = 0;
      } catch {
        // Not joined yet, or the network is away; the next change tries again in any case.
        retries += 1;
        if (retries > MAX_RETRIES) break;
        await this.#wait(RETRY_MS * retries);
      }
    }
    this.#busy = false;
  }
}

function same(a: MediaState, b: MediaState | null): boolean {
  return b !== null && a.audio === b.audio && a.video === b.video && a.screen === b.screen;
}
