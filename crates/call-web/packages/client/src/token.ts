import type { Clock } from "./environment.js";
import { AuthenticationError } from "./errors.js";

/** A token is replaced this long before it expires. */
const EARLY_MS = 30_000;

/** Where tokens come from. Asks at most once at a time. */
export class TokenSource {
  readonly #source: string | (() => Promise<string>);
  readonly #clock: Clock;
  #current: string | null = null;
  #asking: Promise<string> | null = null;

  constructor(source: string | (() => Promise<string>), clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** A new token can be had. */
  get renewable(): boolean {
    return typeof this.#source === "function";
  }

  /** A token that has not expired, as far as one can tell. */
  async get(): Promise<string> {
    if (typeof this.#source === "string") return this.#source;
    if (this.#current !== null && this.refreshInMs(this.#current) !== 0) return this.#current;
    return this.renew();
  }

  /** A new token, after the server refused `get`'s or before that expires. */
  renew(): Promise<string> {
    const source = this.#source;
    if (typeof source === "string") return Promise.resolve(source);
    this.#asking ??= (async () => {
      try {
        const token = await source();
        if (typeof token !== "string" || token === "") {
          throw new AuthenticationError("No token was given.");
        }
        this.#current = token;
        return token;
      } catch (error) {
        if (error instanceof AuthenticationError) throw error;
        throw new AuthenticationError("The token could not be got.", { cause: error });
      } finally {
        this.#asking = null;
      }
    })();
    return this.#asking;
  }

  /** In how many milliseconds the token should be replaced; null when it does not say. */
  refreshInMs(token: string): number | null {
    const expiresAt = expiryOf(token);
    if (expiresAt === null) return null;
    const left = expiresAt - this.#clock.now();
    // A token that lives shorter than a minute is replaced at half its life.
    return Math.max(0, left > 2 * EARLY_MS ? left - EARLY_MS : left / 2 > 1000 ? left / 2 : 0);
  }
}

/** The `exp` claim in milliseconds since 1970. The signature is the server's matter. */
function expiryOf(token: string): number | null {
  const payload = token.split(".")[1];
  if (payload === undefined) return null;
  try {
    const json: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const exp = typeof json === "object" && json !== null && "exp" in json ? json.exp : null;
    return typeof exp === "number" && Number.isFinite(exp) ? exp * 1000 : null;
  } catch {
    return null;
  }
}
