import type { Clock } from "./environment.js";
import type { RestApi } from "./rest.js";

/** TURN credentials are asked for again when this share of their life is over. */
const USED = 0.8;

/** How connections are to be made: the ICE servers of the call server unless told otherwise. */
export class IceSource {
  readonly #api: Pick<RestApi, "turnCredentials">;
  readonly #clock: Clock;
  readonly #own: RTCIceServer[] | undefined;
  readonly #policy: RTCIceTransportPolicy;
  readonly #failed: (error: unknown) => void;
  #servers: RTCIceServer[] | null = null;
  #validUntil = 0;
  #asking: Promise<RTCIceServer[]> | null = null;

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

  /** Asks for the servers before they are needed. */
  prepare(): void {
    void this.configuration();
  }

  async configuration(): Promise<RTCConfiguration> {
    return {
      iceServers: this.#own ?? (await this.#current()),
      iceTransportPolicy: this.#policy,
      bundlePolicy: "max-bundle",
    };
  }

  async #current(): Promise<RTCIceServer[]> {
    if (this.#servers !== null && this.#clock.now() < this.#validUntil) return this.#servers;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<RTCIceServer[]> {
    try {
      const { iceServers, ttl } = await this.#api.turnCredentials();
      this.#servers = iceServers;
      this.#validUntil = this.#clock.now() + ttl * 1000 * USED;
      return iceServers;
    } catch (error) {
      this.#failed(error);
      return this.#servers ?? [];
    }
  }
}
