import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Call } from "../src/call.js";
import { PermissionDeniedError, SessionReplacedError } from "../src/errors.js";
import { NetworkTest } from "../src/network-test.js";
import { mark } from "../src/session-mark.js";
import type { FakeConnection } from "./support/fake-connection.js";
import { person, wireCall } from "./support/wire.js";
import { settle, World } from "./support/world.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  world = new World();
});
afterEach(() => {
  world.client.close();
  vi.useRealTimers();
});

const alice = () => person("alice", "accepted", { role: "initiator" });
const connecting = (version: number) =>
  wireCall({
    version,
    status: "connecting",
    participants: [alice(), person("bob", "accepted")],
  });
const ended = (version: number, more = {}) =>
  wireCall({ version, status: "ended", endReason: "completed", ...more });
const incoming = (more = {}) =>
  wireCall({
    initiatorId: "bob",
    participants: [person("bob", "accepted", { role: "initiator" }), person("alice", "invited")],
    ...more,
  });
const answered = () =>
  wireCall({
    version: 3,
    status: "connecting",
    initiatorId: "bob",
    participants: [person("bob", "accepted", { role: "initiator" }), person("alice", "accepted")],
  });

/** Bob's side of the first agreement: an offer to whoever is there. */
const bobsOffer = {
  type: "call:offer",
  callId: "call-1",
  from: "bob",
  sdp: mark(
    "v=0\r\no=- 7 2 IN IP4 0.0.0.0\r\nm=audio 9 RTP 0\r\na=ice-ufrag:bob\r\nm=video 9 RTP 0\r\nm=audio 9 RTP 0\r\n",
    { from: "bobs-page", to: null, offer: 1 },
  ),
};

async function place(): Promise<Call> {
  world.on("POST /api/calls/initiate", () => ({ status: 201, body: wireCall() }));
  await world.connect();
  const call = await world.client.call({ type: "video", to: "bob" });
  await settle();
  return call;
}

async function talk(): Promise<{ call: Call; connection: FakeConnection }> {
  const call = await place();
  world.socket.say({ type: "call:updated", callId: "call-1", version: 2, call: connecting(2) });
  world.socket.say(bobsOffer);
  await settle();
  const [connection] = world.connections as [FakeConnection];
  connection.become("connected");
  connection.unmute();
  await settle();
  return { call, connection };
}

async function ring(more = {}): Promise<Call> {
  await world.connect();
  world.socket.say({
    type: "call:incoming",
    call: incoming(more),
    from: { userId: "bob", name: "Bob" },
  });
  await settle();
  return world.client.incoming.getSnapshot()[0] as Call;
}

const phase = (call: Call) => call.state.getSnapshot().phase;

