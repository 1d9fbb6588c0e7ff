import type { CallEvent, HistoryItem, QualityPoint, WireCall } from "call-client";
import { describe, expect, test } from "vitest";
import { eventWords } from "../src/call-page/eventWords.js";
import { handoversOf, lanesOf, recordedOf } from "../src/call-page/lanes.js";
import { chartData } from "../src/call-page/series.js";
import { bands } from "../src/call-page/TimeLine.js";
import { describe as describeCall } from "../src/parts/HistoryRow.js";
import { isJoinable } from "../src/parts/joinable.js";
import { matching } from "../src/parts/PeopleList.js";
import { byDay } from "../src/screens/RecentCalls.js";

const start = Date.parse("2026-11-01T10:00:00.000Z");
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

function event(seconds: number, type: string, userId: string | null, data = {}): CallEvent {
  return { version: 1, at: at(seconds), type, userId, deviceId: null, data };
}

const call = {
  id: "c",
  type: "video",
  createdAt: at(0),
  endedAt: at(60),
  participants: [{ userId: "ada" }, { userId: "ben" }],
} as WireCall;

describe("lanes", () => {
  const seconds = (stretches: { activity: string; from: number; to: number }[]) =>
    stretches.map(({ activity, from, to }) => [
      activity,
      (from - start) / 1000,
      (to - start) / 1000,
    ]);

  test("follow each person from the ring to the end", () => {
    const { lanes } = lanesOf(
      call,
      [
        event(0, "created", "ada"),
        event(0, "invited", "ben"),
        event(5, "answered", "ben"),
        event(6, "joined", "ben"),
        event(6, "joined", "ada"),
        event(10, "media_changed", "ben", { media: { audio: false, video: true, screen: false } }),
        event(20, "disconnected", "ben"),
        event(25, "resumed", "ben"),
        event(30, "media_changed", "ben", { media: { audio: true, video: true, screen: true } }),
        event(60, "left", "ben"),
        event(60, "ended", "ada"),
      ],
      0,
    );
    const [ada, ben] = lanes;
    expect(seconds(ada?.main ?? [])).toEqual([
      ["ringing", 0, 6],
      ["joined", 6, 60],
    ]);
    expect(seconds(ben?.main ?? [])).toEqual([
      ["ringing", 0, 5],
      ["connecting", 5, 6],
      ["joined", 6, 20],
      ["reconnecting", 20, 25],
      ["joined", 25, 60],
    ]);
    expect(seconds(ben?.extra ?? [])).toEqual([
      ["muted", 10, 30],
      ["sharing", 30, 60],
    ]);
  });

  test("of a group: coming in later, being muted and put out", () => {
    const { lanes } = lanesOf(
      call,
      [
        event(4, "entered", "ben"),
        event(5, "joined", "ben"),
        event(10, "muted", "ben", { by: "ada", media: { audio: false, video: true } }),
        event(20, "removed", "ben", { by: "ada" }),
      ],
      0,
    );
    expect(seconds(lanes[1]?.main ?? [])).toEqual([
      ["connecting", 4, 5],
      ["joined", 5, 20],
    ]);
    expect(seconds(lanes[1]?.extra ?? [])).toEqual([["muted", 10, 20]]);
  });

  test("have marks where media took another way", () => {
    const marks = handoversOf([
      event(3, "topology_changed", null, { topology: "sfu", sfuRoomId: "c-3" }),
      event(4, "joined", "ben"),
      event(40, "topology_changed", null, { topology: "p2p", sfuRoomId: null }),
      event(50, "topology_changed", null, { topology: "moon" }),
    ]);
    expect(marks.map(({ at: when, to }) => [(when - start) / 1000, to])).toEqual([
      [3, "sfu"],
      [40, "p2p"],
    ]);
  });

  test("have one for when the call was recorded", () => {
    const recorded = (events: CallEvent[]) =>
      recordedOf(events, start + 60_000).map(({ from, to }) => [
        (from - start) / 1000,
        (to - start) / 1000,
      ]);
    const [on, off] = ["recording_started", "recording_stopped"];
    expect(recorded([])).toEqual([]);
    expect(
      recorded([
        event(3, on, "ada"),
        event(10, off, "ada"),
        event(20, "muted", "ben"),
        event(30, on, null),
      ]),
    ).toEqual([
      [3, 10],
      [30, 60],
    ]);
    expect(recorded([event(3, off, null), event(4, on, null), event(5, on, null)])).toEqual([
      [4, 60],
    ]);
  });

  test("of a call that goes on end now", () => {
    const now = start + 9000;
    const live = { ...call, endedAt: null } as WireCall;
    const { lanes, to } = lanesOf(live, [event(0, "invited", "ben")], now);
    expect(to).toBe(now);
    expect(seconds(lanes[1]?.main ?? [])).toEqual([["ringing", 0, 9]]);
  });

  test("take no harm from strange events", () => {
    const { lanes } = lanesOf(
      call,
      [
        event(1, "something_new", "ben"),
        event(2, "joined", "stranger"),
        event(3, "media_changed", "ben", { media: "loud" }),
        event(4, "started", null),
      ],
      0,
    );
    expect(lanes.every((lane) => lane.main.length === 0 && lane.extra.length === 0)).toBe(true);
  });
});

