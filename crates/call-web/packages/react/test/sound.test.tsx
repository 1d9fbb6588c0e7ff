import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RemoteAudio } from "../src/parts/RemoteAudio.js";

const track = (id: string) => ({ id, kind: "audio" }) as MediaStreamTrack;

/** A stream whose tracks a script changes, as the client does when the way changes. */
class Stream extends EventTarget {
  readonly id = "stream";
  constructor(public tracks: MediaStreamTrack[]) {
    super();
  }
  getTracks = () => this.tracks;
  getAudioTracks = () => this.tracks;
  getVideoTracks = () => [];
}

function player(stream: Stream, attempt = 0, onBlocked = () => undefined) {
  return (
    <RemoteAudio
      stream={stream as unknown as MediaStream}
      attach={attach}
      onBlocked={onBlocked}
      attempt={attempt}
    />
  );
}
const detach = vi.fn();
const attach = vi.fn(() => detach);
const elements = () => screen.queryAllByTestId<HTMLAudioElement>("remote-audio");
const playing = () =>
  elements().map((element) => (element.srcObject as MediaStream).getTracks()[0]?.id);

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
});
afterEach(() => void vi.useRealTimers());

describe("somebody's sound", () => {
  test("is one element, which stays the same however often it is drawn", () => {
    const stream = new Stream([track("a")]);
    const { rerender } = render(player(stream));
    const [first] = elements();
    rerender(player(stream));
    rerender(player(stream));
    expect(elements()).toEqual([first]);
    expect(attach).toHaveBeenCalledOnce();
  });

  test("a new track plays before the old one is taken away", () => {
    const stream = new Stream([track("a")]);
    const { rerender } = render(player(stream));
    const [old] = elements();
    stream.tracks = [track("b")];
    rerender(player(stream));
    expect(playing()).toEqual(["a", "b"]);
    expect(elements()[0]).toBe(old);
    act(() => void vi.advanceTimersByTime(5000));
    // Whatever happens, there is no moment without sound.
    expect(playing()).toEqual(["a", "b"]);
    fireEvent.playing(elements()[1] as Element);
    expect(playing()).toEqual(["a", "b"]);
    act(() => void vi.advanceTimersByTime(200));
    expect(playing()).toEqual(["b"]);
    expect(detach).toHaveBeenCalledOnce();
  });

  test("both tracks in the stream at once: the newer one is played", () => {
    const stream = new Stream([track("a")]);
    const { rerender } = render(player(stream));
    stream.tracks = [...stream.tracks, track("b")];
    rerender(player(stream));
    fireEvent.playing(elements()[1] as Element);
    act(() => void vi.advanceTimersByTime(200));
    expect(playing()).toEqual(["b"]);
  });

  test("back again while the change goes on", () => {
    const a = track("a");
    const stream = new Stream([a]);
    const { rerender } = render(player(stream));
    const [first] = elements();
    fireEvent.playing(first as Element);
    stream.tracks = [track("b")];
    rerender(player(stream));
    stream.tracks = [a];
    rerender(player(stream));
    fireEvent.playing(elements()[1] as Element);
    act(() => void vi.advanceTimersByTime(200));
    // Not both for good, and the one that plays was not started anew.
    expect(playing()).toEqual(["a"]);
    expect(elements()).toEqual([first]);
  });

  test("without a track there is no element", () => {
    const stream = new Stream([]);
    const { rerender } = render(player(stream));
    expect(elements()).toEqual([]);
    stream.tracks = [track("a")];
    rerender(player(stream));
    expect(playing()).toEqual(["a"]);
    stream.tracks = [];
    rerender(player(stream));
    expect(elements()).toEqual([]);
  });

  test("a browser that wants a gesture is told of once, and tried again after it", async () => {
    const play = vi.mocked(HTMLMediaElement.prototype.play);
    play.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
    const onBlocked = vi.fn();
    const stream = new Stream([track("a")]);
    const { rerender } = render(player(stream, 0, onBlocked));
    await act(async () => undefined);
    expect(onBlocked).toHaveBeenCalledOnce();
    const before = play.mock.calls.length;
    rerender(player(stream, 1, onBlocked));
    expect(play.mock.calls.length).toBe(before + 1);
  });
});
