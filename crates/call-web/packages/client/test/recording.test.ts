import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Call } from "../src/call.js";
import type { RecordingAbility, RecordingStop, WireCall } from "../src/wire/types.js";
import { FakeConnection } from "./support/fake-connection.js";
import { sfuOffer } from "./support/sfu-offer.js";
import { callRecording, person, recording, wireCall } from "./support/wire.js";
import { settle, World } from "./support/world.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
  FakeConnection.all = [];
});
afterEach(() => {
  world.client.close();
  vi.useRealTimers();
});

const ABILITY: RecordingAbility = {
  available: true,
  forced: false,
  consent: "ask",
  mixing: true,
};
const ROUTE = "/api/calls/call-1/recording";

function inCall(role: "initiator" | "moderator" | "participant" = "initiator"): WireCall {
  return wireCall({
    version: 7,
    status: "active",
    participants: [person("alice", "joined", { role }), person("bob", "joined")],
  });
}

/** Alice in a call with bob, from device to device, on a server that can record. */
async function talking(wire = inCall(), ability: unknown = ABILITY): Promise<Call> {
  world.on("GET /api/config", () => ({ body: { recording: ability } }));
  world.on("PATCH /api/calls/call-1/media", () => ({ body: wire.participants[0] }));
  await world.connect([wire]);
  const [call] = world.client.calls.getSnapshot();
  if (!call) throw new Error("no call");
  FakeConnection.last.become("connected");
  await vi.advanceTimersByTimeAsync(2500);
  expect(call.state.getSnapshot().phase).toBe("active");
  return call;
}

function changed(
  version: number,
  now: ReturnType<typeof callRecording> | null,
  stopped: RecordingStop | null = null,
): void {
  const type = "call:recording-changed";
  world.socket.say({ type, callId: "call-1", version, recording: now, stopped });
}

describe("a call's recording", () => {
  it("is shown with who began it, since when, and what I said", async () => {
    const call = await talking(inCall("participant"));
    expect(call.state.getSnapshot()).toMatchObject({ recording: null, lastRecording: null });
    const consents = [{ userId: "alice", status: "asked" as const, at: null }];
    changed(8, callRecording({ startedBy: "bob", consents }));
    expect(call.state.getSnapshot().recording).toEqual({
      id: "recording-1",
      mode: "tracks",
      startedBy: "bob",
      startedAt: Date.parse("2026-11-23T12:00:00.000Z"),
      consent: "ask",
      consents,
      mine: "asked",
      canStop: false,
    });
    changed(9, callRecording({ consent: "notify", consents: [] }));
    expect(call.state.getSnapshot().recording).toMatchObject({ mine: "none", canStop: false });
  });

  it("may be stopped by who leads the call, unless the server's policy began it", async () => {
    const call = await talking();
    changed(8, callRecording({ startedBy: "bob" }));
    expect(call.state.getSnapshot().recording).toMatchObject({ mine: "given", canStop: true });
    changed(9, callRecording({ startedBy: null }));
    expect(call.state.getSnapshot().recording?.canStop).toBe(false);
    world.client.recordings.ability.set({ ...ABILITY, forced: true });
    changed(10, callRecording({ startedBy: "alice" }));
    expect(call.state.getSnapshot().recording?.canStop).toBe(false);
  });

  it("is there for who comes in while it runs", async () => {
    const call = await talking({ ...inCall(), recording: callRecording() });
    expect(call.state.getSnapshot().recording?.id).toBe("recording-1");
  });
});

describe("beginning and stopping", () => {
  it("is asked of the server; what becomes of it comes as news", async () => {
    const call = await talking();
    world.on(`POST ${ROUTE}`, () => ({ status: 201, body: recording({ status: "recording" }) }));
    world.on(`DELETE ${ROUTE}`, () => ({ body: recording({ status: "processing" }) }));
    world.on(`PUT ${ROUTE}/consent`, () => ({ body: recording({ status: "recording" }) }));
    await call.startRecording();
    await call.startRecording({ mode: "mixed" });
    await call.consentToRecording(false);
    await call.stopRecording();
    expect(world.requests.slice(-4)).toEqual([
      { route: `POST ${ROUTE}`, body: { mode: "tracks" } },
      { route: `POST ${ROUTE}`, body: { mode: "mixed" } },
      { route: `PUT ${ROUTE}/consent`, body: { given: false } },
      { route: `DELETE ${ROUTE}`, body: undefined },
    ]);
  });

  it("is refused by code", async () => {
    const call = await talking();
    for (const code of ["recording_forbidden", "recording_unavailable", "already_recording"]) {
      world.on(`POST ${ROUTE}`, () => ({ status: 409, body: { code, detail: "no" } }));
      await expect(call.startRecording()).rejects.toMatchObject({ code, status: 409 });
    }
    for (const [cause, fault] of [
      ["disk_full", "disk_full"],
      ["overloaded", "overloaded"],
      ["something_new", null],
      [undefined, null],
    ]) {
      const body = { code: "recording_unavailable", cause };
      world.on(`POST ${ROUTE}`, () => ({ status: 409, body }));
      await expect(call.startRecording()).rejects.toMatchObject({ code: body.code, fault });
    }
    world.on(`POST ${ROUTE}`, () => ({ status: 409, body: { code: "mixing_unavailable" } }));
    await expect(call.startRecording({ mode: "mixed" })).rejects.toMatchObject({
      code: "mixing_unavailable",
    });
  });
});