describe("events in words", () => {
  const before = { audio: true, video: true, screen: false };
  const media = (change: object) =>
    event(0, "media_changed", "ben", { media: { ...before, ...change } });
  test("a media change says only what differs", () => {
    expect(eventWords(media({ audio: false }), () => "Ben", before)).toBe(
      "Ben muted the microphone",
    );
    expect(eventWords(media({ video: false, screen: true }), () => "Ben", before)).toBe(
      "Ben turned the camera off, Ben shared the screen",
    );
    expect(eventWords(media({}), () => "Ben", before)).toBeNull();
  });
  test("of group calls: who did what to whom", () => {
    const name = (userId: string) => ({ ben: "Ben", ada: "Ada" })[userId] ?? userId;
    const says = (type: string, data: object, userId: string | null = "ben") =>
      eventWords(event(0, type, userId, data), name, before);
    expect(says("added", { by: "ada" })).toBe("Ada added Ben");
    expect(says("removed", { by: "ada" })).toBe("Ada removed Ben");
    expect(says("removed", {})).toBe("Ben was removed");
    expect(says("entered", {})).toBe("Ben joined the call");
    expect(says("role_changed", { by: "ada", role: "moderator" })).toBe("Ada made Ben a moderator");
    expect(says("role_changed", { by: "ada", role: "participant" })).toBe(
      "Ada took the moderator role from Ben",
    );
    expect(says("hand_raised", {})).toBe("Ben raised the hand");
    expect(says("hand_lowered", {})).toBe("Ben lowered the hand");
    expect(says("topology_changed", { topology: "sfu" }, null)).toBe(
      "Media goes over the server from here on",
    );
    expect(says("topology_changed", { topology: "p2p" }, null)).toBe(
      "Media goes directly between devices from here on",
    );
  });
  test("a moderator's mute says what was on and is off", () => {
    const name = (userId: string) => (userId === "ben" ? "Ben" : "Ada");
    const muted = (media: object) =>
      eventWords(event(0, "muted", "ben", { by: "ada", media }), name, before);
    expect(muted({ audio: false, video: true, screen: false })).toBe(
      "Ada turned the microphone of Ben off",
    );
    expect(muted({ audio: false, video: false, screen: false })).toBe(
      "Ada turned the microphone and the camera of Ben off",
    );
    expect(muted({ audio: true, video: true, screen: false })).toBeNull();
  });
  test("of a recording: who began and stopped it, what went wrong, who agreed", () => {
    const faults = { disk_full: "the disk is full" };
    const says = (type: string, data: object, userId: string | null = "ben") =>
      eventWords(event(0, type, userId, data), () => "Ben", before, faults);
    expect(says("recording_started", { mode: "tracks" })).toBe("Ben began to record the call");
    expect(says("recording_started", {}, null)).toBe("The recording began by itself");
    expect(says("recording_stopped", { cause: null })).toBe("Ben stopped the recording");
    expect(says("recording_stopped", { cause: null }, null)).toBe("The recording ended");
    expect(says("recording_stopped", { cause: "disk_full" }, null)).toBe(
      "The recording ended: the disk is full",
    );
    expect(says("recording_stopped", { cause: "moonlight" }, null)).toBe(
      "The recording ended: moonlight",
    );
    expect(says("recording_stopped", { cause: "constructor" }, null)).toContain("constructor");
    expect(says("recording_consent", { given: true })).toBe("Ben agreed to be recorded");
    expect(says("recording_consent", { given: false })).toBe("Ben did not agree to be recorded");
    expect(says("recording_consent", {})).toBe("recording_consent");
  });
  test("data that is not understood is shown by the event's name", () => {
    const says = (type: string, data: object) =>
      eventWords(event(0, type, "ben", data), () => "Ben", before);
    expect(says("topology_changed", { topology: "carrier-pigeon" })).toBe("topology_changed");
    expect(says("role_changed", { role: 7 })).toBe("role_changed");
  });
  test("an event from a newer server is shown by its name", () => {
    expect(eventWords(event(0, "teleported", "ben"), () => "Ben", before)).toBe("teleported");
  });
});

