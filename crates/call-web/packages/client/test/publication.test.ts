import { describe, expect, it } from "vitest";
import { layerOf, Publication } from "../src/publication.js";
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

  it("do without those that a browser dropped", async () => {
    const publication = new Publication(bySource(() => undefined));
    await expect(publication.send(bySource(() => null))).resolves.toBeUndefined();
  });
});