describe("a call that I make", () => {
  it("rings, connects and is active once media flows, which is said once", async () => {
    const call = await place();
    expect(world.sentTo("POST /api/calls/initiate")).toEqual([
      { type: "video", participantIds: ["bob"], deviceId: "device-of-alice" },
    ]);
    expect(phase(call)).toBe("ringing-out");
    world.socket.say({ type: "call:ringing", callId: "call-1", version: 2, userId: "bob" });
    expect(call.state.getSnapshot().participants[0]?.status).toBe("alerting");
    world.socket.say({
      type: "call:participant-joined",
      callId: "call-1",
      version: 3,
      participant: person("bob", "accepted"),
    });
    expect(phase(call)).toBe("connecting");
    world.socket.say(bobsOffer);
    await settle();
    const [answer] = world.socket.said("call:answer");
    expect(answer).toMatchObject({ callId: "call-1", to: "bob" });
    const [connection] = world.connections;
    connection?.become("connected");
    expect(phase(call)).toBe("connecting");
    connection?.unmute();
    expect(phase(call)).toBe("active");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.socket.said("call:connected")).toHaveLength(1);
    expect(call.state.getSnapshot().participants[0]?.stream).not.toBeNull();
  });

  it("may be taken before the answer of the server to my call arrives", async () => {
    await world.connect();
    let release: (answer: { status: number; body: object }) => void = () => undefined;
    world.on(
      "POST /api/calls/initiate",
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const placing = world.client.call({ type: "video", to: "bob" });
    await settle();
    world.socket.say({ type: "call:updated", callId: "call-1", version: 2, call: connecting(2) });
    world.socket.say(bobsOffer);
    release({ status: 201, body: wireCall() });
    const call = await placing;
    await settle();
    expect(call.state.getSnapshot().wire.version).toBe(2);
    expect(world.socket.said("call:answer")).toHaveLength(1);
  });

  it("leaves nothing captured when the server refuses it", async () => {
    await world.connect();
    world.on("POST /api/calls/initiate", () => ({
      status: 409,
      body: { code: "already_in_call", detail: "one at a time", callId: "call-0" },
    }));
    await expect(world.client.call({ type: "video", to: "bob" })).rejects.toMatchObject({
      code: "already_in_call",
      status: 409,
      callId: "call-0",
    });
    await settle();
    expect(world.devices.live).toEqual([]);
    expect(world.client.calls.getSnapshot()).toEqual([]);
  });

  it("counts as connected without media when the other side sends none", async () => {
    await place();
    const bob = person("bob", "accepted", { media: { audio: false, video: false, screen: false } });
    const wire = { ...connecting(2), participants: [alice(), bob] };
    world.socket.say({ type: "call:updated", callId: "call-1", version: 2, call: wire });
    world.socket.say(bobsOffer);
    await settle();
    world.connections[0]?.become("connected");
    expect(world.socket.said("call:connected")).toHaveLength(1);
  });

  it("becomes the one that rang here when both called at once", async () => {
    const call = await ring();
    world.on("POST /api/calls/initiate", () => ({ status: 200, body: answered() }));
    expect(await world.client.call({ type: "video", to: "bob" })).toBe(call);
    await settle();
    expect(phase(call)).toBe("connecting");
    expect(world.socket.said("call:offer")).toHaveLength(1);
    expect(world.devices.live).toHaveLength(2);
  });

  it("rings until the server says that it is over, however long that takes", async () => {
    const call = await place();
    for (let i = 0; i < 60; i += 1) {
      await vi.advanceTimersByTimeAsync(10_000);
      world.socket.say({ type: "session:pong" });
    }
    expect(phase(call)).toBe("ringing-out");
    const over = vi.fn();
    world.client.on("ended", over);
    const wire = ended(4, { endReason: "no_answer" });
    world.socket.say({
      type: "call:ended",
      callId: "call-1",
      version: 4,
      reason: "no_answer",
      endedBy: null,
      call: wire,
    });
    expect(call.state.getSnapshot()).toMatchObject({ phase: "ended", endReason: "no_answer" });
    expect(over).toHaveBeenCalledExactlyOnceWith(call);
  });
});

