import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import type { IceConfiguration } from "../src/ice.js";
import type { OutgoingTracks } from "../src/media.js";
import { Peer, type PeerSignal } from "../src/peer.js";
import {
  asConnection,
  FakeConnection,
  FakeTrack,
  installMedia,
} from "./support/fake-connection.js";
import { settle } from "./support/world.js";

const camera = new FakeTrack("video", "camera", { width: 1280, height: 720 });
const tracks: OutgoingTracks = {
  audio: null,
  video: camera as unknown as MediaStreamTrack,
  screenAudio: null,
  picture: "camera",
};

/** One end of a line whose signals the test delivers by hand. */
class End {
  readonly outbox: PeerSignal[] = [];
  readonly peer: Peer;
  refuse = false;
  ice: IceConfiguration = { rtc: {}, renewAt: null };
  peers = 1;

  constructor(
    readonly selfId: string,
    readonly remoteId: string,
  ) {
    this.peer = new Peer({
      selfId,
      remoteId,
      clock: systemClock,
      connect: (configuration) => new asConnection(configuration),
      ice: async () => this.ice,
      send: async (signal) => {
        if (this.refuse) throw new Error("refused");
        this.outbox.push(signal);
      },
      tracks: () => tracks,
      peers: () => this.peers,
      changed: () => undefined,
      debug: () => undefined,
    });
  }

  get connection(): FakeConnection {
    return this.peer.link?.connection as unknown as FakeConnection;
  }

  get bound(): string | null | undefined {
    return this.peer.link?.remoteId;
  }

  offers(): PeerSignal[] {
    return this.outbox.filter((signal) => signal.type === "call:offer");
  }
}

/** Carries the oldest signal of one end to the other. */
async function carry(from: End, to: End): Promise<void> {
  const signal = from.outbox.shift();
  if (signal) to.peer.receive(signal);
  await settle();
}

/** Carries everything until nothing is left. */
async function carryAll(a: End, b: End): Promise<void> {
  await settle();
  for (let i = 0; i < 20 && a.outbox.length + b.outbox.length > 0; i += 1) {
    await carry(a, b);
    await carry(b, a);
  }
}

function expectTogether(a: End, b: End): void {
  expect(a.connection.signalingState).toBe("stable");
  expect(b.connection.signalingState).toBe("stable");
  const roles = [a, b].map((end) => end.connection.localDescription?.type);
  expect(roles.toSorted()).toEqual(["answer", "offer"]);
  expect(a.bound).toBe(b.peer.link?.id);
  expect(b.bound).toBe(a.peer.link?.id);
  expect(a.connection.remoteDescription?.sdp).toContain(`ice-ufrag:${b.connection.ufrag}`);
  expect(b.connection.remoteDescription?.sdp).toContain(`ice-ufrag:${a.connection.ufrag}`);
}

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the first agreement", () => {
  it("is offered by who enters and answered by who waits, with three places", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(false);
    bob.peer.start(true);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
    for (const end of [alice, bob]) {
      const places = end.connection.getTransceivers();
      expect(places.map((place) => place.receiver.track.kind)).toEqual(["audio", "video", "audio"]);
      expect(places.map((place) => place.direction)).toEqual(["sendrecv", "sendrecv", "sendrecv"]);
      expect(places[1]?.sender.track).toBe(camera);
    }
  });

  it("is offered after a while by who waited in vain", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(false);
    await vi.advanceTimersByTimeAsync(2900);
    expect(alice.outbox).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });

  for (const first of ["alice", "bob"] as const) {
    it(`survives both offering at once, ${first}'s offer arriving first`, async () => {
      const ends = { alice: new End("alice", "bob"), bob: new End("bob", "alice") };
      ends.alice.peer.start(true);
      ends.bob.peer.start(true);
      await settle();
      const second = first === "alice" ? "bob" : "alice";
      await carry(ends[first], ends[second]);
      await carry(ends[second], ends[first]);
      await carryAll(ends.alice, ends.bob);
      expectTogether(ends.alice, ends.bob);
      expect(ends.alice.connection.getTransceivers()).toHaveLength(3);
    });
  }

  it("comes about although the answer was lost", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(true);
    await settle();
    await carry(alice, bob);
    bob.outbox.length = 0;
    await vi.advanceTimersByTimeAsync(5000);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
    expect(FakeConnection.all).toHaveLength(2);
  });

  it("is offered again when the server refused the offer", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.refuse = true;
    alice.peer.start(true);
    await settle();
    alice.refuse = false;
    await vi.advanceTimersByTimeAsync(1000);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });

  it("is begun anew when the browser cannot use the description", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    bob.peer.start(false);
    bob.peer.receive({ type: "call:offer", sdp: "nonsense" });
    await settle();
    expect(bob.outbox).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });

  it("works with a client that does not mark its descriptions", async () => {
    const alice = new End("alice", "bob");
    const stranger = new FakeConnection();
    for (const kind of ["audio", "video", "audio"] as const) stranger.addTransceiver(kind);
    await stranger.setLocalDescription();
    alice.peer.receive({ type: "call:offer", sdp: stranger.localDescription?.sdp ?? "" });
    await settle();
    const [answer] = alice.outbox;
    expect(answer?.type).toBe("call:answer");
    // Its ICE restart belongs to the same connection.
    stranger.signalingState = "stable";
    stranger.restartIce();
    await stranger.setLocalDescription();
    const { connection } = alice;
    alice.peer.receive({ type: "call:offer", sdp: stranger.localDescription?.sdp ?? "" });
    await settle();
    expect(alice.connection).toBe(connection);
    expect(alice.outbox).toHaveLength(2);
  });
});

