import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Call } from "../src/call.js";
import { CallError } from "../src/errors.js";
import { FakeConnection } from "./support/fake-connection.js";
import { sfuOffer } from "./support/sfu-offer.js";
import { person, wireCall } from "./support/wire.js";
import { settle, World } from "./support/world.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => {
  world.client.close();
  vi.useRealTimers();
});

const participants = [
  person("alice", "joined", { role: "initiator" }),
  person("bob", "joined"),
  person("carol", "joined"),
];
const group = wireCall({ version: 7, status: "active", topology: "sfu", participants });

/** Alice in a group that goes by the SFU. */
async function meet(wire = group): Promise<Call> {
  world.on("POST /api/calls/call-1/join", () => ({ body: wire }));
  world.on("PATCH /api/calls/call-1/media", () => ({ body: participants[0] }));
  await world.connect();
  const call = await world.client.join("call-1", { video: true });
  await settle();
  return call;
}

async function connected(): Promise<Call> {
  const call = await meet();
  world.socket.say(
    sfuOffer([
      ["bob", "audio"],
      ["bob", "video"],
      ["carol", "screen"],
    ]),
  );
  await settle();
  FakeConnection.last.become("connected");
  await settle();
  return call;
}

describe("joining a group call", () => {
  it("sends and receives by one connection", async () => {
    const call = await connected();
    expect(world.sentTo("POST /api/calls/call-1/join")).toEqual([{ deviceId: "device-of-alice" }]);
    expect(world.connections).toHaveLength(1);
    expect(world.socket.said("media:answer")).toMatchObject([
      { callId: "call-1", session: "session-1", revision: 1 },
    ]);
    expect(world.socket.said("media:switched")).toMatchObject([{ topology: "sfu" }]);
    expect(call.state.getSnapshot()).toMatchObject({
      topology: "sfu",
      role: "initiator",
      moderator: true,
      participants: [
        { userId: "bob", path: "sfu", connectionState: "connected" },
        { userId: "carol", path: "sfu" },
      ],
    });
  });

  it("lets go of the devices when it is refused", async () => {
    await world.connect();
    world.on("POST /api/calls/call-1/join", () => ({ status: 403, body: { code: "not_allowed" } }));
    await expect(world.client.join("call-1")).rejects.toMatchObject({ code: "not_allowed" });
    await settle();
    expect(world.devices.live).toEqual([]);
  });
});

describe("what is seen in a group call", () => {
  it("is told by the server", async () => {
    const call = await connected();
    world.socket.say({
      type: "media:subscription",
      callId: "call-1",
      streams: [
        { userId: "bob", source: "video", state: "active", reason: null, layer: "low" },
        { userId: "carol", source: "screen", state: "paused", reason: "bandwidth", layer: null },
      ],
    });
    world.socket.say({ type: "media:speakers", callId: "call-1", userIds: ["carol", "bob"] });
    const { participants, activeSpeakers } = call.state.getSnapshot();
    expect(participants[0]?.streams.video).toMatchObject({ state: "active", layer: "low" });
    expect(participants[1]?.streams).toMatchObject({
      video: null,
      screen: { reason: "bandwidth" },
    });
    expect(activeSpeakers).toEqual(["carol", "bob"]);
  });

  it("is what the user interface shows", async () => {
    const call = await connected();
    call.setViews([{ userId: "bob", source: "video", width: 640, height: 360, pinned: true }]);
    await vi.advanceTimersByTimeAsync(300);
    expect(world.socket.said("media:subscription").at(-1)?.streams).toEqual([
      { userId: "bob", source: "video", width: 640, height: 360, pinned: true },
    ]);
  });

  it("has a shared screen beside the camera", async () => {
    const call = await connected();
    const carol = person("carol", "joined", { media: { audio: true, video: true, screen: true } });
    const wire = wireCall({
      ...group,
      version: 8,
      participants: [...participants.slice(0, 2), carol],
    });
    world.socket.say({ type: "call:updated", callId: "call-1", version: 8, call: wire });
    await settle();
    const shown = call.state.getSnapshot().participants[1];
    expect(shown?.screenStream?.getTracks()).toHaveLength(1);
    expect(shown?.screenStream).not.toBe(shown?.stream);
  });
});

