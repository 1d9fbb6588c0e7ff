import type { Call } from "call-client";
import { useCallClient } from "./useCallClient.js";
import { useStore } from "./useStore.js";

/** The calls that ring on this device, oldest first. */
export function useIncomingCalls(): readonly Call[] {
  return useStore(useCallClient().incoming);
}

/** The call that rings on this device, if one does. */
export function useIncomingCall(): Call | null {
  return useIncomingCalls()[0] ?? null;
}
