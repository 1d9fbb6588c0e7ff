import { RemoteStreams } from "./remote-streams.js";
import type { PeerState } from "./snapshot.js";
import type { BySource, Way } from "./way.js";
import type { Topology } from "./wire/types.js";

/** Somebody else, as they are seen and heard here. */
export class Remote {
  readonly #streams = new RemoteStreams();
  #way: Way | null = null;
  #topology: Topology | null = null;
  #state: PeerState = "new";

  /** The way by which they are shown; null while there is none. */
  get way(): Way | null {
    return this.#way;
  }

  get topology(): Topology | null {
    return this.#way === null ? null : this.#topology;
  }

  get state(): PeerState {
    return this.#state;
  }

  /** Media arrived at least once. */
  get flowing(): boolean {
    return this.#way?.flowing === true;
  }

  /** Loudness, 0 to 1. */
  level(): number {
    return this.#way?.level() ?? 0;
  }

  get stream(): MediaStream | null {
    return this.#holds("audio") || this.#holds("video") ? this.#streams.stream : null;
  }

  get screenStream(): MediaStream | null {
    return this.#holds("screen") ? this.#streams.screenStream : null;
  }

  get screenAudioStream(): MediaStream | null {
    return this.#holds("screenAudio") ? this.#streams.screenAudioStream : null;
  }

  /** Shows them by this way. */
  show(topology: Topology, way: Way | null, state: PeerState): void {
    this.#topology = topology;
    this.#way = way;
    this.#state = state;
    const tracks = way?.tracks ?? null;
    if (tracks !== null && Object.values(tracks).some((track) => track !== null)) {
      this.#streams.show(tracks);
    } else if (topology === "sfu" && this.#streams.shown !== null) {
      // The places that were theirs may carry somebody else's media by now. A device's are its own,
      // and the last picture stays until the next one comes.
      this.#streams.show(NOTHING);
    }
  }

  #holds(source: keyof BySource<unknown>): boolean {
    return (this.#streams.shown?.[source] ?? null) !== null;
  }
}

const NOTHING: BySource<null> = { audio: null, video: null, screen: null, screenAudio: null };
