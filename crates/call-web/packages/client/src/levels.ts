import type { Clock } from "./environment.js";
import { ValueStore } from "./store.js";

const INTERVAL_MS = 100;
/** Below this, a level counts as silence. */
const SILENCE = 0.01;

/** Where loudness is read. */
export interface LevelSources {
  /** The microphone, while it is on. */
  microphone(): MediaStreamTrack | null;
  /** Loudness of what arrives, by user id. */
  remote(): Iterable<readonly [userId: string, level: number]>;
  selfId(): string;
}

/** Loudness by user id, ten times a second, measured only while somebody looks. */
export class Levels {
  readonly state: ValueStore<ReadonlyMap<string, number>>;
  readonly #sources: LevelSources;
  readonly #clock: Clock;
  #timer: unknown = null;
  #meter: LevelMeter | null = null;

  constructor(sources: LevelSources, clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
    this.state = new ValueStore<ReadonlyMap<string, number>>(new Map(), (watched) => {
      if (watched) this.#tick();
      else this.stop();
    });
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#meter?.close();
    this.#meter = null;
  }

  #tick = (): void => {
    const track = this.#sources.microphone();
    if (track !== (this.#meter?.track ?? null)) {
      this.#meter?.close();
      this.#meter = track ? LevelMeter.of(track) : null;
    }
    const levels = new Map<string, number>();
    const own = this.#meter?.read() ?? 0;
    if (own >= SILENCE) levels.set(this.#sources.selfId(), own);
    for (const [userId, level] of this.#sources.remote()) {
      if (level >= SILENCE) levels.set(userId, level);
    }
    const before = this.state.getSnapshot();
    if (levels.size > 0 || before.size > 0) this.state.set(levels);
    this.#timer = this.#clock.setTimeout(this.#tick, INTERVAL_MS);
  };
}

/** Loudness of one track. */
export class LevelMeter {
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  private constructor(
    readonly track: MediaStreamTrack,
    context: AudioContext,
  ) {
    this.#context = context;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
    // Until the first click on the page it may be suspended, and reads silence.
    if (context.state === "suspended") context.resume().catch(() => undefined);
  }

  /** Null where the browser has no Web Audio. */
  static of(track: MediaStreamTrack): LevelMeter | null {
    if (typeof globalThis.AudioContext !== "function") return null;
    try {
      return new LevelMeter(track, new AudioContext());
    } catch {
      return null;
    }
  }

  /** 0 to 1: the root mean square, stretched so that a normal voice is about a half. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / this.#samples.length) * 4);
  }

  close(): void {
    this.#context.close().catch(() => undefined);
  }
}
