import type { BySource } from "./way.js";

/**
 * The streams of one participant as elements play them. The objects stay while the tracks in them
 * are changed in one go, the new one before the old one goes, so an element plays on: a new
 * `srcObject` would make it load again, with a hole in sound and picture.
 */
export class RemoteStreams {
  /** Voice and camera. */
  readonly stream = new MediaStream();
  readonly screenStream = new MediaStream();
  readonly screenAudioStream = new MediaStream();
  #shown: BySource<MediaStreamTrack | null> | null = null;

  /** What is shown; null before the first. */
  get shown(): BySource<MediaStreamTrack | null> | null {
    return this.#shown;
  }

  /** Puts these tracks in the place of those before. */
  show(tracks: BySource<MediaStreamTrack | null>): void {
    this.#shown = tracks;
    replace(this.stream, [tracks.audio, tracks.video]);
    replace(this.screenStream, [tracks.screen]);
    replace(this.screenAudioStream, [tracks.screenAudio]);
  }
}

function replace(stream: MediaStream, tracks: (MediaStreamTrack | null)[]): void {
  const before = stream.getTracks();
  const come = tracks.filter((track) => track !== null && !before.includes(track));
  const go = before.filter((track) => !tracks.includes(track));
  // Elements play every sound of a stream (or, by some browsers, the first), so the new one is there
  // before the old one goes. Of pictures, Firefox shows the one that is there when none is shown:
  // one that is added beside another never is.
  for (const track of go) if (track.kind === "video") remove(stream, track);
  for (const track of come) if (track) add(stream, track);
  for (const track of go) if (track.kind === "audio") remove(stream, track);
}

function add(stream: MediaStream, track: MediaStreamTrack): void {
  stream.addTrack(track);
  tell(stream, "addtrack", track);
}

function remove(stream: MediaStream, track: MediaStreamTrack): void {
  stream.removeTrack(track);
  tell(stream, "removetrack", track);
}

/** A browser tells of its own changes only, not of those that a script makes. */
function tell(stream: MediaStream, type: "addtrack" | "removetrack", track: MediaStreamTrack) {
  const { MediaStreamTrackEvent } = globalThis;
  stream.dispatchEvent(
    typeof MediaStreamTrackEvent === "function"
      ? new MediaStreamTrackEvent(type, { track })
      : new Event(type),
  );
}
