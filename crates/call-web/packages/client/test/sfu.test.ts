import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { CallError, ConnectionError } from "../src/errors.js";
import { Sfu } from "../src/sfu.js";
import type { MediaAnswer } from "../src/sfu-session.js";
import { bySource } from "../src/way.js";
import { asConnection, FakeConnection, installMedia } from "./support/fake-connection.js";
import { type Line, sfuOffer } from "./support/sfu-offer.js";
import { settle } from "./support/world.js";

let sfu: Sfu;
let answers: MediaAnswer[];
let asked: (string | null)[];
let opened: number;
let refusal: unknown;

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
  answers = [];
  asked = [];
  opened = 0;
  refusal = null;
  sfu = new Sfu({
    clock: systemClock,
    connect: (configuration) => new asConnection(configuration),
    ice: async () => ({ rtc: { iceTransportPolicy: "relay" }, renewAt: null }),
    sources: () => bySource(() => null),
    answer: async (answer) => {
      answers.push(answer);
      if (refusal) throw refusal;
    },
    restart: async (session) => {
      asked.push(session);
    },
    opened: () => {
      opened += 1;
    },
    message: () => undefined,
    changed: () => undefined,
    debug: () => undefined,
  });
});
afterEach(() => {
  sfu.close();
  vi.useRealTimers();
});

const bob = sfuOffer([["bob", "audio"]]);
const again = sfuOffer([["bob", "audio"]], { session: "session-2" });

/** Connected by its first session, with bob in it. */
async function connected(): Promise<FakeConnection> {
  sfu.want(true);
  sfu.offer(bob);
  await settle();
  FakeConnection.last.become("connected");
  return FakeConnection.last;
}

describe("the way by an SFU", () => {
  it("is made by its offer, and then asked for pictures", async () => {
    const connection = await connected();
    expect(sfu.state).toBe("connected");
    expect(sfu.way("bob")).not.toBeNull();
    expect(answers).toHaveLength(1);
    expect(opened).toBe(1);
    // The others see no addresses here, so there is nothing to hide behind a relay.
    expect(connection.configuration.iceTransportPolicy).toBe("all");
  });

  it("keeps an offer that comes before it is wanted", async () => {
    sfu.offer(bob);
    await settle();
    expect(FakeConnection.all).toHaveLength(0);
    sfu.want(true);
    await settle();
    expect(answers).toHaveLength(1);
  });

  it("takes the latest of the offers that come while it is made", async () => {
    sfu.want(true);
    sfu.offer(bob);
    sfu.offer(again);
    await settle();
    expect(FakeConnection.all).toHaveLength(1);
    expect(answers.map(({ session }) => session)).toEqual(["session-2"]);
  });

  it("is let go when it is not wanted, and not brought back by offers of then", async () => {
    const connection = await connected();
    sfu.want(false);
    expect(connection.connectionState).toBe("closed");
    sfu.offer({ ...bob, revision: 2 });
    sfu.want(true);
    await settle();
    expect(FakeConnection.all).toHaveLength(1);
    sfu.offer(again);
    await settle();
    expect(FakeConnection.all).toHaveLength(2);
  });
});

describe("an answer", () => {
  it("that got lost is said again when the way to the server is back", async () => {
    refusal = new ConnectionError();
    await connected();
    refusal = null;
    sfu.signallingRestored();
    expect(answers).toEqual([answers[0], answers[0]]);
    await settle();
    sfu.signallingRestored();
    expect(answers).toHaveLength(2);
  });

  it("is said again to an offer that comes again", async () => {
    await connected();
    sfu.offer(bob);
    await settle();
    expect(answers).toEqual([answers[0], answers[0]]);
  });

  it("for a session that the server has lost leads to a new one", async () => {
    refusal = new CallError("unknown_session", "lost");
    sfu.want(true);
    sfu.offer(bob);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([null]);
  });

  it("that is overtaken is nothing to worry about", async () => {
    refusal = new CallError("stale_answer", "late");
    await connected();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([]);
  });
});