describe("candidates", () => {
  const candidate = (ufrag: string) => ({
    type: "call:ice-candidate" as const,
    candidate: { candidate: "candidate:1", sdpMid: "0", usernameFragment: ufrag },
  });

  it("wait for the description", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(true);
    await settle();
    await carry(alice, bob);
    alice.peer.receive(candidate(bob.connection.ufrag));
    await settle();
    expect(alice.connection.candidates).toEqual([]);
    await carryAll(alice, bob);
    expect(alice.connection.candidates).toEqual([candidate(bob.connection.ufrag).candidate]);
  });

  it("of an earlier connection are dropped, and their end is passed on", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(true);
    await carryAll(alice, bob);
    alice.peer.receive(candidate("older"));
    alice.peer.receive({ type: "call:ice-candidate", candidate: null });
    await settle();
    expect(alice.connection.candidates).toEqual([null]);
  });

  it("are sent as the browser finds them, and null at the end", async () => {
    const alice = new End("alice", "bob");
    alice.peer.start(true);
    await settle();
    alice.outbox.length = 0;
    const found = {
      candidate: "candidate:1",
      sdpMid: "0",
      sdpMLineIndex: 0,
      usernameFragment: "u",
    };
    alice.connection.onicecandidate?.({ candidate: found });
    alice.connection.onicecandidate?.({ candidate: { candidate: "" } });
    alice.connection.onicecandidate?.({ candidate: null });
    expect(alice.outbox).toEqual([
      { type: "call:ice-candidate", candidate: found },
      { type: "call:ice-candidate", candidate: null },
    ]);
  });
});

describe("a connection that breaks", () => {
  async function connected(): Promise<[End, End]> {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(true);
    await carryAll(alice, bob);
    alice.connection.become("connected");
    bob.connection.become("connected");
    return [alice, bob];
  }

  it("is restarted at once when it failed", async () => {
    const [alice, bob] = await connected();
    alice.connection.become("failed");
    await settle();
    expect(alice.connection.restarts).toBe(1);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
    expect(FakeConnection.all).toHaveLength(2);
  });

  it("is restarted three seconds after it was disconnected", async () => {
    const [alice] = await connected();
    alice.connection.become("disconnected");
    await vi.advanceTimersByTimeAsync(2900);
    expect(alice.connection.restarts).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(alice.connection.restarts).toBe(1);
  });

  it("is left alone when it comes back in time", async () => {
    const [alice] = await connected();
    alice.connection.become("disconnected");
    await vi.advanceTimersByTimeAsync(2000);
    alice.connection.become("connected");
    await vi.advanceTimersByTimeAsync(5000);
    expect(alice.connection.restarts).toBe(0);
  });

  for (const first of ["alice", "bob"] as const) {
    it(`survives both restarting at once, ${first}'s offer arriving first`, async () => {
      const [alice, bob] = await connected();
      const ends = { alice, bob };
      alice.connection.become("failed");
      bob.connection.become("failed");
      await settle();
      const second = first === "alice" ? "bob" : "alice";
      await carry(ends[first], ends[second]);
      await carry(ends[second], ends[first]);
      await carryAll(alice, bob);
      expectTogether(alice, bob);
      expect(FakeConnection.all).toHaveLength(2);
    });
  }

  it("is begun anew after restarts that did not help", async () => {
    const [alice, bob] = await connected();
    for (let i = 0; i < 3; i += 1) {
      alice.connection.become("failed");
      await carryAll(alice, bob);
    }
    expect(FakeConnection.all).toHaveLength(4);
    expectTogether(alice, bob);
  });

  it("is mended when the way to the server is back", async () => {
    const [alice, bob] = await connected();
    alice.connection.become("failed");
    await settle();
    alice.outbox.length = 0;
    alice.peer.signallingRestored();
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });
});