describe("a call that rings here", () => {
  it("is announced, alerts, and offers to the caller when taken", async () => {
    const heard = vi.fn();
    world.client.on("incoming", heard);
    const call = await ring();
    expect(heard).toHaveBeenCalledExactlyOnceWith(call);
    expect(world.socket.said("call:alerting")).toEqual([
      { type: "call:alerting", callId: "call-1" },
    ]);
    expect(call.state.getSnapshot()).toMatchObject({ phase: "incoming", ringing: true });
    world.on("POST /api/calls/call-1/answer", () => ({ body: answered() }));
    await call.answer({ audio: true, video: false });
    await settle();
    expect(phase(call)).toBe("connecting");
    expect(world.client.incoming.getSnapshot()).toEqual([]);
    expect(world.socket.said("call:offer")).toHaveLength(1);
    expect(world.devices.asked).toEqual([{ audio: expect.anything() }]);
  });

  it("stops when another device took it", async () => {
    const call = await ring();
    world.socket.say({
      type: "call:ended",
      callId: "call-1",
      version: 3,
      reason: "answered_elsewhere",
      endedBy: null,
      call: answered(),
    });
    expect(call.state.getSnapshot().endReason).toBe("answered_elsewhere");
    expect(world.client.calls.getSnapshot()).toEqual([]);
  });

  it("is over when my answer comes too late", async () => {
    const call = await ring();
    world.on("POST /api/calls/call-1/answer", () => ({ status: 410, body: { code: "cancelled" } }));
    await expect(call.answer()).rejects.toMatchObject({ code: "cancelled" });
    expect(call.state.getSnapshot()).toMatchObject({ phase: "ended", endReason: "cancelled" });
    await settle();
    expect(world.devices.live).toEqual([]);
  });

  it("still rings when my answer did not reach the server, and lets go of the devices", async () => {
    const call = await ring();
    world.on("POST /api/calls/call-1/answer", () => Promise.reject(new TypeError("offline")));
    await expect(call.answer()).rejects.toMatchObject({ code: "connection_failed" });
    await settle();
    expect(phase(call)).toBe("incoming");
    expect(world.devices.live).toEqual([]);
  });

  it("is declined for all my devices", async () => {
    const call = await ring();
    world.on("POST /api/calls/call-1/reject", () => ({
      body: ended(2, { endReason: "declined" }),
    }));
    await call.decline("busy");
    expect(world.sentTo("POST /api/calls/call-1/reject")).toEqual([{ reason: "busy" }]);
    expect(call.state.getSnapshot()).toMatchObject({ phase: "ended", endReason: "declined" });
  });

  it("goes on with audio alone when the camera is refused, and says why", async () => {
    const call = await ring();
    world.devices.fails.video = "NotAllowedError";
    world.on("POST /api/calls/call-1/answer", () => ({ body: answered() }));
    world.on("PATCH /api/calls/call-1/media", () => ({ body: person("alice", "accepted") }));
    await call.answer();
    await settle();
    const { self } = call.state.getSnapshot();
    expect(self).toMatchObject({ audio: true, video: false });
    expect(self.errors.camera).toBeInstanceOf(PermissionDeniedError);
    expect(self.errors.microphone).toBeNull();
    expect(world.sentTo("PATCH /api/calls/call-1/media")).toEqual([{ video: false }]);
  });

  it("is listened to when everything is refused", async () => {
    const call = await ring();
    world.devices.fails.video = "NotFoundError";
    world.devices.fails.audio = "NotAllowedError";
    world.on("POST /api/calls/call-1/answer", () => ({ body: answered() }));
    await call.answer();
    await settle();
    expect(phase(call)).toBe("connecting");
    expect(call.state.getSnapshot().self.errors).toMatchObject({
      microphone: { code: "permission_denied" },
      camera: { code: "device_not_found" },
    });
    expect(world.socket.said("call:offer")).toHaveLength(1);
  });
});

