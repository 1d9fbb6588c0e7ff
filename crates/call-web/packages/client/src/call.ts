import type { MediaChoice } from "./options.js";
import type { CallSnapshot } from "./snapshot.js";
import type { Store } from "./store.js";

/** One call, as this device takes part in it. Made by `CallClient`. */
export interface Call {
  readonly id: string;
  readonly state: Store<CallSnapshot>;
  /**
   * Loudness by user id, 0 to 1, at most ten times a second; my own included. Measured only while
   * somebody subscribes.
   */
  readonly levels: Store<ReadonlyMap<string, number>>;
  /** Takes the call on this device. A device that cannot be captured does not fail it. */
  answer(media?: MediaChoice): Promise<void>;
  /** Refuses it on all my devices. */
  decline(reason?: "declined" | "busy"): Promise<void>;
  /** Ends it: in a group for everybody when I began it, else only my part. */
  hangUp(): Promise<void>;
  /** Leaves; the others go on. */
  leave(): Promise<void>;
  /** Resolves when done; a refusal of the device is thrown and shown in `self.errors`. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** Call it directly from a click. With the sound of what is shared, where the browser can. */
  startScreenShare(): Promise<void>;
  stopScreenShare(): Promise<void>;
  switchMicrophone(deviceId: string): Promise<void>;
  switchCamera(deviceId: string): Promise<void>;
  /** Stops sending the camera for a while without switching it off (the tab is hidden, ...). */
  setVideoPaused(paused: boolean): Promise<void>;
}