describe("relays whose credentials expire", () => {
  const MINUTE = 60_000;
  const servers = (credential: string) => [{ urls: "turn:turn.example", credential }];
  const issued = (credential: string, minutes: number | null): IceConfiguration => ({
    rtc: { iceServers: servers(credential), iceTransportPolicy: "all" },
    renewAt: minutes === null ? null : Date.now() + minutes * MINUTE,
  });
  const path = (candidateType: string) =>
    new Map([
      ["t", { id: "t", type: "transport", selectedCandidatePairId: "p" }],
      ["p", { id: "p", type: "candidate-pair", localCandidateId: "l" }],
      ["l", { id: "l", type: "local-candidate", candidateType, relayProtocol: "udp" }],
    ]);

  async function connected(types: { alice: string; bob: string }): Promise<[End, End]> {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    for (const end of [alice, bob]) end.ice = issued("first", 10);
    alice.peer.start(true);
    await carryAll(alice, bob);
    alice.connection.stats = path(types.alice);
    bob.connection.stats = path(types.bob);
    for (const end of [alice, bob]) end.connection.become("connected");
    await vi.advanceTimersByTimeAsync(8 * MINUTE);
    for (const end of [alice, bob]) end.peer.configure(issued("second", 10));
    await settle();
    return [alice, bob];
  }

  it("know the new ones at once and gather with them when the old ones are about to end", async () => {
    const [alice, bob] = await connected({ alice: "host", bob: "relay" });
    expect(bob.connection.configuration.iceServers).toEqual(servers("second"));
    expect(bob.connection.restarts).toBe(0);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(bob.connection.restarts).toBe(1);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect([alice, bob].map((end) => end.connection.restarts)).toEqual([0, 1]);
  });

  it("are gathered anew once, though both ends have one", async () => {
    const [alice, bob] = await connected({ alice: "relay", bob: "relay" });
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    await carryAll(alice, bob);
    await vi.advanceTimersByTimeAsync(MINUTE);
    await carryAll(alice, bob);
    expect([alice, bob].map((end) => end.connection.restarts)).toEqual([0, 1]);
    expectTogether(alice, bob);
    expect(FakeConnection.all).toHaveLength(2);
  });

  it("are let go where media goes without them", async () => {
    const [alice, bob] = await connected({ alice: "host", bob: "srflx" });
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect([alice, bob].map((end) => end.connection.restarts)).toEqual([0, 0]);
  });

  it("are gathered anew at the next renewal when media took to them late", async () => {
    const [alice, bob] = await connected({ alice: "host", bob: "host" });
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    bob.connection.stats = path("relay");
    bob.peer.configure(issued("third", 10));
    await settle();
    expect(bob.connection.restarts).toBe(1);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });

  it("wait for an agreement that is under way", async () => {
    const [alice, bob] = await connected({ alice: "host", bob: "relay" });
    bob.connection.signalingState = "have-remote-offer";
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(bob.connection.restarts).toBe(0);
    bob.connection.signalingState = "stable";
    await vi.advanceTimersByTimeAsync(2000);
    expect(bob.connection.restarts).toBe(1);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });

  it("become the only way at once when the policy says so", async () => {
    const [alice, bob] = await connected({ alice: "host", bob: "host" });
    const { rtc, renewAt } = issued("second", 10);
    bob.peer.configure({ rtc: { ...rtc, iceTransportPolicy: "relay" }, renewAt });
    await settle();
    expect(bob.connection.configuration.iceTransportPolicy).toBe("relay");
    expect(bob.connection.restarts).toBe(1);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });

  it("are of no interest once closed", async () => {
    const [, bob] = await connected({ alice: "host", bob: "relay" });
    const { connection } = bob;
    bob.peer.close();
    bob.peer.configure(issued("third", 10));
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect(connection.restarts).toBe(0);
    expect(connection.configuration.iceServers).toEqual(servers("second"));
  });
});