describe("what I send", () => {
  it("is told by PATCH and never by the tracks, the latest state only", async () => {
    const { call, connection } = await talk();
    let release: (() => void)[] = [];
    world.on(
      "PATCH /api/calls/call-1/media",
      () =>
        new Promise((resolve) => {
          release.push(() => resolve({ body: person("alice", "joined") }));
        }),
    );
    await call.setMicrophone(false);
    await call.setCamera(false);
    await call.setMicrophone(true);
    await settle();
    release.splice(0).forEach((done) => {
      done();
    });
    await settle();
    release.splice(0).forEach((done) => {
      done();
    });
    await settle();
    release = [];
    expect(world.sentTo("PATCH /api/calls/call-1/media")).toEqual([
      { audio: false },
      { audio: true, video: false },
    ]);
    expect(connection.getTransceivers()[1]?.sender.track).toBeNull();
    expect(connection.getTransceivers()[0]?.sender.track).not.toBeNull();
  });

  it("puts the screen in the place of the camera without a new agreement", async () => {
    const { call, connection } = await talk();
    const camera = connection.getTransceivers()[1]?.sender.track;
    await call.startScreenShare();
    await settle();
    const [, video, sound] = connection.getTransceivers();
    expect(video?.sender.track?.deviceId).toBe("screen");
    expect(sound?.sender.track?.deviceId).toBe("screen");
    expect(call.state.getSnapshot().self).toMatchObject({ screen: true, video: true });
    // The browser's own button.
    world.devices.tracks.find((track) => track.deviceId === "screen")?.end();
    await settle();
    expect(video?.sender.track).toBe(camera);
    expect(sound?.sender.track).toBeNull();
    expect(call.state.getSnapshot().self.screen).toBe(false);
    expect(world.socket.said("call:offer")).toEqual([]);
  });

  it("ends with the call, hang-up included", async () => {
    const { call, connection } = await talk();
    world.on("POST /api/calls/call-1/end", () => ({ body: ended(9) }));
    await call.hangUp();
    expect(world.devices.live).toEqual([]);
    expect(connection.signalingState).toBe("closed");
    expect(call.state.getSnapshot()).toMatchObject({ phase: "ended", endReason: "completed" });
    world.socket.drop();
    await vi.advanceTimersByTimeAsync(1000);
    world.socket.welcome("alice", []);
    await settle();
    expect(world.sentTo("POST /api/calls/call-1/end")).toHaveLength(1);
    await expect(call.setCamera(true)).rejects.toMatchObject({ code: "call_ended" });
  });

  it("is let go when devices come only after the call is over", async () => {
    const call = await ring();
    let allow: () => void = () => undefined;
    world.devices.asking = new Promise((resolve) => {
      allow = resolve;
    });
    world.on("POST /api/calls/call-1/answer", () => ({ body: answered() }));
    world.on("POST /api/calls/call-1/end", () => ({ body: ended(9) }));
    await call.answer();
    await call.hangUp();
    allow();
    await settle();
    expect(world.devices.tracks).not.toEqual([]);
    expect(world.devices.live).toEqual([]);
  });
});

describe("versions", () => {
  it("that are missing make the client ask for the whole call", async () => {
    const call = await place();
    world.socket.say({
      type: "call:participant-joined",
      callId: "call-1",
      version: 5,
      participant: person("bob", "accepted"),
    });
    expect(world.socket.said("call:sync")).toEqual([{ type: "call:sync", callId: "call-1" }]);
    expect(phase(call)).toBe("ringing-out");
    world.socket.say({ type: "call:updated", callId: "call-1", version: 5, call: connecting(5) });
    expect(phase(call)).toBe("connecting");
  });

  it("that are old are ignored", async () => {
    const call = await place();
    world.socket.say({ type: "call:updated", callId: "call-1", version: 5, call: connecting(5) });
    world.socket.say({ type: "call:updated", callId: "call-1", version: 2, call: wireCall() });
    world.socket.say({
      type: "call:participant-left",
      callId: "call-1",
      version: 4,
      userId: "bob",
      reason: "left",
    });
    expect(call.state.getSnapshot().wire).toEqual(connecting(5));
    expect(world.socket.said("call:sync")).toEqual([]);
  });

  it("are shared by the messages of one change", async () => {
    const call = await place();
    world.socket.say({ type: "call:ringing", callId: "call-1", version: 2, userId: "bob" });
    world.socket.say({
      type: "call:media-state-changed",
      callId: "call-1",
      version: 2,
      userId: "bob",
      media: { audio: true, video: false, screen: true },
    });
    expect(call.state.getSnapshot().participants[0]).toMatchObject({
      status: "alerting",
      media: { screen: true },
    });
  });
});

