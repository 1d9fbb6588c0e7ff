import type { CallClient, ClientState, OnlineUser } from "call-client";
import { useCallContext } from "../connected/context.js";
import { useStore } from "./useStore.js";

/** The client of the nearest `<CallProvider>`. */
export function useCallClient(): CallClient {
  return useCallContext().client;
}

/** The connection to the server and who is online. */
export function useClientState(): ClientState {
  return useStore(useCallClient().state);
}

/** Who is online, without me; null where the server does not tell. */
export function useOnlineUsers(): readonly OnlineUser[] | null {
  return useClientState().online;
}
