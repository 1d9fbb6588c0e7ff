import type { CallClient } from "./client.js";
import type { MediaError } from "./errors.js";
import type { MediaChoice } from "./options.js";
import type { Store } from "./store.js";

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

/** Tries devices and network before a call. Let go of it by `stop`. */
export declare class PreCallTest {
  constructor(client: CallClient);
  readonly state: Store<PreCallState>;
  /** Captures as a call would; again with another choice to switch. */
  start(media: MediaChoice): Promise<void>;
  /** Gathers candidates: `direct` with an address seen from outside, `relayed` with TURN only. */
  testNetwork(): Promise<NetworkVerdict>;
  stop(): void;
}
