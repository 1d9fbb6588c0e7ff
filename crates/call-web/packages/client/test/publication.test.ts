import { describe, expect, it } from "vitest";
import { layerOf, layersOf, Publication, type WantedLayers } from "../src/publication.js";
import { bySource } from "../src/way.js";
import { FakeConnection, FakeTrack } from "./support/fake-connection.js";

const asTrack = (track: FakeTrack | null) => track as unknown as MediaStreamTrack | null;

/** The places of an SFU's offer. */
function places() {
  const connection = new FakeConnection();
  connection.addTransceiver("audio");
  connection.addTransceiver("video", { rids: ["q", "h", "f"] });
  connection.addTransceiver("video", { rids: ["h", "f"] });
  connection.addTransceiver("audio");
  const [audio, video, screen, screenAudio] = connection.getTransceivers();
  const all = { audio: audio!, video: video!, screen: screen!, screenAudio: screenAudio! };
  const asPlaces = bySource((source) => all[source] as unknown as RTCRtpTransceiver);
  return { all, asPlaces };
}

describe("the layers of a camera", () => {
  it("are a quarter, a half and all of it, and cost accordingly", () => {
    const [q, h, f] = ["q", "h", "f"].map((rid) => layerOf("video", rid, 720));
    expect([q, h, f].map((layer) => layer?.scaleResolutionDownBy)).toEqual([4, 2, 1]);
    expect(q!.maxBitrate).toBeLessThan(h!.maxBitrate);
    expect(h!.maxBitrate).toBeLessThan(f!.maxBitrate);
    expect([q, h, f].every((layer) => layer?.active)).toBe(true);
  });

  it("are never larger than 720 lines", () => {
    expect(layerOf("video", "f", 1080).scaleResolutionDownBy).toBe(1.5);
    expect(layerOf("video", "q", 1080).scaleResolutionDownBy).toBe(6);
  });

  it("leave out what is too small to show anything", () => {
    expect(layerOf("video", "q", 240).active).toBe(false);
    expect(layerOf("video", "h", 240).active).toBe(true);
    expect(layerOf("video", "f", 60).active).toBe(true);
  });

  it("are one, the largest, where none is named", () => {
    expect(layerOf("video", undefined, 720)).toEqual(layerOf("video", "f", 720));
  });
});

describe("the layers of a screen", () => {
  it("keep their lines and lose frames", () => {
    expect(layerOf("screen", "f", 2160)).toMatchObject({ scaleResolutionDownBy: 1 });
    expect(layerOf("screen", "h", 1080).maxFramerate).toBeLessThan(
      layerOf("video", "h", 1080).maxFramerate,
    );
  });
});

describe("the layers that nobody looks at", () => {
  const active = (...args: Parameters<typeof layersOf>) =>
    layersOf(...args).map((layer) => layer.active);

  it("are off, and the others are as ever", () => {
    const rids = ["q", "h", "f"];
    expect(active("video", rids, 720)).toEqual([true, true, true]);
    expect(active("video", rids, 720, "high")).toEqual([true, true, true]);
    expect(active("video", rids, 720, "medium")).toEqual([true, true, false]);
    expect(active("video", rids, 720, "low")).toEqual([true, false, false]);
    // In whichever order a browser keeps them.
    expect(active("video", ["f", "h", "q"], 720, "low")).toEqual([false, false, true]);
    const all = layersOf("video", rids, 720).map((layer) => ({ ...layer, active: true }));
    const few = layersOf("video", rids, 720, "low").map((layer) => ({ ...layer, active: true }));
    expect(few).toEqual(all);
  });

  it("leave a screen its smaller one", () => {
    expect(active("screen", ["h", "f"], 1080, "low")).toEqual([true, false]);
    expect(active("screen", ["h", "f"], 1080, "medium")).toEqual([true, false]);
    expect(active("screen", ["h", "f"], 1080, "high")).toEqual([true, true]);
  });

  it("never are all that there is", () => {
    expect(active("video", [undefined], 720, "low")).toEqual([true]);
    // Too small a picture for the first, or for the first two.
    expect(active("video", ["q", "h", "f"], 240, "low")).toEqual([false, true, false]);
    expect(active("video", ["q", "h", "f"], 90, "low")).toEqual([false, false, true]);
  });
});

