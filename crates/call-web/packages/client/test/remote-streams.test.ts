import { beforeEach, describe, expect, it, vi } from "vitest";
import { RemoteStreams } from "../src/remote-streams.js";
import { type BySource, bySource } from "../src/way.js";
import { FakeTrack, installMedia } from "./support/fake-connection.js";

beforeEach(() => {
  installMedia();
});

type Tracks = BySource<MediaStreamTrack | null>;

function tracks(): Tracks {
  return bySource((source) => {
    const kind = source === "audio" || source === "screenAudio" ? "audio" : "video";
    return new FakeTrack(kind) as unknown as MediaStreamTrack;
  });
}

describe("the streams of somebody", () => {
  it("stay the same while their tracks are replaced", () => {
    const streams = new RemoteStreams();
    const { stream, screenStream, screenAudioStream } = streams;
    const [old, fresh] = [tracks(), tracks()];
    streams.show(old);
    streams.show(fresh);
    expect(streams.stream).toBe(stream);
    expect(stream.getTracks()).toEqual([fresh.audio, fresh.video]);
    expect(screenStream.getTracks()).toEqual([fresh.screen]);
    expect(screenAudioStream.getTracks()).toEqual([fresh.screenAudio]);
  });

  it("have one picture at a time: Firefox shows none that is added beside another", () => {
    const streams = new RemoteStreams();
    streams.show(tracks());
    const counts: number[] = [];
    streams.stream.addEventListener("addtrack", () => {
      counts.push(streams.stream.getVideoTracks().length);
    });
    streams.show(tracks());
    expect(Math.max(...counts)).toBe(1);
  });

  it("are never without sound in between", () => {
    const streams = new RemoteStreams();
    streams.show(tracks());
    const counts: number[] = [];
    const count = () => counts.push(streams.stream.getAudioTracks().length);
    streams.stream.addEventListener("addtrack", count);
    streams.stream.addEventListener("removetrack", count);
    streams.show(tracks());
    expect(Math.min(...counts)).toBe(1);
    expect(streams.stream.getTracks()).toHaveLength(2);
  });

  it("tell of nothing when nothing changes", () => {
    const streams = new RemoteStreams();
    const same = tracks();
    streams.show(same);
    const told = vi.fn();
    streams.stream.addEventListener("addtrack", told);
    streams.stream.addEventListener("removetrack", told);
    streams.show({ ...same });
    expect(told).not.toHaveBeenCalled();
    streams.show({ ...same, video: null });
    expect(told).toHaveBeenCalledTimes(1);
    expect(streams.stream.getTracks()).toEqual([same.audio]);
  });
});
