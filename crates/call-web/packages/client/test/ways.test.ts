import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { KEEP_MS } from "../src/handover.js";
import type { PeerSignal } from "../src/peer.js";
import type { Handover } from "../src/snapshot.js";
import { bySource } from "../src/way.js";
import { Ways } from "../src/ways.js";
import type { Topology, WantedStream } from "../src/wire/types.js";
import { asConnection, FakeConnection, installMedia } from "./support/fake-connection.js";
import { type Line, sfuOffer } from "./support/sfu-offer.js";
import { person, wireCall } from "./support/wire.js";
import { settle } from "./support/world.js";

/** One device, alice's, whose server is the test. */
class Device {
  readonly ways: Ways;
  readonly signals: { to: string; signal: PeerSignal }[] = [];
  readonly said: Topology[] = [];
  readonly wished: WantedStream[][] = [];
  readonly handovers: Handover[] = [];
  #version = 1;

  constructor() {
    this.ways = new Ways({
      selfId: "alice",
      clock: systemClock,
      connect: (configuration) => new asConnection(configuration),
      ice: async () => ({ rtc: {}, renewAt: null }),
      tracks: () => ({ audio: null, video: null, screenAudio: null, picture: "camera" }),
      sources: () => bySource(() => null),
      signal: async (to, signal) => {
        this.signals.push({ to, signal });
      },
      answer: async () => undefined,
      restart: async () => undefined,
      subscribe: (streams) => this.wished.push(streams),
      switched: (topology) => this.said.push(topology),
      changed: () => undefined,
      handedOver: (handover) => this.handovers.push(handover),
      message: () => undefined,
      debug: () => undefined,
    });
  }

  /** The call, with these people beside alice. */
  async follow(topology: Topology, ...others: string[]): Promise<void> {
    this.#version += 1;
    const people = others.map((userId) => person(userId, "joined"));
    this.ways.follow(
      wireCall({
        version: this.#version,
        status: "active",
        topology,
        participants: [person("alice", "joined"), ...people],
      }),
    );
    await settle();
  }

  remote(userId = "bob") {
    return this.ways.remotes.get(userId);
  }
}

/** Media that comes by a connection: counts that grow with time. */
class Flow {
  #since = Date.now();
  #flows = true;
  constructor(
    readonly connection: FakeConnection,
    readonly mids: { audio: string; video: string },
  ) {
    connection.getStats = async () => this.#stats();
  }
  #stats(): Map<string, Record<string, unknown>> {
    const ms = this.#flows ? Date.now() - this.#since : 0;
    const inbound = (id: string, mid: string, counts: object) =>
      [id, { id, type: "inbound-rtp", mid, ...counts }] as const;
    return new Map([
      inbound("a", this.mids.audio, {
        kind: "audio",
        packetsReceived: Math.floor(ms / 20),
        totalSamplesReceived: ms * 48,
        concealedSamples: 0,
      }),
      inbound("v", this.mids.video, {
        kind: "video",
        packetsReceived: Math.floor(ms / 10),
        framesDecoded: Math.floor(ms / 40),
      }),
    ]);
  }
  stop(): void {
    this.#flows = false;
  }
}

let device: Device;

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
  device = new Device();
});
afterEach(() => {
  device.ways.close();
  vi.useRealTimers();
});

/** Alice and bob, from device to device; media comes. */
async function talk(): Promise<FakeConnection> {
  await device.follow("p2p", "bob");
  const connection = FakeConnection.last;
  const offer = connection.localDescription?.sdp ?? "";
  device.ways.receive("bob", { type: "call:answer", sdp: offer });
  await settle();
  connection.become("connected");
  new Flow(connection, { audio: "0", video: "1" });
  return connection;
}

const LINES: Line[] = [
  ["bob", "audio"],
  ["bob", "video"],
];

/** The SFU offers, and its connection comes to be. */
async function sfu(lines = LINES, session = "session-1"): Promise<FakeConnection> {
  device.ways.offer(sfuOffer(lines, { session }));
  await settle();
  FakeConnection.last.become("connected");
  await settle();
  return FakeConnection.last;
}