describe("the places of this device", () => {
  it("are all opened for sending, whether or not there is anything to send", () => {
    const { all, asPlaces } = places();
    new Publication(asPlaces);
    expect(Object.values(all).map(({ direction }) => direction)).toEqual(Array(4).fill("sendonly"));
  });

  it("take tracks and layers without negotiation", async () => {
    const { all, asPlaces } = places();
    const camera = new FakeTrack("video", "camera", { width: 1280, height: 720 });
    const publication = new Publication(asPlaces);
    await publication.send(bySource((source) => (source === "video" ? asTrack(camera) : null)));
    expect(all.video.sender.track).toBe(camera);
    expect(all.audio.sender.track).toBeNull();
    expect(all.video.sender.parameters.encodings).toMatchObject([
      { rid: "q", scaleResolutionDownBy: 4 },
      { rid: "h", scaleResolutionDownBy: 2 },
      { rid: "f", scaleResolutionDownBy: 1 },
    ]);
    expect(all.screen.sender.parameters.encodings).toMatchObject([{ rid: "h" }, { rid: "f" }]);
    await publication.send(bySource(() => null));
    expect(all.video.sender.track).toBeNull();
  });

  it("keep layers apart that a codec would put into one stream", async () => {
    const { all, asPlaces } = places();
    const publication = new Publication(asPlaces);
    await publication.shape();
    expect(all.video.sender.parameters.encodings[0]).not.toHaveProperty("scalabilityMode");
    all.video.sender.parameters.codecs = [{ mimeType: "video/VP9" }];
    await publication.shape();
    expect(all.video.sender.parameters.encodings).toMatchObject(
      Array(3).fill({ scalabilityMode: "L1T1" }),
    );
  });

  it("turn layers off and on again, in place", async () => {
    const { all, asPlaces } = places();
    let wanted: WantedLayers = {};
    const publication = new Publication(asPlaces, () => wanted);
    await publication.shape();
    const before = structuredClone(all.video.sender.parameters.encodings);
    expect(before.map(({ rid, active }) => [rid, active])).toEqual([
      ["q", true],
      ["h", true],
      ["f", true],
    ]);
    wanted = { video: "low", screen: "medium" };
    await publication.shape();
    expect(all.video.sender.parameters.encodings).toEqual(
      before.map((encoding) => ({ ...encoding, active: encoding.rid === "q" })),
    );
    expect(all.screen.sender.parameters.encodings).toMatchObject([
      { rid: "h", active: true },
      { rid: "f", active: false },
    ]);
    // A picture of another size leaves it at that.
    const camera = new FakeTrack("video", "camera", { width: 640, height: 480 });
    await publication.send(bySource((source) => (source === "video" ? asTrack(camera) : null)));
    expect(all.video.sender.parameters.encodings).toMatchObject([
      { active: true },
      { active: false },
      { active: false },
    ]);
    wanted = {};
    await publication.shape();
    expect(all.video.sender.parameters.encodings.every(({ active }) => active)).toBe(true);
  });

  it("have more again at once, though less is just being set", async () => {
    const { all, asPlaces } = places();
    let wanted: WantedLayers = {};
    const publication = new Publication(asPlaces, () => wanted);
    await publication.shape();
    const { sender } = all.video;
    const set = sender.setParameters;
    let go: () => void = () => undefined;
    // Until it is done, the sender tells what it had.
    sender.setParameters = async (parameters) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      await set(parameters);
    };
    wanted = { video: "low" };
    const less = publication.shape();
    await Promise.resolve();
    sender.setParameters = set;
    wanted = { video: "high" };
    const more = publication.shape();
    go();
    await Promise.all([less, more]);
    expect(sender.parameters.encodings.every(({ active }) => active)).toBe(true);
  });

  it("go on after a sender that failed", async () => {
    const { all, asPlaces } = places();
    const publication = new Publication(asPlaces);
    const { getParameters } = all.video.sender;
    all.video.sender.getParameters = () => {
      throw new DOMException("closed", "InvalidStateError");
    };
    await expect(publication.shape()).rejects.toThrow("closed");
    all.video.sender.getParameters = getParameters;
    await publication.shape();
    expect(all.video.sender.parameters.encodings).toMatchObject([{ maxBitrate: 150_000 }, {}, {}]);
  });

  it("do without those that a browser dropped", async () => {
    const publication = new Publication(bySource(() => undefined));
    await expect(publication.send(bySource(() => null))).resolves.toBeUndefined();
  });
});
