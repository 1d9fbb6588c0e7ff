import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserEnvironment } from "../src/environment.js";
import { relayProtocolOf } from "../src/ice-url.js";
import { NetworkTest } from "../src/network-test.js";
import { FakeConnection, installMedia } from "./support/fake-connection.js";
import { connectionsIn, type FakeNetwork } from "./support/fake-network.js";
import { settle } from "./support/world.js";

const SERVERS: RTCIceServer[] = [
  { urls: ["stun:turn.example"] },
  {
    urls: [
      "turn:turn.example?transport=udp",
      "turn:turn.example?transport=tcp",
      "turns:turn.example?transport=tcp",
    ],
    username: "u",
    credential: "c",
  },
];
const OPEN: FakeNetwork = {
  relays: { udp: "open", tcp: "open", tls: "open" },
  nat: "cone",
  udp: true,
};

function make(
  network: Partial<FakeNetwork> = {},
  iceServers = SERVERS,
  iceTransportPolicy: RTCIceTransportPolicy = "all",
): NetworkTest {
  return new NetworkTest({
    configuration: async () => ({ iceServers, iceTransportPolicy }),
    environment: browserEnvironment({
      RTCPeerConnection: connectionsIn({ ...OPEN, ...network }),
    }),
  });
}

async function run(test: NetworkTest) {
  const done = test.run();
  await vi.advanceTimersByTimeAsync(20_000);
  return done;
}

const results = (state: Awaited<ReturnType<NetworkTest["run"]>>) =>
  Object.fromEntries(state.relays.map(({ protocol, result }) => [protocol, result]));

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the way to others", () => {
  it("is direct on an open network; each relay transport works, and the time is told", async () => {
    const state = await run(make());
    expect(state).toMatchObject({ running: false, path: "direct", direct: "works" });
    expect(results(state)).toEqual({ udp: "works", tcp: "works", tls: "works" });
    expect(state.relays[0]).toMatchObject({ roundTripTime: 0.04 });
    expect(state.relays.map(({ urls }) => urls.length)).toEqual([1, 1, 1]);
  });

  it("is direct where no NAT is in between", async () => {
    expect(await run(make({ nat: "none" }))).toMatchObject({ path: "direct", direct: "works" });
    // A relay that may not send back to it, as on a private network, does not change that.
    const relays = { udp: "silent", tcp: "silent", tls: "silent" } as const;
    expect(await run(make({ nat: "none", relays }))).toMatchObject({ path: "direct" });
  });

  it("is direct where a server answers by UDP though another one does not", async () => {
    expect(await run(make({ udp: false, nat: "none" }))).toMatchObject({
      path: "direct",
      direct: "works",
    });
  });

  it("is relayed behind a NAT that shows every peer another address", async () => {
    expect(await run(make({ nat: "symmetric" }))).toMatchObject({
      path: "relayed",
      relayProtocol: "udp",
      direct: "symmetric",
    });
  });

  it("is relayed by TCP where UDP does not get out", async () => {
    const relays = { ...OPEN.relays, udp: "blocked" as const };
    const state = await run(make({ udp: false, relays }));
    expect(state).toMatchObject({ path: "relayed", relayProtocol: "tcp", direct: "blocked" });
    expect(results(state)).toEqual({ udp: "unreachable", tcp: "works", tls: "works" });
  });

  it("is relayed by TLS where nothing else gets out", async () => {
    const relays = { udp: "blocked", tcp: "blocked", tls: "open" } as const;
    const state = await run(make({ udp: false, relays }));
    expect(state).toMatchObject({ path: "relayed", relayProtocol: "tls" });
  });

  it("is blocked where nothing gets out, and every transport says so", async () => {
    const relays = { udp: "blocked", tcp: "blocked", tls: "blocked" } as const;
    const state = await run(make({ udp: false, relays }));
    expect(state).toMatchObject({ path: "blocked", relayProtocol: null, direct: "blocked" });
    expect(results(state)).toEqual({
      udp: "unreachable",
      tcp: "unreachable",
      tls: "unreachable",
    });
  });

  it("is a relay's even where all else would work, when addresses are hidden", async () => {
    const state = await run(make({}, SERVERS, "relay"));
    expect(state).toMatchObject({ path: "relayed", relayProtocol: "udp", direct: "not_tried" });
    const policies = FakeConnection.all.map((each) => each.configuration.iceTransportPolicy);
    expect(new Set(policies)).toEqual(new Set(["relay"]));
  });

  it("is taken to be direct where there is no server to ask", async () => {
    expect(await run(make({}, []))).toMatchObject({ path: "direct", relays: [] });
  });
});

