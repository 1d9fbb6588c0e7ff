import type { CallClient } from "./client.js";
import type { MediaError } from "./errors.js";
import { LevelMeter } from "./levels.js";
import { LocalMedia } from "./media.js";
import type { MediaChoice } from "./options.js";
import { type Store, ValueStore } from "./store.js";

/** What the network lets through to the TURN servers. */
export type NetworkVerdict = "direct" | "relayed" | "blocked";

export interface PreCallState {
  /** Own picture and microphone, to be shown before joining. */
  stream: MediaStream | null;
  /** Loudness of the microphone, 0 to 1. */
  level: number;
  errors: { readonly microphone: MediaError | null; readonly camera: MediaError | null };
  /** Null until tested. */
  network: NetworkVerdict | null;
  testingNetwork: boolean;
}

const LEVEL_MS = 100;
const GATHER_MS = 8000;
const QUIET: PreCallState = {
  stream: null,
  level: 0,
  errors: { microphone: null, camera: null },
  network: null,
  testingNetwork: false,
};

/** What the test needs of a client. */
export type PreCallClient = Pick<CallClient, "configuration" | "environment">;

/** Tries devices and network before a call. Let go of it by `stop`. */
export class PreCallTest {
  readonly #client: PreCallClient;
  readonly #state = new ValueStore<PreCallState>(QUIET);
  #media: LocalMedia | null = null;
  #meter: LevelMeter | null = null;
  #timer: unknown = null;
  #stopGathering: (() => void) | null = null;

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

  /**
   * Gathers candidates: `direct` with an address seen from outside (or, where no server is known,
   * any address at all), `relayed` with a TURN server only, `blocked` with neither.
   */
  async testNetwork(): Promise<NetworkVerdict> {
    this.#stopGathering?.();
    this.#state.patch({ testingNetwork: true, network: null });
    let network: NetworkVerdict = "blocked";
    try {
      network = await this.#gather(await this.#client.configuration());
      return network;
    } finally {
      this.#state.patch({ testingNetwork: false, network });
    }
  }

  stop(): void {
    this.#stopGathering?.();
    this.#release();
    this.#state.set(QUIET);
  }

  #gather(configuration: RTCConfiguration): Promise<NetworkVerdict> {
    const { environment } = this.#client;
    const servers = (configuration.iceServers ?? []).length > 0;
    const connection = new environment.RTCPeerConnection(configuration);
    const seen = new Set<string>();
    return new Promise((resolve) => {
      const finish = () => {
        this.#stopGathering = null;
        environment.clock.clearTimeout(timer);
        connection.onicecandidate = null;
        connection.close();
        resolve(verdict(seen, servers));
      };
      const timer = environment.clock.setTimeout(finish, GATHER_MS);
      this.#stopGathering = finish;
      connection.onicecandidate = ({ candidate }) => {
        if (candidate === null) return finish();
        const type = / typ (\w+)/.exec(candidate.candidate)?.[1];
        if (type !== undefined) seen.add(type);
        // Nothing better can come.
        if (type === "srflx") finish();
      };
      connection.createDataChannel("probe");
      connection.setLocalDescription().catch(finish);
    });
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

function verdict(types: ReadonlySet<string>, servers: boolean): NetworkVerdict {
  if (types.has("srflx")) return "direct";
  if (types.has("relay")) return "relayed";
  return !servers && types.has("host") ? "direct" : "blocked";
}