describe("a new session", () => {
  it("leaves the last picture of the old one until it has one itself", async () => {
    const old = await connected();
    const before = sfu.way("bob");
    sfu.offer(again);
    await settle();
    expect(opened).toBe(2);
    expect(sfu.state).toBe("new");
    expect(sfu.way("bob")).toBe(before);
    FakeConnection.last.become("connected");
    sfu.advance(["bob"], () => false);
    expect(sfu.way("bob")).toBe(before);
    sfu.advance(["bob"], () => true);
    expect(sfu.way("bob")?.id).toBe("session-2");
    expect(sfu.replacing).toBe(false);
    expect(old.connectionState).toBe("closed");
  });

  it("shows each as they come, and waits for the last a while only", async () => {
    const lines = (userId: string): Line[] => [
      [userId, "audio"],
      [userId, "video"],
    ];
    const both = [...lines("bob"), ...lines("carol")];
    sfu.want(true);
    sfu.offer(sfuOffer(both));
    await settle();
    FakeConnection.last.become("connected");
    const picture = sfu.way("carol")?.tracks.video;
    const sound = sfu.way("carol")?.tracks.audio;
    sfu.offer(sfuOffer(both, { session: "session-2" }));
    await settle();
    FakeConnection.last.become("connected");
    const people = ["bob", "carol"];
    expect(sfu.next(people)).toHaveLength(2);
    sfu.advance(people, (userId, _, what) => userId === "bob" || what === "sound");
    expect(sfu.way("bob")?.tracks.video).not.toBe(picture);
    // Carol is heard by the new session; her last picture stays.
    expect(sfu.way("carol")?.tracks.audio).not.toBe(sound);
    expect(sfu.way("carol")?.tracks.video).toBe(picture);
    expect(sfu.way("carol")?.state).toBe("connected");
    await vi.advanceTimersByTimeAsync(10_000);
    sfu.advance(people, () => false);
    expect(sfu.way("carol")?.tracks.video).not.toBe(picture);
    expect(sfu.replacing).toBe(false);
  });

  it("takes the place at once of one that never had media", async () => {
    sfu.want(true);
    sfu.offer(bob);
    await settle();
    const never = FakeConnection.last;
    sfu.offer(again);
    await settle();
    expect(sfu.replacing).toBe(false);
    expect(never.connectionState).toBe("closed");
  });
});

describe("what is looked at", () => {
  const rids = (connection: FakeConnection) =>
    connection
      .getTransceivers()
      .find(({ mid }) => mid === "v")
      ?.sender.parameters.encodings.filter(({ active }) => active)
      .map(({ rid }) => rid);

  it("is all that is sent, by the old session, too", async () => {
    const old = await connected();
    expect(rids(old)).toEqual(["q", "h", "f"]);
    sfu.look({ video: "low" });
    await settle();
    expect(rids(old)).toEqual(["q"]);
    sfu.offer(again);
    await settle();
    expect(rids(FakeConnection.last)).toEqual(["q"]);
    sfu.look({ video: "medium" });
    await settle();
    expect(FakeConnection.all.map(rids)).toEqual([
      ["q", "h"],
      ["q", "h"],
    ]);
    sfu.look({});
    await settle();
    expect(rids(FakeConnection.last)).toEqual(["q", "h", "f"]);
  });

  it("may be told before there is a session", async () => {
    sfu.look({ video: "low" });
    const connection = await connected();
    expect(rids(connection)).toEqual(["q"]);
  });

  it("is forgotten with the way", async () => {
    await connected();
    sfu.look({ video: "low" });
    sfu.want(false);
    // Of the room that is about to be closed.
    sfu.look({ video: "low" });
    sfu.want(true);
    sfu.offer(again);
    await settle();
    expect(FakeConnection.all).toHaveLength(2);
    expect(rids(FakeConnection.last)).toEqual(["q", "h", "f"]);
  });
});
