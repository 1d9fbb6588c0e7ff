import type { CallClient } from "./client.js";
import type { Environment } from "./environment.js";
import { relayProtocolOf, selectServers } from "./ice-url.js";
import { Loopback, type LoopbackOptions, type LoopbackOutcome, typeOf } from "./loopback.js";
import { type Store, ValueStore } from "./store.js";
import type { RelayProtocol } from "./wire/types.js";

/** The way that calls will take; `direct` needs a direct way at the other end too. */
export type NetworkPath = "direct" | "relayed" | "blocked";

/**
 * What one relay transport is good for.
 *
 * - `works`: a message went through the relay and came back.
 * - `unreachable`: the relay does not answer; the network blocks the way.
 * - `refused`: it answers and does not let this client use it.
 * - `no_data`: it gives an address, but nothing comes through.
 */
export type RelayResult = "works" | "unreachable" | "refused" | "no_data";

/**
 * Whether others can send to this device without a relay.
 *
 * - `works`: it has an address that others can use.
 * - `symmetric`: its address differs from peer to peer (RFC 4787, section 4.1), so only few can.
 * - `blocked`: it has none, as where UDP does not get out.
 * - `not_tried`: the policy of the client hides addresses.
 */
export type DirectResult = "works" | "symmetric" | "blocked" | "not_tried";

/** One relay transport. */
export interface RelayCheck {
  readonly protocol: RelayProtocol;
  readonly urls: readonly string[];
  /** Null while it is tested. */
  readonly result: RelayResult | null;
  /** Seconds from this page through the relay and back to it, twice. */
  readonly roundTripTime: number | null;
}

/** How far the test is, and what it found. */
export interface NetworkTestState {
  readonly running: boolean;
  /** Null until all is known. */
  readonly path: NetworkPath | null;
  /** The best of those that work. */
  readonly relayProtocol: RelayProtocol | null;
  /** Null while it is tested. */
  readonly direct: DirectResult | null;
  /** Each transport that the server offers, best first. */
  readonly relays: readonly RelayCheck[];
}

/** What the test needs of a client. */
export type NetworkTestClient = Pick<CallClient, "configuration" | "environment">;

const PROTOCOLS: readonly RelayProtocol[] = ["udp", "tcp", "tls"];
const GATHER_MS = 8000;
const UNTESTED: NetworkTestState = {
  running: false,
  path: null,
  relayProtocol: null,
  direct: null,
  relays: [],
};

/** Finds out which ways to others the network leaves open. */
export class NetworkTest {
  readonly #client: NetworkTestClient;
  readonly #state = new ValueStore<NetworkTestState>(UNTESTED);
  #run: Run | null = null;

  constructor(client: NetworkTestClient) {
    this.#client = client;
  }

  get state(): Store<NetworkTestState> {
    return this.#state;
  }