describe("a page that was reloaded", () => {
  const active = () =>
    wireCall({
      version: 8,
      status: "active",
      startedAt: "2026-11-23T12:00:05.000Z",
      participants: [{ ...alice(), status: "reconnecting" }, person("bob", "joined")],
    });

  it("takes its call up again with what was on, and offers anew", async () => {
    const { call } = await talk();
    world.on("PATCH /api/calls/call-1/media", () => ({ body: person("alice", "joined") }));
    await call.setCamera(false);
    await settle();
    world = new World();
    await world.connect([active()]);
    const [again] = world.client.calls.getSnapshot() as [Call];
    expect(phase(again)).toBe("reconnecting");
    expect(world.devices.asked).toEqual([{ audio: expect.anything() }]);
    const [offer] = world.socket.said("call:offer");
    expect(offer).toMatchObject({ callId: "call-1", to: "bob" });
    expect(world.client.incoming.getSnapshot()).toEqual([]);
  });

  it("does not take up a call that another device of mine has", async () => {
    const elsewhere = { ...alice(), deviceId: "telephone" };
    await world.connect([{ ...active(), participants: [elsewhere, person("bob", "joined")] }]);
    expect(world.client.calls.getSnapshot()).toEqual([]);
    expect(world.devices.asked).toEqual([]);
  });

  it("rings again for what still rings", async () => {
    await world.connect([incoming()]);
    expect(world.client.incoming.getSnapshot()).toHaveLength(1);
    expect(world.socket.said("call:alerting")).toHaveLength(1);
  });
});

describe("a lost connection to the server", () => {
  it("leaves the call as it is and says again what counts", async () => {
    const { call, connection } = await talk();
    world.socket.drop();
    expect(world.client.state.getSnapshot().connection).toBe("reconnecting");
    expect(phase(call)).toBe("active");
    await vi.advanceTimersByTimeAsync(1000);
    world.socket.welcome("alice", [connecting(4)]);
    await settle();
    expect(world.connections).toEqual([connection]);
    expect(world.socket.said("call:connected")).toHaveLength(1);
    expect(world.client.state.getSnapshot()).toMatchObject({ connection: "ready", error: null });
  });

  it("in which the call ended is made good", async () => {
    const { call } = await talk();
    world.socket.drop();
    world.on("GET /api/calls/call-1", () => ({ body: ended(12) }));
    await vi.advanceTimersByTimeAsync(1000);
    world.socket.welcome("alice", []);
    await settle();
    expect(call.state.getSnapshot()).toMatchObject({ phase: "ended", endReason: "completed" });
  });

  it("does not undo a hang-up that the server never heard of", async () => {
    const { call } = await talk();
    world.on("POST /api/calls/call-1/end", () => Promise.reject(new TypeError("offline")));
    await expect(call.hangUp()).rejects.toMatchObject({ code: "connection_failed" });
    expect(phase(call)).toBe("ended");
    expect(world.client.calls.getSnapshot()).toEqual([]);
    world.socket.drop();
    world.on("POST /api/calls/call-1/end", () => ({ body: ended(9) }));
    await vi.advanceTimersByTimeAsync(1000);
    world.socket.welcome("alice", [connecting(4)]);
    await settle();
    expect(world.client.calls.getSnapshot()).toEqual([]);
    expect(world.sentTo("POST /api/calls/call-1/end").length).toBeGreaterThan(3);
    expect(call.state.getSnapshot().wire.status).toBe("ended");
  });

  it("to a newer page of this device ends it here", async () => {
    const { call } = await talk();
    world.socket.drop(4409);
    expect(world.client.state.getSnapshot().error).toBeInstanceOf(SessionReplacedError);
    expect(phase(call)).toBe("ended");
    expect(world.devices.live).toEqual([]);
  });
});

