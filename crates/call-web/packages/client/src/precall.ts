import type { CallClient } from "./client.js";
import type { MediaError } from "./errors.js";
import { LevelMeter } from "./levels.js";
import { LocalMedia } from "./media.js";
import type { MediaChoice } from "./options.js";
import { type Store, ValueStore } from "./store.js";

/** What the devices give. */
export interface PreCallState {
  /** Own picture and microphone, to be shown before joining. */
  stream: MediaStream | null;
  /** Loudness of the microphone, 0 to 1. */
  level: number;
  errors: { readonly microphone: MediaError | null; readonly camera: MediaError | null };
}

const LEVEL_MS = 100;
const QUIET: PreCallState = {
  stream: null,
  level: 0,
  errors: { microphone: null, camera: null },
};

/** What the test needs of a client. */
export type PreCallClient = Pick<CallClient, "environment">;

/** Tries the devices before a call. Let go of it by `stop`. */
export class PreCallTest {
  readonly #client: PreCallClient;
  readonly #state = new ValueStore<PreCallState>(QUIET);
  #media: LocalMedia | null = null;
  #meter: LevelMeter | null = null;
  #timer: unknown = null;

  constructor(client: PreCallClient) {
    this.#client = client;
  }

  get state(): Store<PreCallState> {
    return this.#state;
  }

  /** Captures as a call would; again with another choice to switch. */
  async start(choice: MediaChoice): Promise<void> {
    this.#release();
    const media = new LocalMedia(this.#client.environment.mediaDevices);
    this.#media = media;
    await media.capture({ ...choice, audio: choice.audio ?? true, video: choice.video ?? true });
    if (media !== this.#media) return media.release();
    const { localStream, errors } = media.state.getSnapshot();
    this.#state.patch({
      stream: localStream,
      errors: { microphone: errors.microphone, camera: errors.camera },
    });
    const { audio } = media.tracks();
    this.#meter = audio ? LevelMeter.of(audio) : null;
    if (this.#meter) this.#readLevel();
  }

  stop(): void {
    this.#release();
    this.#state.set(QUIET);
  }

  #readLevel = (): void => {
    this.#state.patch({ level: this.#meter?.read() ?? 0 });
    this.#timer = this.#client.environment.clock.setTimeout(this.#readLevel, LEVEL_MS);
  };

  #release(): void {
    this.#client.environment.clock.clearTimeout(this.#timer);
    this.#meter?.close();
    this.#meter = null;
    this.#media?.release();
    this.#media = null;
  }
}
