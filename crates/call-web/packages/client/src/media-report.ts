import type { Clock } from "./environment.js";
import type { MediaState } from "./wire/types.js";

const RETRY_MS = 1000;
const MAX_RETRIES = 5;
/** What was told comes back within this time. */
const ECHO_MS = 10_000;
const MAX_ECHOES = 16;
const KINDS = ["audio", "video", "screen"] as const;

interface Echo {
  media: MediaState;
  until: number;
}

/**
 * Tells the server what is sent, one request at a time, the latest state only. The others learn it
 * from there and never from the tracks. What the server says in turn is either what it was told, or
 * what a moderator made of it.
 */
export class MediaReport {
  readonly #send: (change: Partial<MediaState>) => Promise<void>;
  readonly #clock: Clock;
  #known: MediaState | null = null;
  #wanted: MediaState | null = null;
  #latest: MediaState | null = null;
  #echoes: Echo[] = [];
  #busy = false;

  constructor(send: (change: Partial<MediaState>) => Promise<void>, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** What the server believes, as when the call was taken. */
  known(media: MediaState): void {
    if (!this.#busy) this.#known = media;
  }

  /** What is true. */
  report(media: MediaState): void {
    this.#wanted = media;
    this.#latest = media;
    if (!this.#busy) void this.#run();
  }

  /** The server says this: what of it is off though it is on here; null when nothing is. */
  told(media: MediaState): MediaState | null {
    const now = this.#clock.now();
    this.#echoes = this.#echoes.filter(({ until }) => until > now);
    const echo = this.#echoes.findIndex((each) => same(each.media, media));
    if (echo >= 0) {
      this.#echoes.splice(0, echo + 1);
      return null;
    }
    const known = this.#known;
    const on = this.#latest;
    if (known === null || on === null) return null;
    this.#known = media;
    const off = (kind: keyof MediaState) => known[kind] && on[kind] && !media[kind];
    if (!KINDS.some(off)) return null;
    const rest = { ...on };
    for (const kind of KINDS) if (off(kind)) rest[kind] = false;
    // What was on its way to be told is no longer true.
    this.#latest = rest;
    if (this.#wanted) this.#wanted = rest;
    return { audio: off("audio"), video: off("video"), screen: off("screen") };
  }

  stop(): void {
    this.#wanted = null;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    let retries = 0;
    while (this.#wanted !== null && !same(this.#wanted, this.#known)) {
      const change = changes(this.#known, this.#wanted);
      const echo = this.#expect(this.#wanted);
      try {
        await this.#send(change);
        this.#known = { ...(this.#known ?? this.#wanted), ...change };
        retries = 0;
      } catch {
        // Not joined yet, or the network is away; the next change tries again in any case.
        this.#echoes = this.#echoes.filter((each) => each !== echo);
        retries += 1;
        if (retries > MAX_RETRIES) break;
        const pause = RETRY_MS * retries;
        await new Promise<void>((resolve) => this.#clock.setTimeout(() => resolve(), pause));
      }
    }
    this.#busy = false;
  }

  #expect(media: MediaState): Echo {
    const echo = { media, until: this.#clock.now() + ECHO_MS };
    this.#echoes.push(echo);
    if (this.#echoes.length > MAX_ECHOES) this.#echoes.shift();
    return echo;
  }
}

/** Only what is another: what a moderator changes meanwhile is not to be undone. */
function changes(known: MediaState | null, wanted: MediaState): Partial<MediaState> {
  const kinds = KINDS.filter((kind) => known === null || known[kind] !== wanted[kind]);
  return Object.fromEntries(kinds.map((kind) => [kind, wanted[kind]]));
}

function same(a: MediaState, b: MediaState | null): boolean {
  return b !== null && a.audio === b.audio && a.video === b.video && a.screen === b.screen;
}
