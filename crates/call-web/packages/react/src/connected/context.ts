import type { CallClient, DeviceList } from "call-client";
import { createContext, useContext } from "react";
import type { Directory } from "../parts/AddPeople.js";

/** What `<CallProvider>` gives to everything below it. */
export interface CallContextValue {
  client: CallClient;
  devices: DeviceList;
  /** Finds people who may be added to a call; left out: those who are online. */
  directory?: Directory | undefined;
}

export const CallContext = createContext<CallContextValue | null>(null);

/** The client and devices of the nearest `<CallProvider>`. */
export function useCallContext(): CallContextValue {
  const value = useContext(CallContext);
  if (value === null) throw new Error("This component must be inside a <CallProvider>.");
  return value;
}
