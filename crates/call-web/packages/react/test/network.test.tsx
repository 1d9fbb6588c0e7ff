import { render, screen, waitFor, within } from "@testing-library/react";
import { CallClient, type NetworkTestState, type RelayCheck } from "call-client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ActiveCall } from "../src/connected/ActiveCall.js";
import { CallProvider } from "../src/connected/CallProvider.js";
import { PreJoinCall } from "../src/connected/PreJoinCall.js";
import { NetworkReport, networkWords } from "../src/parts/NetworkReport.js";
import { StatsPanel } from "../src/parts/StatsPanel.js";
import { english } from "../src/strings/english.js";
import { devices, FakeCall, FakeClient, participant, snapshot } from "./fakes.js";

const relay = (protocol: RelayCheck["protocol"], result: RelayCheck["result"]): RelayCheck => ({
  protocol,
  result,
  urls: [],
  roundTripTime: result === "works" ? 0.0123 : null,
});
const found = (change: Partial<NetworkTestState>): NetworkTestState => ({
  running: false,
  path: "direct",
  relayProtocol: "udp",
  direct: "works",
  relays: [relay("udp", "works"), relay("tcp", "works")],
  ...change,
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a network test in words", () => {
  const cases: [string, NetworkTestState | null][] = [
    ["Testing…", null],
    ["Testing…", found({ running: true, path: null })],
    ["Direct connection", found({})],
    ["Relayed over UDP", found({ path: "relayed" })],
    ["Relayed over TCP", found({ path: "relayed", relayProtocol: "tcp" })],
    ["Relayed over TLS", found({ path: "relayed", relayProtocol: "tls" })],
    ["Blocked: UDP and TCP", found({ path: "blocked", relayProtocol: null })],
    ["Blocked", found({ path: "blocked", relayProtocol: null, relays: [] })],
  ];
  for (const [words, state] of cases) {
    test(words, () => expect(networkWords(state, english, "en")).toBe(words));
  }
});

describe("the report", () => {
  test("says how each way went, and how long it takes", () => {
    const relays = [relay("udp", "unreachable"), relay("tcp", "refused"), relay("tls", "works")];
    const state = found({ path: "relayed", relayProtocol: "tls", direct: "symmetric", relays });
    render(<NetworkReport state={state} />);
    const lines = within(screen.getByRole("list", { name: "Ways to others" }))
      .getAllByRole("listitem")
      .map((line) => line.textContent);
    expect(lines).toEqual([
      "DirectOnly to a few networks (symmetric NAT)",
      "Relay over UDPBlocked by the network",
      "Relay over TCPRefused by the relay",
      "Relay over TLSWorks · 12 ms",
    ]);
    expect(screen.getByRole("status").textContent).toContain("Relayed over TLS");
  });

  test("says that there is no relay", () => {
    render(<NetworkReport state={found({ relays: [], relayProtocol: null })} />);
    expect(screen.getByText("The server offers no relay.")).toBeTruthy();
  });
});

test("before joining, the way is told in a line", async () => {
  const client = new FakeClient();
  vi.spyOn(client, "configuration").mockResolvedValue({ iceTransportPolicy: "relay" });
  render(
    <CallProvider client={client} devices={devices()}>
      <PreJoinCall type="audio" people={[]} starting pending={false} onJoin={vi.fn()} />
    </CallProvider>,
  );
  // No relay to go by, and addresses are hidden.
  const line = await screen.findByText("Network: Blocked");
  expect(line.dataset.path).toBe("blocked");
});

describe("statistics", () => {
  const figures = {
    roundTripTime: 0.038,
    jitter: 0.004,
    packetLoss: 0.012,
    bitrateIn: 1_740_000,
    bitrateOut: 64_000,
    frameWidth: 1280,
    frameHeight: 720,
    framesPerSecond: 29.7,
    frameHeightOut: 360,
    framesPerSecondOut: null,
    candidateType: "relay" as const,
    relayProtocol: "tls" as const,
  };
  const read = (userId: string) =>
    Object.fromEntries(
      [...screen.getByTestId(`stats-${userId}`).querySelectorAll("dl > div")].map((line) => [
        line.querySelector("dt")?.textContent,
        line.querySelector("dd")?.textContent,
      ]),
    );

  test("show what is known, with units", () => {
    const peers = [
      { userId: "ben", name: "Ben", figures },
      { userId: "eve", name: "Eve", figures: null },
      {
        userId: "noor",
        name: "Noor",
        figures: { ...figures, candidateType: "host" as const, relayProtocol: null },
      },
    ];
    render(<StatsPanel peers={peers} onClose={vi.fn()} />);
    expect(read("ben")).toEqual({
      "Round trip": "38 ms",
      Jitter: "4 ms",
      "Packet loss": "1.2%",
      Received: "1.7 Mbit/s",
      Sent: "64 kbit/s",
      Picture: "1280 × 720, 30 fps",
      "Picture sent": "360p",
      Path: "Relay over TLS",
    });
    expect(within(screen.getByTestId("stats-eve")).getByText("No figures yet")).toBeTruthy();
    expect(read("noor").Path).toBe("Direct");
  });

  test("come from the call itself: nothing is asked from the server", async () => {
    const client = new FakeClient();
    const asked = vi.spyOn(client.api, "quality");
    const call = new FakeCall(snapshot({ participants: [participant({ figures })] }));
    render(
      <CallProvider client={client} devices={devices()}>
        <ActiveCall call={call} />
      </CallProvider>,
    );
    (await screen.findByRole("button", { name: "More options" })).click();
    (await screen.findByRole("menuitem", { name: "Statistics" })).click();
    await screen.findByTestId("stats-panel");
    expect(read("ben")).toMatchObject({ "Round trip": "38 ms" });
    call.set({ participants: [participant({ figures: { ...figures, roundTripTime: 0.1 } })] });
    await waitFor(() => expect(read("ben")).toMatchObject({ "Round trip": "100 ms" }));
    expect(asked).not.toHaveBeenCalled();
  });
});

describe("the transport policy of the provider", () => {
  const provider = (client: FakeClient, policy?: RTCIceTransportPolicy) => (
    <CallProvider
      client={client}
      devices={devices()}
      {...(policy && { iceTransportPolicy: policy })}
    >
      <p>content</p>
    </CallProvider>
  );

  test("is handed to a given client, also when it changes; left out, the client's own stays", () => {
    const client = new FakeClient();
    client.setIceTransportPolicy("relay");
    const { rerender } = render(provider(client));
    expect(client.iceTransportPolicy).toBe("relay");
    rerender(provider(client, "all"));
    expect(client.iceTransportPolicy).toBe("all");
    rerender(provider(client, "relay"));
    expect(client.iceTransportPolicy).toBe("relay");
  });

  test("is there from the first connection of a client of its own", async () => {
    const policies: string[] = [];
    vi.spyOn(CallClient.prototype, "connect").mockImplementation(async function (this: CallClient) {
      policies.push(this.iceTransportPolicy);
    });
    render(
      <CallProvider token="t" iceTransportPolicy="relay">
        <p>content</p>
      </CallProvider>,
    );
    await screen.findByText("content");
    expect(policies).toEqual(["relay"]);
  });
});