describe("who may begin a recording", () => {
  const may = (call: Call) => call.state.getSnapshot().canRecord;

  it("leads the call, on a server that records, while nothing is recorded", async () => {
    const call = await talking(inCall("moderator"));
    expect(may(call)).toBe(true);
    changed(8, callRecording());
    expect(may(call)).toBe(false);
    world.on("GET /api/recordings/recording-1", () => ({ body: recording() }));
    changed(9, null);
    expect(may(call)).toBe(true);
  });

  it("is nobody else", async () => {
    expect(may(await talking(inCall("participant")))).toBe(false);
  });

  it("is nobody where the server does not record, or did not tell", async () => {
    const call = await talking(inCall(), { ...ABILITY, available: false });
    expect(may(call)).toBe(false);
    expect(world.client.recordings.ability.getSnapshot()).toMatchObject({ available: false });
    world.client.close();
    world = new World();
    expect(may(await talking(inCall(), { available: "perhaps" }))).toBe(false);
  });

  it("is asked for until the server told, and once it did not any more", async () => {
    const asked = () => world.sentTo("GET /api/config").length;
    await world.connect();
    expect(asked()).toBe(1);
    world.on("GET /api/config", () => ({ body: { recording: ABILITY } }));
    for (const expected of [2, 2]) {
      world.socket.drop();
      await vi.advanceTimersByTimeAsync(5000);
      world.socket.welcome("alice", []);
      await settle();
      expect(asked()).toBe(expected);
    }
  });
});

describe("a recording that ends while the call goes on", () => {
  const last = (call: Call) => call.state.getSnapshot().lastRecording;
  const untold = { id: "recording-1", by: null, cause: null };

  it("says at once by whom it was stopped, or what went wrong", async () => {
    const call = await talking();
    changed(8, callRecording());
    changed(9, null, { id: "recording-1", by: "bob", cause: null });
    expect(last(call)).toEqual({ id: "recording-1", by: "bob", cause: null });
    changed(10, callRecording({ id: "recording-2" }));
    changed(11, null, { id: "recording-2", by: null, cause: "disk_full" });
    expect(last(call)).toEqual({ id: "recording-2", by: null, cause: "disk_full" });
    await settle();
    expect(world.sentTo("GET /api/recordings/recording-1")).toEqual([]);
    expect(world.sentTo("GET /api/recordings/recording-2")).toEqual([]);
    // What is older than what is known is not news.
    changed(9, null, { id: "recording-1", by: "bob", cause: null });
    expect(last(call)?.id).toBe("recording-2");
  });

  it("says so when other news was missed, too", async () => {
    const call = await talking();
    changed(8, callRecording());
    changed(11, null, { id: "recording-1", by: null, cause: "overloaded" });
    expect(world.socket.said("call:sync")).toHaveLength(1);
    const wire = { ...inCall(), version: 11 };
    world.socket.say({ type: "call:updated", callId: "call-1", version: 11, call: wire });
    await settle();
    expect(last(call)).toEqual({ id: "recording-1", by: null, cause: "overloaded" });
    expect(world.sentTo("GET /api/recordings/recording-1")).toEqual([]);
  });

  it("of which the news was missed is asked for", async () => {
    const call = await talking();
    world.on("GET /api/recordings/recording-1", () => ({ body: recording() }));
    changed(8, callRecording());
    const over = (version: number) => {
      const wire = { ...inCall(), version };
      world.socket.say({ type: "call:updated", callId: "call-1", version, call: wire });
    };
    over(9);
    expect(last(call)).toEqual(untold);
    await settle();
    expect(last(call)).toEqual({ ...untold, by: "alice" });
    world.on("GET /api/recordings/recording-2", () => ({
      body: recording({ id: "recording-2", status: "partial", cause: "disk_full" }),
    }));
    changed(10, callRecording({ id: "recording-2" }));
    over(11);
    await settle();
    expect(last(call)).toEqual({ id: "recording-2", by: "alice", cause: "disk_full" });
  });

  it("with the call, is known to have been, and not asked for", async () => {
    const call = await talking();
    changed(8, callRecording());
    const over = { ...inCall(), version: 9, status: "ended" as const, recording: null };
    const reason = "completed";
    world.socket.say({ type: "call:ended", callId: "call-1", version: 9, call: over, reason });
    await settle();
    expect(call.state.getSnapshot().phase).toBe("ended");
    expect(last(call)).toEqual(untold);
    expect(world.sentTo("GET /api/recordings/recording-1")).toEqual([]);
  });

  it("after I have hung up, is known to have been", async () => {
    const call = await talking();
    changed(8, callRecording());
    const over = { ...inCall(), version: 9, status: "ended" as const, recording: null };
    world.on("POST /api/calls/call-1/leave", () => ({ body: over }));
    await call.leave();
    await settle();
    expect(call.state.getSnapshot()).toMatchObject({ phase: "ended", recording: null });
    expect(last(call)).toEqual(untold);
  });

  it("does no harm when nobody can tell how it ended", async () => {
    const call = await talking();
    changed(8, callRecording());
    changed(9, null);
    await settle();
    expect(last(call)).toEqual(untold);
  });
});

