import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { type IceConfiguration, IceSource } from "../src/ice.js";
import { settle } from "./support/world.js";

const HOUR = 3_600_000;

/** A server that issues credentials by number. */
class Issuer {
  asked = 0;
  fails = false;
  ttl = 3600;
  async turnCredentials() {
    this.asked += 1;
    if (this.fails) throw new Error("no server");
    const iceServers = [
      { urls: ["stun:turn.example"], username: null, credential: null },
      { urls: ["turn:turn.example"], username: "1:a", credential: `c${this.asked}` },
    ];
    return { username: "1:a", credential: `c${this.asked}`, ttl: this.ttl, uris: [], iceServers };
  }
}

let issuer: Issuer;
let failures: unknown[];

function source(options: ConstructorParameters<typeof IceSource>[2] = {}): IceSource {
  const api = issuer as unknown as ConstructorParameters<typeof IceSource>[0];
  return new IceSource(api, systemClock, options, (error) => failures.push(error));
}

const credential = ({ rtc }: IceConfiguration) => rtc.iceServers?.at(-1)?.credential;

beforeEach(() => {
  vi.useFakeTimers();
  issuer = new Issuer();
  failures = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the servers", () => {
  it("are asked for once, and again when four fifths of their life are over", async () => {
    const ice = source();
    const both = await Promise.all([ice.current(), ice.current()]);
    expect(both.map(credential)).toEqual(["c1", "c1"]);
    await vi.advanceTimersByTimeAsync(0.79 * HOUR);
    expect(credential(await ice.current())).toBe("c1");
    await vi.advanceTimersByTimeAsync(0.02 * HOUR);
    expect(credential(await ice.current())).toBe("c2");
    expect(issuer.asked).toBe(2);
  });

  it("are to be gathered anew a minute before their end, or a tenth of a short life", async () => {
    const begun = Date.now();
    expect((await source().current()).renewAt).toBe(begun + HOUR - 60_000);
    issuer.ttl = 100;
    expect((await source().current()).renewAt).toBe(Date.now() + 90_000);
  });

  it("of the host's own are used as they are", async () => {
    const own = [{ urls: "turn:own.example", credential: "own" }];
    const ice = source({ iceServers: own });
    const heard = vi.fn();
    ice.watch(heard);
    await vi.advanceTimersByTimeAsync(10 * HOUR);
    expect(await ice.current()).toMatchObject({ rtc: { iceServers: own }, renewAt: null });
    expect(issuer.asked).toBe(0);
    expect(heard).not.toHaveBeenCalled();
  });

  it("without credentials do not have to be gathered anew", async () => {
    const iceServers = [{ urls: ["stun:stun.example"] }];
    vi.spyOn(issuer, "turnCredentials").mockResolvedValue({
      username: "",
      credential: "",
      ttl: 60,
      uris: [],
      iceServers: iceServers as never,
    });
    expect(await source().current()).toMatchObject({ rtc: { iceServers }, renewAt: null });
  });
});

describe("while somebody watches", () => {
  it("credentials are renewed in time, again and again, until nobody does", async () => {
    const ice = source();
    await ice.current();
    const heard: unknown[] = [];
    const stop = ice.watch((next) => heard.push(credential(next)));
    await vi.advanceTimersByTimeAsync(0.79 * HOUR);
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(0.02 * HOUR);
    expect(heard).toEqual(["c2"]);
    await vi.advanceTimersByTimeAsync(0.8 * HOUR);
    expect(heard).toEqual(["c2", "c3"]);
    stop();
    await vi.advanceTimersByTimeAsync(10 * HOUR);
    expect(issuer.asked).toBe(3);
  });

  it("a server that fails is asked again until it answers; the old ones stay", async () => {
    const ice = source();
    await ice.current();
    const heard: unknown[] = [];
    ice.watch((next) => heard.push(credential(next)));
    issuer.fails = true;
    await vi.advanceTimersByTimeAsync(0.9 * HOUR);
    expect(heard).toEqual([]);
    expect(credential(await ice.current())).toBe("c1");
    expect(failures).toHaveLength(1);
    // Not in a hurry: at least two seconds between two tries.
    expect(issuer.asked).toBeLessThan(2 + (0.1 * HOUR) / 2000);
    issuer.fails = false;
    await vi.advanceTimersByTimeAsync(40_000);
    expect(heard).toHaveLength(1);
  });

  it("no life is too short or too long", async () => {
    for (const [ttl, most] of [
      [0, 8],
      [30 * 86_400, 1],
    ] as const) {
      issuer = new Issuer();
      issuer.ttl = ttl;
      const stop = source().watch(() => undefined);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(issuer.asked).toBeGreaterThan(0);
      expect(issuer.asked).toBeLessThanOrEqual(most);
      stop();
    }
  });

  it("another policy is told at once", async () => {
    const ice = source();
    await ice.current();
    const heard: unknown[] = [];
    ice.watch((next) => heard.push(next.rtc.iceTransportPolicy));
    ice.setPolicy("relay");
    ice.setPolicy("relay");
    await settle();
    expect(heard).toEqual(["relay"]);
    expect(ice.policy).toBe("relay");
    expect((await ice.current()).rtc.iceTransportPolicy).toBe("relay");
  });
});
