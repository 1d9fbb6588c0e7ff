import { NotSupportedError } from "./errors.js";
import { type Store, ValueStore } from "./store.js";

/** One microphone, camera or loudspeaker. */
export interface Device {
  id: string;
  /** "Microphone 1" and the like while the browser hides the name. */
  label: string;
}

export interface DeviceLists {
  microphones: readonly Device[];
  cameras: readonly Device[];
  speakers: readonly Device[];
  /** Names are known: permission was given. */
  labelled: boolean;
  /** This browser can send sound to a chosen loudspeaker. */
  canChooseSpeaker: boolean;
  /** The chosen loudspeaker; null is the system's choice. */
  speakerId: string | null;
}

/** `setSinkId` is missing in some browsers, whatever the types say. */
type Sink = { setSinkId?: (id: string) => Promise<void> };

/** The devices of this computer, kept current. */
export class DeviceList {
  readonly #mediaDevices: MediaDevices | undefined;
  readonly #state: ValueStore<DeviceLists>;
  readonly #elements = new Set<HTMLMediaElement>();
  #reading = 0;

  constructor(mediaDevices: MediaDevices | undefined = globalThis.navigator?.mediaDevices) {
    this.#mediaDevices = mediaDevices;
    this.#state = new ValueStore<DeviceLists>({
      microphones: [],
      cameras: [],
      speakers: [],
      labelled: false,
      canChooseSpeaker:
        typeof HTMLMediaElement === "function" && "setSinkId" in HTMLMediaElement.prototype,
      speakerId: null,
    });
    mediaDevices?.addEventListener?.("devicechange", this.#changed);
    void this.refresh();
  }

  get state(): Store<DeviceLists> {
    return this.#state;
  }

  /** Reads the devices again, as after permission was given. */
  async refresh(): Promise<void> {
    if (!this.#mediaDevices) return;
    this.#reading += 1;
    const reading = this.#reading;
    let all: MediaDeviceInfo[];
    try {
      all = await this.#mediaDevices.enumerateDevices();
    } catch {
      // Refused by a permissions policy: the lists stay as they are.
      return;
    }
    if (reading !== this.#reading) return;
    const speakers = list(all, "audiooutput", "Speaker");
    const { speakerId } = this.#state.getSnapshot();
    this.#state.patch({
      microphones: list(all, "audioinput", "Microphone"),
      cameras: list(all, "videoinput", "Camera"),
      speakers,
      labelled: all.some((device) => device.label !== ""),
    });
    if (speakerId !== null && !speakers.some((speaker) => speaker.id === speakerId)) {
      // Unplugged: the browser plays on the system's choice by now.
      await this.setSpeaker(null).catch(() => undefined);
    }
  }

  /** Chooses where elements that were or will be `attach`ed play. */
  async setSpeaker(deviceId: string | null): Promise<void> {
    if (!this.#state.getSnapshot().canChooseSpeaker) {
      throw new NotSupportedError("choose a loudspeaker");
    }
    await Promise.all([...this.#elements].map((element) => play(element, deviceId)));
    this.#state.patch({ speakerId: deviceId });
  }

  /** Plays this element on the chosen loudspeaker; returns what ends that. */
  attach(element: HTMLMediaElement): () => void {
    this.#elements.add(element);
    const { speakerId } = this.#state.getSnapshot();
    // A loudspeaker that vanished meanwhile is not worth an error: it plays on the usual one.
    if (speakerId !== null) play(element, speakerId).catch(() => undefined);
    return () => {
      this.#elements.delete(element);
    };
  }

  close(): void {
    this.#reading += 1;
    this.#mediaDevices?.removeEventListener?.("devicechange", this.#changed);
    this.#elements.clear();
  }

  #changed = (): void => {
    void this.refresh();
  };
}

async function play(element: HTMLMediaElement & Sink, deviceId: string | null): Promise<void> {
  await element.setSinkId?.(deviceId ?? "");
}

function list(all: MediaDeviceInfo[], kind: MediaDeviceKind, name: string): Device[] {
  return all
    .filter((device) => device.kind === kind && device.deviceId !== "")
    .map(({ deviceId, label }, i) => ({
      id: deviceId,
      label: label === "" ? `${name} ${i + 1}` : label,
    }));
}
