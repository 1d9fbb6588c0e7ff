import type { Store } from "./store.js";

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

/** The devices of this computer, kept current. */
export declare class DeviceList {
  constructor(mediaDevices?: MediaDevices);
  readonly state: Store<DeviceLists>;
  /** Reads the devices again, as after permission was given. */
  refresh(): Promise<void>;
  /** Chooses where elements that were or will be `attach`ed play. */
  setSpeaker(deviceId: string | null): Promise<void>;
  /** Plays this element on the chosen loudspeaker; returns what ends that. */
  attach(element: HTMLMediaElement): () => void;
  close(): void;
}