it("a call of two that is recorded goes to the SFU, and stays one of two", async () => {
  const call = await talking();
  const wire = { ...inCall(), version: 8, topology: "sfu" as const, recording: callRecording() };
  world.socket.say({ type: "call:updated", callId: "call-1", version: 8, call: wire });
  world.socket.say(sfuOffer([["bob", "audio"]]));
  await settle();
  FakeConnection.last.become("connected");
  await settle();
  expect(world.connections).toHaveLength(2);
  expect(world.socket.said("media:answer")).toHaveLength(1);
  expect(call.state.getSnapshot()).toMatchObject({
    topology: "sfu",
    group: false,
    recording: { id: "recording-1" },
  });
});

describe("recordings of calls", () => {
  const file = "/api/recordings/recording-1/files/file-1/url";

  it("are listed, read, mixed and deleted", async () => {
    const { recordings } = world.client;
    const mixing = recording({ mix: "running", progress: 0.42, status: "processing" });
    world.on("GET /api/calls/call-1/recordings", () => ({ body: { items: [recording()] } }));
    world.on("GET /api/recordings/recording-1", () => ({ body: recording() }));
    world.on("POST /api/recordings/recording-1/mix", () => ({ status: 202, body: mixing }));
    world.on("DELETE /api/recordings/recording-1", () => ({ status: 200, body: null }));
    expect(await recordings.ofCall("call-1")).toEqual([recording()]);
    expect(await recordings.get("recording-1")).toEqual(recording());
    expect(await recordings.mix("recording-1")).toEqual(mixing);
    await expect(recordings.delete("recording-1")).resolves.toBeUndefined();
  });

  it("are opened by absolute URLs that expire", async () => {
    const { recordings } = world.client;
    const expiresAt = "2026-11-23T12:05:00.000Z";
    const answers = (url: string) => world.on(`POST ${file}`, () => ({ body: { url, expiresAt } }));
    answers("/api/recordings/media/token");
    expect(await recordings.fileUrl("recording-1", "file-1")).toEqual({
      url: "http://server/api/recordings/media/token",
      expiresAt,
    });
    answers("https://bucket.example/key?signature=1");
    const { url } = await recordings.fileUrl("recording-1", "file-1", { download: true });
    expect(url).toBe("https://bucket.example/key?signature=1");
    expect(world.sentTo(`POST ${file}`)).toEqual([{ download: false }, { download: true }]);
    answers("javascript:alert(1)");
    await expect(recordings.fileUrl("recording-1", "file-1")).rejects.toMatchObject({
      code: "unreadable_answer",
    });
  });

  it("cannot leave their routes by an id", async () => {
    await world.client.recordings.fileUrl("../x", "../../y").catch(() => undefined);
    expect(world.requests.at(-1)?.route).toBe("POST /api/recordings/..%2Fx/files/..%2F..%2Fy/url");
  });

  it("that are refused or not understood are errors", async () => {
    const { recordings } = world.client;
    await expect(recordings.get("recording-1")).rejects.toMatchObject({ code: "not_found" });
    world.on("DELETE /api/recordings/recording-1", () => ({
      status: 409,
      body: { code: "recording_live" },
    }));
    await expect(recordings.delete("recording-1")).rejects.toMatchObject({
      code: "recording_live",
    });
    for (const junk of [null, {}, { items: [{}] }, { items: [recording({ bytes: -1 })] }]) {
      world.on("GET /api/calls/call-1/recordings", () => ({ body: junk }));
      await expect(recordings.ofCall("call-1")).rejects.toMatchObject({
        code: "unreadable_answer",
      });
    }
  });

  it("tell a share of work between none and all, whatever they are told", async () => {
    world.on("GET /api/recordings/recording-1", () => ({ body: recording({ progress: 1.0001 }) }));
    expect((await world.client.recordings.get("recording-1")).progress).toBe(1);
  });
});
