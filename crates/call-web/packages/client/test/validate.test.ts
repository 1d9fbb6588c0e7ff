import { describe, expect, it } from "vitest";
import { parseServerMessage } from "../src/wire/validate.js";
import { callRecording, person, wireCall } from "./support/wire.js";

const samples: object[] = [
  { type: "ack", id: "1" },
  { type: "error", code: "not_in_call", detail: "no", callId: "c" },
  { type: "session:ready", sessionId: "s", userId: "u", heartbeatMs: 15000, calls: [wireCall()] },
  { type: "session:pong" },
  { type: "presence:changed", userId: "u", name: null, online: true },
  { type: "call:incoming", call: wireCall(), from: { userId: "alice", name: "Alice" } },
  { type: "call:ringing", callId: "c", version: 2, userId: "bob" },
  { type: "call:offer", callId: "c", from: "bob", sdp: "v=0" },
  { type: "call:answer", callId: "c", from: "bob", sdp: "v=0" },
  { type: "call:ice-candidate", callId: "c", from: "bob", candidate: null },
  { type: "call:ice-candidate", callId: "c", from: "bob", candidate: { candidate: "candidate:1" } },
  {
    type: "call:participant-joined",
    callId: "c",
    version: 3,
    participant: person("bob", "joined"),
  },
  { type: "call:participant-left", callId: "c", version: 3, userId: "bob", reason: "left" },
  {
    type: "call:media-state-changed",
    callId: "c",
    version: 3,
    userId: "bob",
    media: { audio: true, video: false, screen: false },
  },
  {
    type: "call:quality-changed",
    callId: "c",
    userId: "bob",
    quality: "fair",
    reasons: ["jitter"],
  },
  {
    type: "media:publication",
    callId: "c",
    streams: [
      { source: "video", layer: "low" },
      { source: "screen", layer: "high" },
    ],
  },
  {
    type: "call:recording-changed",
    callId: "c",
    version: 4,
    recording: callRecording(),
    stopped: null,
  },
  {
    type: "call:recording-changed",
    callId: "c",
    version: 5,
    recording: null,
    stopped: { id: "recording-1", by: "alice", cause: null },
  },
  { type: "call:updated", callId: "c", version: 3, call: wireCall() },
  {
    type: "call:updated",
    callId: "c",
    version: 4,
    call: wireCall({ recording: callRecording({ startedBy: null, consent: "notify" }) }),
  },
  {
    type: "call:ended",
    callId: "c",
    version: 9,
    reason: "answered_elsewhere",
    endedBy: null,
    call: wireCall({ status: "ended", endReason: "completed" }),
  },
];

/** Numbers that look random and are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

const JUNK = [null, true, -1, 1.5, 1e300, "", "x", "\u0000", [], {}, [[]], "9".repeat(10_000)];

/** The value with one part of it replaced by junk, removed, or moved. */
function spoil(value: unknown, random: () => number): unknown {
  const junk = JUNK[Math.floor(random() * JUNK.length)];
  if (typeof value !== "object" || value === null || random() < 0.15) return junk;
  const entries = Object.entries(value);
  if (entries.length === 0) return junk;
  const at = Math.floor(random() * entries.length);
  const changed = entries.flatMap(([key, part], i): [string, unknown][] => {
    if (i !== at) return [[key, part]];
    return random() < 0.2 ? [] : [[key, spoil(part, random)]];
  });
  return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed);
}

describe("frames of the server", () => {
  for (const sample of samples) {
    it(`of the type ${(sample as { type: string }).type} are understood`, () => {
      expect(parseServerMessage(JSON.stringify(sample))).toEqual({
        kind: "message",
        message: sample,
      });
    });
  }

  it("never throw, whatever is in them", () => {
    const random = sequence(7);
    const kinds = new Map<string, number>();
    for (let i = 0; i < 5000; i += 1) {
      const sample = samples[i % samples.length];
      const parsed = parseServerMessage(JSON.stringify(spoil(sample, random)));
      kinds.set(parsed.kind, (kinds.get(parsed.kind) ?? 0) + 1);
    }
    expect(kinds.get("malformed")).toBeGreaterThan(2000);
  });

  it("never throw, even when they are no JSON", () => {
    const random = sequence(11);
    const text = JSON.stringify(samples);
    for (let i = 0; i < 2000; i += 1) {
      const from = Math.floor(random() * text.length);
      const frame = text.slice(from, from + Math.floor(random() * 200));
      expect(() => parseServerMessage(frame)).not.toThrow();
    }
    for (const frame of [undefined, null, 1, new ArrayBuffer(8), new Blob([])]) {
      expect(parseServerMessage(frame).kind).toBe("malformed");
    }
  });

  it("of types that objects happen to have are unknown", () => {
    for (const type of ["constructor", "__proto__", "toString", "call:tomorrow"]) {
      expect(parseServerMessage(JSON.stringify({ type }))).toEqual({ kind: "unknown", type });
    }
  });

  it("may carry error codes and members of a newer server", () => {
    const parsed = parseServerMessage('{"type":"error","code":"too_new","detail":"","x":1}');
    expect(parsed).toEqual({
      kind: "message",
      message: { type: "error", code: "too_new", detail: "" },
    });
  });
});
