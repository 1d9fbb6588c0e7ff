import { backoffMs } from "./backoff.js";
import type { Clock } from "./environment.js";
import type { RestApi } from "./rest.js";

/** TURN credentials are asked for again when this share of their life is over. */
const USED = 0.8;
/** What was gathered with them is gathered anew this share of their life, at most, before its end. */
const MARGIN = 0.1;
const MAX_MARGIN_MS = 60_000;
/** A server that names no useful life is not asked more often. */
const MIN_LIFE_MS = 10_000;
/** After a try that failed, beside the usual back-off. */
const RETRY_MS = 2000;
/** A timer beyond 2^31 ms would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How connections are to be made, and for how long that holds. */
export interface IceConfiguration {
  readonly rtc: RTCConfiguration;
  /**
   * When candidates that were gathered with it have to be gathered anew, shortly before the
   * credentials expire; milliseconds since 1970, null for never.
   */
  readonly renewAt: number | null;
}

interface Issued {
  servers: RTCIceServer[];
  /** When to ask for others. */
  askAt: number;
  renewAt: number | null;
}

/**
 * How connections are to be made: with the ICE servers of the call server unless told otherwise.
 * While somebody watches, the credentials are renewed before they expire.
 */
export class IceSource {
  readonly #api: Pick<RestApi, "turnCredentials">;
  readonly #clock: Clock;
  readonly #own: RTCIceServer[] | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #watchers = new Set<(ice: IceConfiguration) => void>();
  #policy: RTCIceTransportPolicy;
  #issued: Issued | null = null;
  #asking: Promise<void> | null = null;
  #failures = 0;
  #timer: unknown = null;

  /** `failed` hears of it when the server could not be asked; calls go on without its servers. */
  constructor(
    api: Pick<RestApi, "turnCredentials">,
    clock: Clock,
    options: { iceServers?: RTCIceServer[]; iceTransportPolicy?: RTCIceTransportPolicy },
    failed: (error: unknown) => void,
  ) {
    this.#api = api;
    this.#clock = clock;
    this.#own = options.iceServers;
    this.#policy = options.iceTransportPolicy ?? "all";
    this.#failed = failed;
  }

  get policy(): RTCIceTransportPolicy {
    return this.#policy;
  }

  /** Holds for connections to come and, by those who watch, for those there are. */
  setPolicy(policy: RTCIceTransportPolicy): void {
    if (policy === this.#policy) return;
    this.#policy = policy;
    this.#tell();
  }

  /** Asks for the servers before they are needed. */
  prepare(): void {
    void this.current();
  }

  /** With credentials that are good for now. */
  async current(): Promise<IceConfiguration> {
    const fresh = this.#issued !== null && this.#clock.now() < this.#issued.askAt;
    if (this.#own === undefined && !fresh) await this.#ask();
    return this.#made();
  }

  /** Tells `listener` of new credentials and of another policy; returns what ends that. */
  watch(listener: (ice: IceConfiguration) => void): () => void {
    const entry = (ice: IceConfiguration) => listener(ice);
    this.#watchers.add(entry);
    if (this.#watchers.size === 1) this.#plan();
    return () => {
      this.#watchers.delete(entry);
      if (this.#watchers.size === 0) this.#clock.clearTimeout(this.#timer);
    };
  }

  #made(): IceConfiguration {
    return {
      rtc: {
        iceServers: this.#own ?? this.#issued?.servers ?? [],
        iceTransportPolicy: this.#policy,
        bundlePolicy: "max-bundle",
      },
      renewAt: this.#own === undefined ? (this.#issued?.renewAt ?? null) : null,
    };
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#issue().finally(() => {
      this.#asking = null;
      this.#plan();
    });
    return this.#asking;
  }

  async #issue(): Promise<void> {
    try {
      const { iceServers, ttl } = await this.#api.turnCredentials();
      const life = Math.max(MIN_LIFE_MS, ttl * 1000);
      const now = this.#clock.now();
      const expires = iceServers.some((server) => Boolean(server.credential));
      this.#issued = {
        servers: iceServers,
        askAt: now + life * USED,
        renewAt: expires ? now + life - Math.min(MAX_MARGIN_MS, life * MARGIN) : null,
      };
      this.#failures = 0;
      this.#tell();
    } catch (error) {
      this.#failures += 1;
      // Once is enough for tries that follow each other.
      if (this.#failures === 1) this.#failed(error);
    }
  }

  #tell(): void {
    const ice = this.#made();
    for (const watcher of [...this.#watchers]) watcher(ice);
  }

  #plan(): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#watchers.size === 0 || this.#own !== undefined) return;
    const left = Math.max(0, (this.#issued?.askAt ?? 0) - this.#clock.now());
    const pause = this.#failures > 0 ? RETRY_MS + backoffMs(this.#failures, this.#clock) : 0;
    this.#timer = this.#clock.setTimeout(
      () => {
        if (this.#clock.now() < (this.#issued?.askAt ?? 0)) this.#plan();
        else void this.#ask();
      },
      Math.min(MAX_TIMER_MS, Math.max(left, pause)),
    );
  }
}