describe("quality", () => {
  it("is measured every two seconds, shown and reported", async () => {
    const { call, connection } = await talk();
    const inbound = (packets: number) =>
      new Map([
        [
          "in",
          {
            id: "in",
            type: "inbound-rtp",
            kind: "audio",
            mid: "0",
            packetsReceived: packets,
            packetsLost: packets / 4,
            jitter: 0.001,
            bytesReceived: packets * 80,
          },
        ],
      ]);
    connection.stats = inbound(100);
    await vi.advanceTimersByTimeAsync(2000);
    expect(world.socket.said("call:stats")).toEqual([]);
    connection.stats = inbound(200);
    await vi.advanceTimersByTimeAsync(2000);
    const [report] = world.socket.said("call:stats") as [{ samples: object[] }];
    expect(report.samples[0]).toMatchObject({
      peerId: "bob",
      audio: { packetsReceived: 100, packetsLost: 25, bytesReceived: 8000 },
    });
    const snapshot = call.state.getSnapshot();
    expect(snapshot.quality?.level).toBe("poor");
    expect(snapshot.quality?.reasons).toContain("packet_loss");
    expect(snapshot.participants[0]?.quality?.level).toBe("poor");
  });

  it("shows the figures of each connection from the first look on", async () => {
    const { call, connection } = await talk();
    const figures = () => call.state.getSnapshot().participants[0]?.figures;
    expect(figures()).toBeNull();
    const moment = (n: number) =>
      new Map<string, Record<string, unknown>>(
        [
          { id: "t", type: "transport", selectedCandidatePairId: "p" },
          { id: "p", type: "candidate-pair", localCandidateId: "l", currentRoundTripTime: 0.04 },
          { id: "l", type: "local-candidate", candidateType: "relay", relayProtocol: "tls" },
          {
            id: "a",
            type: "inbound-rtp",
            kind: "audio",
            mid: "0",
            packetsReceived: 90 * n,
            packetsLost: 10 * n,
            jitter: 0.005,
            bytesReceived: 8000 * n,
          },
          {
            id: "v",
            type: "inbound-rtp",
            kind: "video",
            mid: "1",
            packetsReceived: 300 * n,
            bytesReceived: 242_000 * n,
            frameWidth: 640,
            frameHeight: 360,
            framesPerSecond: 24,
          },
          {
            id: "o",
            type: "outbound-rtp",
            kind: "video",
            mid: "1",
            packetsSent: 200 * n,
            bytesSent: 125_000 * n,
            frameHeight: 720,
            framesPerSecond: 30,
          },
        ].map((entry) => [entry.id, entry]),
      );
    connection.stats = moment(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(figures()).toMatchObject({
      roundTripTime: 0.04,
      candidateType: "relay",
      relayProtocol: "tls",
      bitrateIn: null,
    });
    connection.stats = moment(2);
    await vi.advanceTimersByTimeAsync(2000);
    expect(figures()).toEqual({
      roundTripTime: 0.04,
      jitter: 0.005,
      packetLoss: 10 / 400,
      bitrateIn: 1_000_000,
      bitrateOut: 500_000,
      frameWidth: 640,
      frameHeight: 360,
      framesPerSecond: 24,
      frameHeightOut: 720,
      framesPerSecondOut: 30,
      candidateType: "relay",
      relayProtocol: "tls",
    });
    world.socket.say({
      type: "call:participant-left",
      callId: "call-1",
      version: 3,
      userId: "bob",
      reason: "left",
    });
    expect(figures()).toBeNull();
  });
});

describe("relay only", () => {
  const relays = [
    {
      urls: ["stun:t", "turn:t", "turn:t?transport=tcp", "turns:t?transport=tcp"],
      username: "u",
      credential: "c",
    },
  ];
  const policies = () => world.connections.map((each) => each.configuration.iceTransportPolicy);

  it("holds for every connection, also for those begun anew and those of tests", async () => {
    world = new World({ iceTransportPolicy: "relay" });
    const { connection } = await talk();
    for (let i = 0; i < 3; i += 1) {
      connection.become("failed");
      connection.signalingState = "stable";
      await settle();
    }
    world.on("GET /api/calls/turn-credentials", () => ({
      body: { username: "u", credential: "c", ttl: 60, iceServers: relays, uris: [] },
    }));
    await vi.advanceTimersByTimeAsync(60_000);
    const before = world.connections.length;
    const tested = new NetworkTest(world.client).run();
    await vi.advanceTimersByTimeAsync(10_000);
    await tested;
    expect(world.connections.length).toBe(before + 2 * 3);
    expect(policies().length).toBeGreaterThan(2);
    expect(new Set(policies())).toEqual(new Set(["relay"]));
  });

  it("can be chosen while a call goes on, which restarts ICE, and be undone", async () => {
    const { connection } = await talk();
    expect(policies()).toEqual(["all"]);
    world.client.setIceTransportPolicy("relay");
    await settle();
    expect(world.client.iceTransportPolicy).toBe("relay");
    expect(policies()).toEqual(["relay"]);
    expect(connection.restarts).toBe(1);
    expect(world.socket.said("call:offer")).toHaveLength(1);
  });

  it("chosen before a call holds for it", async () => {
    world.client.setIceTransportPolicy("relay");
    await talk();
    expect(policies()).toEqual(["relay"]);
  });
});

describe("the credentials of relays", () => {
  it("are renewed during a call and handed to its connections, and not after it", async () => {
    let asked = 0;
    world.on("GET /api/calls/turn-credentials", () => {
      asked += 1;
      const iceServers = [{ urls: ["turn:t"], username: "u", credential: `c${asked}` }];
      return { body: { username: "u", credential: `c${asked}`, ttl: 3600, uris: [], iceServers } };
    });
    const { call, connection } = await talk();
    const credential = () => connection.configuration.iceServers?.[0]?.credential;
    expect(credential()).toBe("c1");
    await vi.advanceTimersByTimeAsync(0.81 * 3_600_000);
    expect(credential()).toBe("c2");
    expect(connection.restarts).toBe(0);
    world.on("POST /api/calls/call-1/end", () => ({ body: ended(4) }));
    await call.hangUp();
    await vi.advanceTimersByTimeAsync(10 * 3_600_000);
    expect(asked).toBe(2);
  });
});

describe("presence", () => {
  it("is followed without me, and null where the server does not tell", async () => {
    const bob = { userId: "bob", name: "Bob" };
    world.on("GET /api/presence", () => ({
      body: { items: [{ userId: "alice", name: null }, bob] },
    }));
    await world.connect();
    expect(world.client.state.getSnapshot().online).toEqual([bob]);
    world.socket.say({ type: "presence:changed", userId: "carol", name: null, online: true });
    world.socket.say({ type: "presence:changed", userId: "bob", name: "Bob", online: false });
    expect(world.client.state.getSnapshot().online).toEqual([{ userId: "carol", name: null }]);
    world.client.close();
    world = new World();
    world.on("GET /api/presence", () => ({ status: 404, body: { code: "not_found" } }));
    await world.connect();
    expect(world.client.state.getSnapshot().online).toBeNull();
  });
});

describe("a group", () => {
  const group = (version: number, ...others: ReturnType<typeof person>[]) =>
    wireCall({ version, status: "active", participants: [alice(), ...others] });

  it("has a connection to each who is there, and drops it with them", async () => {
    world.on("POST /api/calls/initiate", () => ({
      status: 201,
      body: group(1, person("bob", "invited"), person("carol", "invited")),
    }));
    await world.connect();
    const call = await world.client.call({ type: "audio", participantIds: ["bob", "carol"] });
    const update = (wire: ReturnType<typeof wireCall>) =>
      world.socket.say({
        type: "call:updated",
        callId: "call-1",
        version: wire.version,
        call: wire,
      });
    update(group(2, person("bob", "joined"), person("carol", "joined")));
    world.socket.say(bobsOffer);
    world.socket.say({ ...bobsOffer, from: "carol" });
    await settle();
    expect(world.connections).toHaveLength(2);
    world.socket.say({
      type: "call:participant-left",
      callId: "call-1",
      version: 3,
      userId: "bob",
      reason: "left",
    });
    expect(world.connections.map((c) => c.signalingState)).toContain("closed");
    const [bob, carol] = call.state.getSnapshot().participants;
    expect(bob).toMatchObject({ status: "left", connectionState: null, stream: null });
    expect(carol?.connectionState).not.toBeNull();
  });
});
