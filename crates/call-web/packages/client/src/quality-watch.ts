import type { Clock } from "./environment.js";
import { figuresOf, firstFigures } from "./figures.js";
import { assess, type QualityLevel, QualityMonitor } from "./quality.js";
import type { Remote } from "./remote.js";
import type { ConnectionFigures } from "./snapshot.js";
import type { Awaited } from "./standing.js";
import { type Places, readTotals, sampleBetween, type Totals } from "./stats.js";
import type { Way } from "./way.js";
import type { StatsSample } from "./wire/types.js";

/** How often connections are measured. */
const INTERVAL_MS = 2000;
/** The server takes no more samples in a message. */
const MAX_SAMPLES = 64;

/** What a watch needs of its call. */
export interface QualityContext {
  clock: Clock;
  remotes(): ReadonlyMap<string, Pick<Remote, "way">>;
  /** What of somebody is to come. */
  awaited(userId: string): Awaited;
  report(samples: StatsSample[]): void;
  changed(): void;
}

interface Measured {
  totals: Totals;
  places: Places;
  wayId: string;
}

/** Measures how everybody is received, every two seconds. */
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
    const remotes = this.#context.remotes();
    for (const userId of [...this.#last.keys()]) {
      if (!remotes.has(userId)) this.#forget(userId);
    }
    const ways = [...remotes].flatMap(([userId, { way }]) => (way ? [{ userId, way }] : []));
    const measured = ways.filter(({ way }) => way.state !== "new" && way.state !== "connecting");
    // By an SFU, one connection carries everybody.
    const connections = [...new Set(measured.map(({ way }) => way.connection))];
    const reports = new Map(
      await Promise.all(
        connections.map(async (each) => [each, await each.getStats().catch(() => null)] as const),
      ),
    );
    if (!this.#running) return;
    const samples = measured
      .map(({ userId, way }) => this.#sample(userId, way, reports.get(way.connection) ?? null))
      .filter((sample) => sample !== null);
    for (const sample of samples) this.#monitor.observe(sample.peerId, assess(sample));
    for (let i = 0; i < samples.length; i += MAX_SAMPLES) {
      this.#context.report(samples.slice(i, i + MAX_SAMPLES));
    }
    this.#context.changed();
  }

  #sample(userId: string, way: Way, report: RTCStatsReport | null): StatsSample | null {
    if (report === null) return null;
    const { clock, awaited } = this.#context;
    const places = placesOf(way, awaited(userId));
    const totals = readTotals(report, places, clock.now());
    const before = this.#last.get(userId);
    this.#last.set(userId, { totals, places, wayId: way.id });
    if (before?.wayId !== way.id) {
      this.#figures.set(userId, firstFigures(totals));
      return null;
    }
    const sample = sampleBetween(userId, before.totals, totals, {
      audio: places.audio !== null && before.places.audio === places.audio,
      video: places.video !== null && before.places.video === places.video,
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

/** Where to look. A shared screen is looked at more than the face beside it. */
function placesOf(way: Way, awaited: Awaited): Places {
  const { mids, sends } = way;
  const video = awaited.screen ? mids.screen : awaited.video ? mids.video : null;
  return { audio: awaited.audio ? mids.audio : null, video, sends };
}