describe("what is sent in a group call", () => {
  const place = (mid: string) =>
    FakeConnection.last.getTransceivers().find((each) => each.mid === mid)?.sender.track;

  it("is no more than anybody looks at", async () => {
    await connected();
    world.socket.say({
      type: "media:publication",
      callId: "call-1",
      streams: [{ source: "video", layer: "medium" }],
    });
    await settle();
    const layers = (mid: string) =>
      FakeConnection.last
        .getTransceivers()
        .find((each) => each.mid === mid)
        ?.sender.parameters.encodings.map(({ active }) => active);
    expect(layers("v")).toEqual([true, true, false]);
    expect(layers("s")).toEqual([true, true]);
  });

  it("has a place for each source", async () => {
    const call = await connected();
    expect(place("a")).toMatchObject({ kind: "audio" });
    expect(place("v")).toMatchObject({ kind: "video" });
    await call.startScreenShare();
    await settle();
    expect(place("s")).toMatchObject({ deviceId: "screen" });
    expect(place("v")).toMatchObject({ deviceId: "video-device" });
    await call.setMicrophone(false);
    await settle();
    expect(place("a")).toBeNull();
  });

  it("ends where a moderator says so, until it is switched on again", async () => {
    const call = await connected();
    const muted: unknown[] = [];
    call.on("muted", (what) => muted.push(what));
    const say = (version: number, audio: boolean) =>
      world.socket.say({
        type: "call:media-state-changed",
        callId: "call-1",
        version,
        userId: "alice",
        media: { audio, video: true, screen: false },
      });
    say(8, false);
    await settle();
    expect(muted).toEqual([{ audio: true, video: false, screen: false }]);
    expect(call.state.getSnapshot().self).toMatchObject({
      audio: false,
      video: true,
      mutedByModerator: { audio: true, video: false, screen: false },
    });
    expect(place("a")).toBeNull();
    expect(world.sentTo("PATCH /api/calls/call-1/media")).toEqual([]);
    await call.setMicrophone(true);
    await settle();
    expect(call.state.getSnapshot().self.mutedByModerator.audio).toBe(false);
    expect(world.sentTo("PATCH /api/calls/call-1/media")).toEqual([{ audio: true }]);
    say(9, true);
    expect(muted).toHaveLength(1);
  });
});

describe("what people do in a group call", () => {
  it("is asked of the server", async () => {
    const call = await connected();
    world.on("POST /api/calls/call-1/participants", () => ({ body: group }));
    world.on("DELETE /api/calls/call-1/participants/bob", () => ({ body: group }));
    world.on("POST /api/calls/call-1/participants/bob/mute", () => ({ body: participants[1] }));
    world.on("PATCH /api/calls/call-1/participants/bob", () => ({ body: participants[1] }));
    world.on("PUT /api/calls/call-1/hand", () => ({ body: participants[0] }));
    await call.addParticipants(["dave"]);
    await call.muteParticipant("bob", { audio: true });
    await call.setRole("bob", "moderator");
    await call.raiseHand(true);
    await call.remove("bob");
    expect(world.requests.slice(-5)).toEqual([
      { route: "POST /api/calls/call-1/participants", body: { userIds: ["dave"] } },
      { route: "POST /api/calls/call-1/participants/bob/mute", body: { audio: true } },
      { route: "PATCH /api/calls/call-1/participants/bob", body: { role: "moderator" } },
      { route: "PUT /api/calls/call-1/hand", body: { raised: true } },
      { route: "DELETE /api/calls/call-1/participants/bob", body: undefined },
    ]);
  });

  it("may be refused", async () => {
    const call = await connected();
    world.on("POST /api/calls/call-1/participants/bob/mute", () => ({
      status: 403,
      body: { code: "not_allowed" },
    }));
    await expect(call.muteParticipant("bob", { audio: true })).rejects.toBeInstanceOf(CallError);
  });

  it("is shown: raised hands and roles", async () => {
    const call = await connected();
    const bob = person("bob", "joined", {
      role: "moderator",
      handRaisedAt: "2026-11-23T12:00:00.000Z",
    });
    const wire = wireCall({ ...group, version: 8, participants: [participants[0]!, bob] });
    world.socket.say({ type: "call:updated", callId: "call-1", version: 8, call: wire });
    expect(call.state.getSnapshot().participants[0]).toMatchObject({
      role: "moderator",
      handRaisedAt: Date.parse("2026-11-23T12:00:00.000Z"),
    });
  });

  it("is shown: reactions, mine at once", async () => {
    const call = await connected();
    const seen: string[] = [];
    call.on("reaction", ({ userId, reaction }) => seen.push(`${userId} ${reaction}`));
    call.react("🎉");
    expect(world.socket.said("call:reaction")).toMatchObject([{ reaction: "🎉" }]);
    for (const userId of ["alice", "bob"]) {
      world.socket.say({ type: "call:reaction", callId: "call-1", userId, reaction: "🎉" });
    }
    expect(seen).toEqual(["alice 🎉", "bob 🎉"]);
    expect(call.state.getSnapshot().reactions).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(6000);
    expect(call.state.getSnapshot().reactions).toEqual([]);
  });

  it("is written and read: messages", async () => {
    const call = await connected();
    const read: unknown[] = [];
    call.on("message", (message) => read.push(message));
    expect(call.sendMessage("hello")).toBe(true);
    const [channel] = FakeConnection.last.channels;
    channel?.onmessage?.({ data: '{"from":"bob","data":"hi"}' });
    expect(channel?.sent).toEqual(["hello"]);
    expect(read).toEqual([{ userId: "bob", data: "hi" }]);
  });
});

describe("a group call whose server starts anew", () => {
  it("goes on by a new session, with everything said again", async () => {
    const call = await connected();
    FakeConnection.last.become("disconnected");
    expect(call.state.getSnapshot().participants[0]?.stream).not.toBeNull();
    world.socket.drop();
    await vi.advanceTimersByTimeAsync(5000);
    world.socket.welcome("alice", [group]);
    await settle();
    world.socket.say(sfuOffer([["bob", "audio"]], { session: "session-2" }));
    await settle();
    expect(world.socket.said("media:answer").at(-1)).toMatchObject({ session: "session-2" });
    expect(world.socket.said("media:subscription")).toHaveLength(1);
    FakeConnection.last.become("connected");
    expect(call.state.getSnapshot().participants[0]?.connectionState).toBe("connected");
  });
});