function point(seconds: number, change: Partial<QualityPoint> = {}): QualityPoint {
  return {
    userId: "ada",
    peerId: "ben",
    at: at(seconds),
    quality: "good",
    score: 4,
    roundTripTime: 0.05,
    jitter: 0.01,
    packetLoss: 0.02,
    bitrateIn: 500_000,
    bitrateOut: null,
    ...change,
  };
}

describe("charts", () => {
  test("lines share their times, with gaps where one has no figure", () => {
    const points = [point(0), point(2, { userId: "ben", peerId: "ada" }), point(4)];
    const { times, lines } = chartData(points, "roundTripTime");
    expect(times).toHaveLength(3);
    expect(lines.map((line) => line.values)).toEqual([
      [50, null, 50],
      [null, 50, null],
    ]);
  });
  test("units are those of the axis", () => {
    const first = (measure: "packetLoss" | "bitrateIn") =>
      chartData([point(0)], measure).lines[0]?.values[0];
    expect(first("packetLoss")).toBeCloseTo(2);
    expect(first("bitrateIn")).toBeCloseTo(500);
  });
});

test("quality bands: equal ones join, silence parts them", () => {
  const found = bands([point(2), point(4), point(6, { quality: "poor" }), point(60)]).map(
    ({ from, to, quality }) => [quality, (from - start) / 1000, (to - start) / 1000],
  );
  expect(found).toEqual([
    ["good", 0, 4],
    ["poor", 4, 6],
    ["good", 58, 60],
  ]);
});

test("people are found by name and by id, in the order of their names", () => {
  const people = [
    { userId: "z1", name: "Zoe" },
    { userId: "a9", name: "Ada" },
    { userId: "ben", name: "Ben" },
  ];
  expect(matching(people, "").map(({ name }) => name)).toEqual(["Ada", "Ben", "Zoe"]);
  expect(matching(people, "A9").map(({ name }) => name)).toEqual(["Ada"]);
  expect(matching(people, " be ").map(({ name }) => name)).toEqual(["Ben"]);
});

describe("history", () => {
  const item = (change: Partial<HistoryItem>) =>
    ({
      ...call,
      direction: "outgoing",
      outcome: "answered",
      durationMs: null,
      ...change,
    }) as HistoryItem;
  test("a line says direction, type and duration", () => {
    expect(describeCall(item({ durationMs: 247_000 }), "en")).toBe(
      "Outgoing video call · 4 min 7 sec",
    );
    expect(
      describeCall(item({ direction: "incoming", outcome: "missed", type: "audio" }), "en"),
    ).toBe("Missed audio call");
    expect(describeCall(item({ outcome: "no_answer" }), "en")).toBe("No answer video call");
  });
  test("is grouped by day", () => {
    const days = byDay([
      item({ id: "1", createdAt: "2026-11-02T12:00:00Z" }),
      item({ id: "2", createdAt: "2026-11-02T11:00:00Z" }),
      item({ id: "3", createdAt: "2026-10-30T11:00:00Z" }),
    ]);
    expect(days.map(({ items }) => items.map(({ id }) => id))).toEqual([["1", "2"], ["3"]]);
  });
});

test("a call can be joined where nobody answered for me, or on the device that did", () => {
  const live = (status: string, deviceId: string | null = null, people = 2) =>
    ({
      ...call,
      status: "active",
      participants: [
        { userId: "me", status, deviceId },
        ...Array.from({ length: people - 1 }, (_, index) => ({ userId: `other-${index}` })),
      ],
    }) as WireCall;
  expect(isJoinable(live("alerting"), "me", "here")).toBe(true);
  expect(isJoinable(live("joined", "here"), "me", "here")).toBe(true);
  expect(isJoinable(live("joined", "there"), "me", "here")).toBe(false);
  expect(isJoinable(live("missed", null, 3), "me", "here")).toBe(true);
  expect(isJoinable(live("missed", null, 2), "me", "here")).toBe(false);
  expect(isJoinable(live("left", "here", 3), "me", "here")).toBe(true);
  expect(isJoinable(live("failed", "here", 3), "me", "here")).toBe(true);
  expect(isJoinable(live("left", "here", 2), "me", "here")).toBe(false);
  expect(isJoinable(live("removed", "here", 3), "me", "here")).toBe(false);
  expect(isJoinable(live("joined", "here"), "stranger", "here")).toBe(false);
  expect(isJoinable({ ...live("joined", "here"), status: "ended" }, "me", "here")).toBe(false);
});
