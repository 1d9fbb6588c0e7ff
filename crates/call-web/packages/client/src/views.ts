import type { PictureView } from "./call.js";
import type { Clock } from "./environment.js";
import type { MediaState, VideoSource, WantedStream } from "./wire/types.js";

/** Layouts settle for this long before they are told. */
const SETTLE_MS = 200;
/** The server takes no more. */
const MAX_STREAMS = 64;
/** What is asked for until a user interface says what it shows. */
const UNTOLD = { video: { width: 640, height: 360 }, screen: { width: 1280, height: 720 } };

/** Which pictures this device asks the SFU for. */
export class Views {
  readonly #clock: Clock;
  readonly #send: (streams: WantedStream[]) => void;
  #wanted: readonly PictureView[] | null = null;
  #others: { userId: string; media: MediaState }[] = [];
  #open = false;
  #told = "";
  #timer: unknown = null;

  /** `send` tells the SFU. */
  constructor(clock: Clock, send: (streams: WantedStream[]) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** What the user interface shows. */
  set(views: readonly PictureView[]): void {
    this.#wanted = views;
    this.#plan();
  }

  /** Who is there, for as long as no user interface tells what it shows. */
  follow(others: { userId: string; media: MediaState }[]): void {
    this.#others = others;
    if (this.#wanted === null) this.#plan();
  }

  /** The SFU listens from now on, and knows nothing. */
  open(): void {
    this.#open = true;
    this.#told = "";
    this.#tell();
  }

  /** Nobody listens any more. */
  close(): void {
    this.#open = false;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Whether this picture is asked for. */
  asks(userId: string, source: VideoSource): boolean {
    return this.#streams().some((view) => view.userId === userId && view.source === source);
  }

  #plan(): void {
    if (!this.#open || this.#timer !== null) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#tell();
    }, SETTLE_MS);
  }

  #tell(): void {
    const streams = this.#streams();
    const told = JSON.stringify(streams);
    if (!this.#open || told === this.#told) return;
    this.#told = told;
    this.#send(streams);
  }

  #streams(): WantedStream[] {
    const views = this.#wanted ?? this.#others.flatMap(untold);
    return views.slice(0, MAX_STREAMS).map(({ userId, source, width, height, pinned = false }) => ({
      userId,
      source,
      width: pixels(width),
      height: pixels(height),
      pinned,
    }));
  }
}

function untold({ userId, media }: { userId: string; media: MediaState }): PictureView[] {
  const screen = { userId, source: "screen" as const, ...UNTOLD.screen };
  return [...(media.screen ? [screen] : []), { userId, source: "video" as const, ...UNTOLD.video }];
}

function pixels(length: number): number {
  return Number.isFinite(length) ? Math.min(16_384, Math.max(0, Math.round(length))) : 0;
}
