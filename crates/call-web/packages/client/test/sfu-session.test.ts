import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { type MediaAnswer, SfuSession } from "../src/sfu-session.js";
import { type BySource, bySource } from "../src/way.js";
import { FakeConnection, FakeTrack, installMedia } from "./support/fake-connection.js";
import { sfuOffer } from "./support/sfu-offer.js";
import { settle } from "./support/world.js";

let connection: FakeConnection;
let session: SfuSession;
let sources: BySource<MediaStreamTrack | null>;
let answers: MediaAnswer[];
let faults: unknown[];
let changes: number;
let messages: unknown[];

const asTrack = (track: FakeTrack) => track as unknown as MediaStreamTrack;

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
  connection = new FakeConnection();
  sources = bySource(() => null);
  answers = [];
  faults = [];
  changes = 0;
  messages = [];
  const ice = { rtc: {}, renewAt: null };
  session = new SfuSession("session-1", connection as unknown as RTCPeerConnection, ice, {
    clock: systemClock,
    sources: () => sources,
    wanted: () => ({}),
    changed: () => {
      changes += 1;
    },
    answer: (_, answer) => answers.push(answer),
    message: (message) => messages.push(message),
    renew: () => undefined,
    fault: (_, error) => faults.push(error),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const place = (mid: string) => connection.getTransceivers().find((each) => each.mid === mid)!;
const trackAt = (mid: string) => place(mid).receiver.track as unknown as MediaStreamTrack;

describe("an offer of the SFU", () => {
  it("is answered, with what is on in its places", async () => {
    const camera = new FakeTrack("video", "camera", { width: 1280, height: 720 });
    sources = { ...sources, video: asTrack(camera) };
    session.offer(sfuOffer());
    await settle();
    expect(answers).toMatchObject([{ session: "session-1", revision: 1 }]);
    expect(connection.signalingState).toBe("stable");
    expect(["a", "v", "s", "sa"].map((mid) => place(mid).direction)).toEqual(
      Array(4).fill("sendonly"),
    );
    expect(place("v").sender.track).toBe(camera);
    expect(place("v").sender.parameters.encodings.map(({ rid }) => rid)).toEqual(["q", "h", "f"]);
    expect(faults).toEqual([]);
  });

  it("says whose media comes where", async () => {
    session.offer(
      sfuOffer([
        ["bob", "audio"],
        ["bob", "video"],
        ["carol", "screen"],
      ]),
    );
    await settle();
    expect(session.way("bob")?.tracks).toEqual({
      audio: trackAt("0"),
      video: trackAt("1"),
      screen: null,
      screenAudio: null,
    });
    expect(session.way("bob")?.mids.video).toBe("1");
    expect(session.way("carol")?.tracks.screen).toBe(trackAt("2"));
    expect(session.way("dave")).toBeNull();
    expect(place("0").direction).toBe("recvonly");
  });

  it("may give a place to somebody else", async () => {
    session.offer(sfuOffer([["bob", "video"]]));
    await settle();
    const bob = session.way("bob");
    session.offer(sfuOffer([["carol", "video"]], { revision: 2 }));
    await settle();
    expect(session.way("bob")).toBeNull();
    expect(session.way("carol")?.tracks.video).toBe(bob?.tracks.video);
  });

  it("leaves the ways that it does not change as they are", async () => {
    session.offer(sfuOffer([["bob", "video"]]));
    await settle();
    const bob = session.way("bob");
    session.offer(
      sfuOffer(
        [
          ["bob", "video"],
          ["carol", "video"],
        ],
        { revision: 2 },
      ),
    );
    await settle();
    expect(session.way("bob")).toBe(bob);
  });

  it("does without a place that the browser dropped", async () => {
    const offer = sfuOffer([["bob", "audio"]]);
    offer.tracks.push({ mid: "7", userId: "bob", source: "video" });
    session.offer(offer);
    await settle();
    expect(session.way("bob")?.tracks.video).toBeNull();
    expect(session.way("bob")?.tracks.audio).not.toBeNull();
  });

  it("is worked off in its turn, and left out when it was overtaken", async () => {
    let go: () => void = () => undefined;
    connection.describing = new Promise((resolve) => {
      go = resolve;
    });
    session.offer(sfuOffer([], { revision: 1 }));
    session.offer(sfuOffer([["bob", "audio"]], { revision: 2 }));
    session.offer(
      sfuOffer(
        [
          ["bob", "audio"],
          ["bob", "video"],
        ],
        { revision: 3 },
      ),
    );
    session.offer(sfuOffer([], { revision: 2 }));
    await settle();
    expect(answers).toEqual([]);
    connection.describing = null;
    go();
    await settle();
    // The server forgot the first two when it made the third.
    expect(answers.map(({ revision }) => revision)).toEqual([3]);
    expect(session.way("bob")?.tracks.video).not.toBeNull();
  });

  it("that the browser refuses is told", async () => {
    session.offer(sfuOffer([], { sdp: "nonsense" }));
    await settle();
    expect(faults).toHaveLength(1);
    expect(answers).toEqual([]);
  });

  it("comes too late for a closed session", async () => {
    session.close();
    session.offer(sfuOffer());
    await settle();
    expect(answers).toEqual([]);
    expect(session.state).toBe("closed");
  });
});

describe("what this device sends", () => {
  it("is changed without negotiation", async () => {
    session.offer(sfuOffer());
    await settle();
    const screen = new FakeTrack("video", "screen", { width: 1920, height: 1080 });
    sources = { ...sources, screen: asTrack(screen) };
    await session.tracksChanged();
    expect(place("s").sender.track).toBe(screen);
    expect(answers).toHaveLength(1);
  });
});

describe("a way by the SFU", () => {
  it("flows once media has arrived", async () => {
    session.offer(sfuOffer([["bob", "audio"]]));
    await settle();
    expect(session.way("bob")?.flowing).toBe(false);
    const before = changes;
    connection.unmute();
    expect(session.way("bob")?.flowing).toBe(true);
    expect(changes).toBeGreaterThan(before);
  });

  it("stands where its connection stands", async () => {
    session.offer(sfuOffer([["bob", "audio"]]));
    await settle();
    connection.become("connected");
    expect(session.way("bob")?.state).toBe("connected");
    session.close();
    expect(session.way("bob")?.state).toBe("closed");
  });
});

describe("messages", () => {
  it("have a channel that is opened with the first answer, once", async () => {
    expect(session.sendMessage("early")).toBe(false);
    session.offer(sfuOffer());
    session.offer(sfuOffer([], { revision: 2 }));
    await settle();
    session.offer(sfuOffer([], { revision: 3 }));
    await settle();
    expect(connection.channels).toHaveLength(1);
    expect(session.sendMessage("hello")).toBe(true);
    connection.channels[0]?.onmessage?.({ data: '{"from":"bob","data":"hi"}' });
    expect(messages).toEqual([{ userId: "bob", data: "hi" }]);
  });
});