describe("what is sent", () => {
  it("is less the more there are, and more again when they leave", async () => {
    const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
    alice.peer.start(true);
    await carryAll(alice, bob);
    const encoding = () => alice.connection.getTransceivers()[1]?.sender.parameters.encodings[0];
    expect(encoding()).toEqual({
      maxBitrate: 1_700_000,
      maxFramerate: 30,
      scaleResolutionDownBy: 1,
    });
    alice.peers = 4;
    alice.peer.tracksChanged();
    await settle();
    expect(encoding()).toEqual({ maxBitrate: 450_000, maxFramerate: 24, scaleResolutionDownBy: 2 });
    alice.peers = 1;
    alice.peer.tracksChanged();
    await settle();
    expect(encoding()).toMatchObject({ maxBitrate: 1_700_000, scaleResolutionDownBy: 1 });
  });
});

it("does not take the answer to an earlier offer for one to a later", async () => {
  const [alice, bob] = [new End("alice", "bob"), new End("bob", "alice")];
  alice.peer.start(true);
  await settle();
  await carry(alice, bob);
  const [late] = bob.outbox as [PeerSignal];
  await carryAll(alice, bob);
  alice.connection.become("connected");
  alice.connection.become("failed");
  await settle();
  alice.peer.receive(late);
  await settle();
  expect(alice.connection.signalingState).toBe("have-local-offer");
  await carryAll(alice, bob);
  expectTogether(alice, bob);
});

describe("a page that was reloaded", () => {
  for (const reloaded of ["alice", "bob"] as const) {
    it(`begins anew and the other follows (${reloaded})`, async () => {
      const ends = { alice: new End("alice", "bob"), bob: new End("bob", "alice") };
      ends.alice.peer.start(true);
      await carryAll(ends.alice, ends.bob);
      const other = reloaded === "alice" ? "bob" : "alice";
      const before = ends[other].connection;
      ends[reloaded] = new End(reloaded, other);
      ends[reloaded].peer.start(true);
      await carryAll(ends.alice, ends.bob);
      expectTogether(ends.alice, ends.bob);
      expect(before.signalingState).toBe("closed");
      expect(ends[other].connection.getTransceivers()[1]?.sender.track).toBe(camera);
    });

    it(`is not misled by what was said to the page before it (${reloaded})`, async () => {
      const ends = { alice: new End("alice", "bob"), bob: new End("bob", "alice") };
      ends.alice.peer.start(true);
      await carryAll(ends.alice, ends.bob);
      const other = reloaded === "alice" ? "bob" : "alice";
      // The other one notices a broken connection; its offer waits for the page to come back.
      ends[other].connection.become("failed");
      await settle();
      ends[reloaded] = new End(reloaded, other);
      ends[reloaded].peer.start(true);
      await carry(ends[other], ends[reloaded]);
      await carryAll(ends.alice, ends.bob);
      expectTogether(ends.alice, ends.bob);
    });
  }

  it("is found by an offer that its predecessor had got and not answered", async () => {
    const bob = new End("bob", "alice");
    bob.peer.start(true);
    await settle();
    bob.outbox.length = 0; // reached the page before the reload
    const alice = new End("alice", "bob");
    alice.peer.start(true);
    await carryAll(alice, bob);
    expectTogether(alice, bob);
  });
});

it("does nothing more once closed", async () => {
  const alice = new End("alice", "bob");
  alice.peer.start(true);
  await settle();
  const { connection } = alice;
  alice.outbox.length = 0;
  alice.peer.close();
  connection.become("failed");
  alice.peer.receive({ type: "call:offer", sdp: "v=0\r\n" });
  alice.peer.tracksChanged();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(alice.outbox).toEqual([]);
  expect(FakeConnection.all).toHaveLength(1);
});