describe("a relay", () => {
  it("that refuses is told from one that is out of reach", async () => {
    const relays = { udp: "refused", tcp: "refused", tls: "blocked" } as const;
    const state = await run(make({ relays }));
    expect(results(state)).toEqual({ udp: "refused", tcp: "refused", tls: "unreachable" });
  });

  it("that lets nothing through does not work, whatever address it gives", async () => {
    const relays = { udp: "silent", tcp: "silent", tls: "silent" } as const;
    const state = await run(make({ udp: false, relays }, SERVERS, "relay"));
    expect(results(state)).toEqual({ udp: "no_data", tcp: "no_data", tls: "no_data" });
    expect(state.path).toBe("blocked");
  });

  it("is asked by each transport alone", async () => {
    await run(make({}, SERVERS, "relay"));
    const asked = FakeConnection.all.map(({ configuration }) =>
      (configuration.iceServers ?? []).flatMap(({ urls }) => urls),
    );
    expect(asked).toHaveLength(6);
    expect(asked.every((urls) => urls.length === 1)).toBe(true);
  });
});

describe("a test", () => {
  it("in a browser without WebRTC says that nothing works", async () => {
    const test = new NetworkTest({
      configuration: async () => ({ iceServers: SERVERS }),
      environment: { ...browserEnvironment(), RTCPeerConnection: undefined as never },
    });
    expect(await run(test)).toMatchObject({ running: false, path: "blocked", direct: "blocked" });
  });

  it("shows what it is at, and closes every connection", async () => {
    const test = make();
    const done = test.run();
    await settle();
    expect(test.state.getSnapshot()).toMatchObject({ running: true, path: null, direct: null });
    expect(test.state.getSnapshot().relays.map(({ result }) => result)).toEqual([null, null, null]);
    await vi.advanceTimersByTimeAsync(20_000);
    await done;
    expect(FakeConnection.all.length).toBeGreaterThan(6);
    expect(FakeConnection.all.every((each) => each.signalingState === "closed")).toBe(true);
  });

  it("that is stopped closes every connection and says nothing", async () => {
    const test = make({ relays: { udp: "silent", tcp: "silent", tls: "silent" } });
    const done = test.run();
    await vi.advanceTimersByTimeAsync(10);
    test.stop();
    await vi.advanceTimersByTimeAsync(10);
    await done;
    expect(test.state.getSnapshot()).toMatchObject({ running: false, path: null, relays: [] });
    expect(FakeConnection.all.every((each) => each.signalingState === "closed")).toBe(true);
  });

  it("that is begun again is told by the second", async () => {
    const test = make();
    const first = test.run();
    await vi.advanceTimersByTimeAsync(5);
    const second = test.run();
    await vi.advanceTimersByTimeAsync(20_000);
    await Promise.all([first, second]);
    expect(test.state.getSnapshot()).toMatchObject({ running: false, path: "direct" });
  });
});

describe("a TURN address", () => {
  const cases: [string, ReturnType<typeof relayProtocolOf>][] = [
    ["turn:a", "udp"],
    ["turn:a:3478?transport=udp", "udp"],
    ["TURN:a?transport=TCP", "tcp"],
    ["turns:a", "tls"],
    ["turns:[2001:db8::1]:443?transport=tcp", "tls"],
    ["turns:a?transport=udp", null],
    ["turn:a?transport=sctp", null],
    ["stun:a", null],
    ["stuns:a", null],
    ["turn:", null],
  ];
  for (const [url, protocol] of cases) {
    it(`${url} is ${protocol}`, () => expect(relayProtocolOf(url)).toBe(protocol));
  }
});