const tracksOf = (connection: FakeConnection, from: number) =>
  connection
    .getTransceivers()
    .slice(from, from + 2)
    .map(({ receiver }) => receiver.track);

describe("from device to device and on by the SFU", () => {
  it("is shown by the old way until the new one has decoded, in the same stream", async () => {
    const mesh = await talk();
    const stream = device.remote()?.stream;
    expect(stream?.getTracks()).toEqual(tracksOf(mesh, 0));
    await device.follow("sfu", "bob", "carol");
    const server = await sfu();
    await vi.advanceTimersByTimeAsync(500);
    expect(device.remote()?.topology).toBe("p2p");
    new Flow(server, { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(300);
    expect(device.remote()?.topology).toBe("sfu");
    expect(device.remote()?.stream).toBe(stream);
    expect(stream?.getTracks()).toEqual(tracksOf(server, 4));
    expect(device.said).toEqual(["sfu"]);
    expect(mesh.connectionState).toBe("connected");
  });

  it("measures the change", async () => {
    await talk();
    await device.follow("sfu", "bob");
    new Flow(await sfu(), { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(device.handovers).toHaveLength(1);
    const [handover] = device.handovers;
    expect(handover).toMatchObject({ userId: "bob", from: "p2p", to: "sfu", audioGapMs: 0 });
    expect(handover?.durationMs).toBeLessThan(500);
    expect(handover?.videoGapMs).toBeLessThanOrEqual(100);
    expect(device.ways.handovers).toEqual(device.handovers);
  });

  it("measures the change to one who was faster, whose old way is closed at once", async () => {
    const mesh = await talk();
    await device.follow("sfu", "bob");
    device.ways.switched("bob", "sfu");
    new Flow(await sfu(), { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(mesh.connectionState).toBe("closed");
    expect(device.handovers).toMatchObject([{ audioGapMs: 0, videoGapMs: expect.any(Number) }]);
  });

  it("closes the old way when the other end has switched as well", async () => {
    const mesh = await talk();
    await device.follow("sfu", "bob");
    new Flow(await sfu(), { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(mesh.connectionState).toBe("connected");
    device.ways.switched("bob", "sfu");
    expect(mesh.connectionState).toBe("closed");
    expect(device.remote()?.state).toBe("connected");
  });

  it("closes it after a while in any case", async () => {
    const mesh = await talk();
    await device.follow("sfu", "bob");
    new Flow(await sfu(), { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(KEEP_MS + 1000);
    expect(mesh.connectionState).toBe("closed");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for no picture that this device does not ask for, nor for one that is held back", async () => {
    for (const hide of [
      () => device.ways.setViews([]),
      () =>
        device.ways.subscribed([
          { userId: "bob", source: "video", state: "paused", reason: "last_n", layer: null },
        ]),
    ]) {
      device.ways.close();
      device = new Device();
      await talk();
      await device.follow("sfu", "bob");
      const server = await sfu();
      new Flow(server, { audio: "0", video: "nowhere" });
      await vi.advanceTimersByTimeAsync(1000);
      expect(device.remote()?.topology).toBe("p2p");
      hide();
      await vi.advanceTimersByTimeAsync(300);
      expect(device.remote()?.topology).toBe("sfu");
    }
  });

  it("waits for a picture that is held back until its owner has come, or for the first moment", async () => {
    await talk();
    await device.follow("sfu", "bob");
    new Flow(await sfu(), { audio: "0", video: "nowhere" });
    for (const reason of ["muted", "bandwidth"] as const) {
      device.ways.subscribed([
        { userId: "bob", source: "video", state: "paused", reason, layer: null },
      ]);
      await vi.advanceTimersByTimeAsync(2000);
      expect(device.remote()?.topology).toBe("p2p");
    }
    await vi.advanceTimersByTimeAsync(2000);
    expect(device.remote()?.topology).toBe("sfu");
  });

  it("shows newcomers by the SFU, and makes no connection to their devices", async () => {
    await talk();
    await device.follow("sfu", "bob", "carol");
    const server = await sfu([...LINES, ["carol", "audio"], ["carol", "video"]]);
    expect(device.remote("carol")?.stream?.getTracks()).toEqual(tracksOf(server, 6));
    expect(device.signals.every(({ to }) => to === "bob")).toBe(true);
  });

  it("never shows somebody the media of another one", async () => {
    await device.follow("sfu", "bob", "carol");
    const server = await sfu();
    expect(device.remote()?.stream?.getTracks()).toHaveLength(2);
    const lines: Line[] = [
      ["carol", "audio"],
      ["carol", "video"],
    ];
    device.ways.offer(sfuOffer(lines, { revision: 2 }));
    await settle();
    expect(device.remote("carol")?.stream?.getTracks()).toEqual(tracksOf(server, 4));
    expect(device.remote("bob")?.stream).toBeNull();
  });
});

describe("back from the SFU", () => {
  async function onSfu(): Promise<FakeConnection> {
    await device.follow("sfu", "bob");
    const server = await sfu();
    new Flow(server, { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(1000);
    return server;
  }

  it("is begun by one of the two, and keeps the SFU until both have switched", async () => {
    const server = await onSfu();
    await device.follow("p2p", "bob");
    expect(device.remote()?.topology).toBe("sfu");
    // Bob has the larger id and offers.
    expect(device.signals).toEqual([]);
    const other = "v=0\r\no=- 99 2 IN IP4 127.0.0.1\r\n";
    const places = ["audio", "video", "audio"].map((kind) => `m=${kind} 9 RTP 0\r\n`).join("");
    device.ways.receive("bob", { type: "call:offer", sdp: other + places });
    await settle();
    expect(device.signals).toMatchObject([{ signal: { type: "call:answer" } }]);
    const mesh = FakeConnection.last;
    mesh.become("connected");
    new Flow(mesh, { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(300);
    expect(device.remote()?.topology).toBe("p2p");
    expect(device.said).toEqual(["sfu", "p2p"]);
    expect(server.connectionState).toBe("connected");
    device.ways.switched("bob", "p2p");
    expect(server.connectionState).toBe("closed");
  });

  it("is offered by this device where it has the larger id", async () => {
    await device.follow("sfu", "aaron");
    await sfu([["aaron", "audio"]]);
    await device.follow("p2p", "aaron");
    expect(device.signals).toMatchObject([{ to: "aaron", signal: { type: "call:offer" } }]);
  });

  it("shows by the SFU again what went back half way", async () => {
    const server = await onSfu();
    const shown = device.remote()?.stream?.getTracks();
    await device.follow("p2p", "bob");
    await device.follow("sfu", "bob");
    await vi.advanceTimersByTimeAsync(1000);
    expect(device.remote()?.stream?.getTracks()).toEqual(shown);
    expect(server.connectionState).toBe("connected");
    expect(device.handovers).toEqual([]);
  });
});

describe("a server that was started anew", () => {
  it("leaves the last picture until the next one comes", async () => {
    await device.follow("sfu", "bob");
    const old = await sfu();
    new Flow(old, { audio: "0", video: "1" }).stop();
    const frozen = device.remote()?.stream?.getTracks();
    device.ways.signallingRestored();
    const fresh = await sfu(LINES, "session-2");
    expect(device.remote()?.stream?.getTracks()).toEqual(frozen);
    new Flow(fresh, { audio: "0", video: "1" });
    await vi.advanceTimersByTimeAsync(300);
    expect(device.remote()?.stream?.getTracks()).toEqual(tracksOf(fresh, 4));
    expect(old.connectionState).toBe("closed");
    // It is told again what is on the screen here, and by which way everybody is shown.
    expect(device.wished.length).toBeGreaterThan(1);
    expect(device.said.at(-1)).toBe("sfu");
  });
});

describe("a device that leaves", () => {
  it("leaves nothing behind", async () => {
    const mesh = await talk();
    await device.follow("sfu", "bob");
    const server = await sfu();
    device.ways.close();
    expect(mesh.connectionState).toBe("closed");
    expect(server.connectionState).toBe("closed");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
