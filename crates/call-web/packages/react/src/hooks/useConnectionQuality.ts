import type { Call, QualityState } from "call-client";
import { useMaybeStore } from "./useStore.js";

/** My own connection in a call, or (given a user id) how well I receive that person. */
export function useConnectionQuality(call: Call | null, userId?: string): QualityState | null {
  const snapshot = useMaybeStore(call?.state ?? null);
  if (snapshot === null) return null;
  if (userId === undefined) return snapshot.quality;
  return snapshot.participants.find((person) => person.userId === userId)?.quality ?? null;
}