  /** Tries every way at once; ten seconds or so where some are blocked. Never throws. */
  async run(): Promise<NetworkTestState> {
    this.stop();
    const run = new Run(this.#client.environment);
    this.#run = run;
    this.#state.set({ ...UNTESTED, running: true });
    const configuration = await this.#client.configuration();
    if (this.#run !== run) return this.#state.getSnapshot();
    const servers = configuration.iceServers ?? [];
    const offered = PROTOCOLS.filter((protocol) => urlsOf(servers, protocol).length > 0);
    this.#state.patch({ relays: offered.map((protocol) => unchecked(servers, protocol)) });
    const relays = offered.map(async (protocol) => {
      const checked = await run.relay(servers, protocol);
      if (this.#run === run) this.#checked(protocol, checked);
      return checked.result;
    });
    const byUdp = relays[offered.indexOf("udp")] ?? Promise.resolve(null);
    const direct = await run.direct(configuration, byUdp);
    if (this.#run === run) this.#state.patch({ direct });
    await Promise.all(relays);
    if (this.#run === run) this.#conclude();
    return this.#state.getSnapshot();
  }

  stop(): void {
    this.#run?.stop();
    this.#run = null;
    if (this.#state.getSnapshot().running) this.#state.set(UNTESTED);
  }

  #checked(protocol: RelayProtocol, checked: Pick<RelayCheck, "result" | "roundTripTime">): void {
    const relays = this.#state
      .getSnapshot()
      .relays.map((relay) => (relay.protocol === protocol ? { ...relay, ...checked } : relay));
    this.#state.patch({ relays });
  }

  #conclude(): void {
    const { direct, relays } = this.#state.getSnapshot();
    const relayProtocol = relays.find(({ result }) => result === "works")?.protocol ?? null;
    const otherwise = relayProtocol !== null ? "relayed" : "blocked";
    const path =
      direct === "works" || (direct === "symmetric" && relayProtocol === null)
        ? "direct"
        : otherwise;
    this.#state.patch({ running: false, path, relayProtocol });
  }
}

interface Gathered {
  types: ReadonlySet<string>;
  /** A server did not answer. */
  failed: boolean;
}

/** The connections of one run. */
class Run {
  readonly #environment: Environment;
  readonly #stops = new Set<() => void>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  stop(): void {
    for (const stop of [...this.#stops]) stop();
  }

  /** Through the relay and back by one transport. */
  async relay(
    servers: readonly RTCIceServer[],
    protocol: RelayProtocol,
  ): Promise<Pick<RelayCheck, "result" | "roundTripTime">> {
    const relayed = relayOnly(servers, protocol);
    try {
      const outcome = await this.#loop({ near: relayed, far: relayed });
      return { result: resultOf(outcome), roundTripTime: outcome.roundTripTime };
    } catch {
      // A browser without WebRTC, or an address that it does not understand.
      return { result: "unreachable", roundTripTime: null };
    }
  }

  /** `byUdp` is what comes of the relay by UDP; null without one. */
  async direct(
    configuration: RTCConfiguration,
    byUdp: Promise<RelayResult | null>,
  ): Promise<DirectResult> {
    if (configuration.iceTransportPolicy === "relay") return "not_tried";
    try {
      return await this.#direct(configuration, byUdp);
    } catch {
      // As above.
      return "blocked";
    }
  }

  async #direct(
    configuration: RTCConfiguration,
    byUdp: Promise<RelayResult | null>,
  ): Promise<DirectResult> {
    const servers = configuration.iceServers ?? [];
    const { types, failed } = await this.#gather({
      iceServers: selectServers(servers, (url) => overUdp(url)),
    });
    if (!types.has("srflx")) {
      if (!types.has("host")) return "blocked";
      // No server to ask, or one that sees the very address of this device: there is no NAT.
      if (!failed) return "works";
      const result = await byUdp;
      return result === "works" || result === "no_data" ? "works" : "blocked";
    }
    if ((await byUdp) !== "works") return "works";
    return (await this.#symmetric(servers)) ? "symmetric" : "works";
  }

  /**
   * Lets the relay look at this device. Who is seen by another address than the one that the
   * server had told sits behind a symmetric NAT.
   */
  async #symmetric(servers: readonly RTCIceServer[]): Promise<boolean> {
    const near = { iceServers: selectServers(servers, (url) => overUdp(url)) };
    const outcome = await this.#loop({
      near,
      far: relayOnly(servers, "udp"),
      tells: (candidate) => typeOf(candidate) === "srflx",
      nearFirst: true,
    });
    return outcome.seenAs === "prflx";
  }

  async #loop(options: LoopbackOptions): Promise<LoopbackOutcome> {
    const loopback = new Loopback(this.#environment, options);
    const stop = () => loopback.stop();
    this.#stops.add(stop);
    try {
      return await loopback.run();
    } finally {
      this.#stops.delete(stop);
    }
  }

  /** The kinds of candidates there are; stops at the first that nothing better can follow. */
  #gather(configuration: RTCConfiguration): Promise<Gathered> {
    const { clock, RTCPeerConnection } = this.#environment;
    const connection = new RTCPeerConnection(configuration);
    const types = new Set<string>();
    let failed = false;
    return new Promise((resolve) => {
      const finish = () => {
        this.#stops.delete(finish);
        clock.clearTimeout(timer);
        connection.onicecandidate = null;
        connection.onicecandidateerror = null;
        connection.close();
        resolve({ types, failed });
      };
      const late = () => {
        failed = true;
        finish();
      };
      const timer = clock.setTimeout(late, GATHER_MS);
      connection.onicecandidateerror = () => {
        failed = true;
      };
      this.#stops.add(finish);
      connection.onicecandidate = ({ candidate }) => {
        if (candidate === null) return finish();
        types.add(typeOf(candidate.candidate));
        if (types.has("srflx")) finish();
      };
      connection.createDataChannel("probe");
      connection.setLocalDescription().catch(late);
    });
  }
}

function unchecked(servers: readonly RTCIceServer[], protocol: RelayProtocol): RelayCheck {
  return { protocol, urls: urlsOf(servers, protocol), result: null, roundTripTime: null };
}

function relayOnly(servers: readonly RTCIceServer[], protocol: RelayProtocol): RTCConfiguration {
  return {
    iceServers: selectServers(servers, (url) => relayProtocolOf(url) === protocol),
    iceTransportPolicy: "relay",
  };
}

function urlsOf(servers: readonly RTCIceServer[], protocol: RelayProtocol): string[] {
  const chosen = selectServers(servers, (url) => relayProtocolOf(url) === protocol);
  return chosen.flatMap(({ urls }) => urls);
}

function overUdp(url: string): boolean {
  return /^stun:/i.test(url) || relayProtocolOf(url) === "udp";
}

function resultOf({ roundTripTime, gathered, errors }: LoopbackOutcome): RelayResult {
  if (roundTripTime !== null) return "works";
  if (gathered.has("relay")) return "no_data";
  return errors.some((code) => code >= 300 && code < 700) ? "refused" : "unreachable";
}
