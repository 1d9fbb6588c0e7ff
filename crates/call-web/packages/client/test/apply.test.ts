import { describe, expect, it } from "vitest";
import { applyChange } from "../src/wire/apply.js";
import { callRecording, person, wireCall } from "./support/wire.js";

const call = wireCall({ version: 4, status: "ringing" });
const joined = (version: number) => ({
  type: "call:participant-joined" as const,
  callId: "call-1",
  version,
  participant: person("bob", "accepted"),
});

describe("a change of a call", () => {
  it("is applied when it is the next one, or part of the one that is known", () => {
    for (const version of [4, 5]) {
      const applied = applyChange(call, joined(version));
      expect(applied.gap).toBe(false);
      expect(applied.call).toMatchObject({ version, status: "connecting" });
      expect(applied.call.participants[1]?.status).toBe("accepted");
    }
  });

  it("is ignored when it is old, whole or not", () => {
    expect(applyChange(call, joined(3))).toEqual({ call, gap: false });
    const old = { type: "call:updated" as const, callId: "call-1", version: 3, call: wireCall() };
    expect(applyChange(call, old).call).toBe(call);
  });

  it("leaves a gap when others are missing, unless it comes whole", () => {
    expect(applyChange(call, joined(6))).toEqual({ call, gap: true });
    const whole = wireCall({ version: 9 });
    const update = { type: "call:updated" as const, callId: "call-1", version: 9, call: whole };
    expect(applyChange(call, update)).toEqual({ call: whole, gap: false });
  });

  it("may bring somebody who was not invited at first", () => {
    const carol = { ...joined(5), participant: person("carol", "joined") };
    expect(applyChange(call, carol).call.participants.map((p) => p.userId)).toEqual([
      "alice",
      "bob",
      "carol",
    ]);
  });

  it("that somebody left ends what they send", () => {
    const talking = applyChange(call, joined(5)).call;
    const left = applyChange(talking, {
      type: "call:participant-left",
      callId: "call-1",
      version: 6,
      userId: "bob",
      reason: "connection_lost",
    });
    expect(left.call.participants[1]).toMatchObject({
      status: "left",
      leaveReason: "connection_lost",
      media: { audio: false, video: false, screen: false },
    });
  });

  it("may be of its recording: on, and off again", () => {
    const changed = (version: number, recording: ReturnType<typeof callRecording> | null) => ({
      type: "call:recording-changed" as const,
      callId: "call-1",
      version,
      recording,
      stopped: null,
    });
    const on = applyChange(call, changed(5, callRecording()));
    expect(on).toEqual({
      call: { ...call, version: 5, recording: callRecording() },
      gap: false,
    });
    expect(applyChange(on.call, changed(6, null)).call.recording).toBeNull();
    expect(applyChange(call, changed(6, null))).toEqual({ call, gap: true });
  });
});
