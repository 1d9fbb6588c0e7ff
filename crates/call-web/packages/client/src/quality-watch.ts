import type { Clock } from "./environment.js";
import { figuresOf, firstFigures } from "./figures.js";
import type { Peer } from "./peer.js";
import { assess, type QualityLevel, QualityMonitor } from "./quality.js";
import type { ConnectionFigures } from "./snapshot.js";
import { readTotals, sampleBetween, type Totals } from "./stats.js";
import type { MediaState, StatsSample } from "./wire/types.js";

/** How often connections are measured. */
const INTERVAL_MS = 2000;
/** The server takes no more samples in a message. */
const MAX_SAMPLES = 8;

/** What a watch needs of its call. */
export interface QualityContext {
  clock: Clock;
  peers(): ReadonlyMap<string, Peer>;
  /** What somebody says to send. */
  mediaOf(userId: string): MediaState;
  report(samples: StatsSample[]): void;
  changed(): void;
}

interface Measured {
  totals: Totals;
  sends: MediaState;
  linkId: string;
}

/** Measures the connection to each peer every two seconds. */
export class QualityWatch {
  readonly #context: QualityContext;
  readonly #monitor = new QualityMonitor();
  readonly #last = new Map<string, Measured>();
  readonly #figures = new Map<string, ConnectionFigures>();
  #timer: unknown = null;
  #running = false;

  constructor(context: QualityContext) {
    this.#context = context;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#plan();
  }

  stop(): void {
    this.#running = false;
    this.#context.clock.clearTimeout(this.#timer);
  }

  of(userId: string): QualityLevel | null {
    return this.#monitor.of(userId);
  }

  worst(): QualityLevel | null {
    return this.#monitor.worst();
  }

  figures(userId: string): ConnectionFigures | null {
    return this.#figures.get(userId) ?? null;
  }

  #plan(): void {
    this.#timer = this.#context.clock.setTimeout(async () => {
      await this.#measure();
      if (this.#running) this.#plan();
    }, INTERVAL_MS);
  }

  async #measure(): Promise<void> {
    const peers = this.#context.peers();
    for (const userId of [...this.#last.keys()]) {
      if (!peers.has(userId)) this.#forget(userId);
    }
    const measured = await Promise.all(
      [...peers].map(([userId, peer]) => this.#sample(userId, peer).catch(() => null)),
    );
    if (!this.#running) return;
    const samples = measured.filter((sample) => sample !== null);
    for (const sample of samples) this.#monitor.observe(sample.peerId, assess(sample));
    for (let i = 0; i < samples.length; i += MAX_SAMPLES) {
      this.#context.report(samples.slice(i, i + MAX_SAMPLES));
    }
    this.#context.changed();
  }

  async #sample(userId: string, peer: Peer): Promise<StatsSample | null> {
    const { link } = peer;
    if (!link || peer.state === "new" || peer.state === "connecting") return null;
    const { clock, mediaOf } = this.#context;
    const report = await link.connection.getStats();
    const totals = readTotals(report, link.mids(), clock.now());
    const media = mediaOf(userId);
    const before = this.#last.get(userId);
    this.#last.set(userId, { totals, sends: media, linkId: link.id });
    if (before?.linkId !== link.id) {
      this.#figures.set(userId, firstFigures(totals));
      return null;
    }
    const sample = sampleBetween(userId, before.totals, totals, {
      audio: media.audio && before.sends.audio,
      video: sendsPicture(media) && sendsPicture(before.sends),
    });
    this.#figures.set(userId, figuresOf(sample));
    return sample;
  }

  #forget(userId: string): void {
    this.#last.delete(userId);
    this.#figures.delete(userId);
    this.#monitor.forget(userId);
  }
}

function sendsPicture(media: MediaState): boolean {
  return media.video || media.screen;
}
