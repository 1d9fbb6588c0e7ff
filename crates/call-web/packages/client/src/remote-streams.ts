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
  for (const track of tracks) {
    if (track && !before.includes(track)) {
      stream.addTrack(track);
      tell(stream, "addtrack", track);
    }
  }
  for (const track of before) {
    if (!tracks.includes(track)) {
      stream.removeTrack(track);
      tell(stream, "removetrack", track);
    }
  }
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
