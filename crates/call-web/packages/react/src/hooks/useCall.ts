import { type Call, type CallClientError, type CallSnapshot, toCallClientError } from "call-client";
import { useEffect, useState } from "react";
import { useCallClient } from "./useCallClient.js";
import { useMaybeStore, useStore } from "./useStore.js";

/** A call by its id. `call` is null while it is looked for, or when there is none. */
export function useCall(callId: string | null): {
  call: Call | null;
  snapshot: CallSnapshot | null;
  error: CallClientError | null;
} {
  const client = useCallClient();
  const calls = useStore(client.calls);
  const [opened, setOpened] = useState<Call | null>(null);
  const [error, setError] = useState<CallClientError | null>(null);
  const known = calls.find((call) => call.id === callId) ?? null;
  // Kept after it ended and left the client's list: its summary is still to be shown.
  const call = known ?? (opened?.id === callId ? opened : null);
  useEffect(() => {
    setError(null);
    if (known !== null) {
      setOpened(known);
      return;
    }
    if (callId === null || opened?.id === callId) return;
    let current = true;
    client.open(callId).then(
      (found) => current && setOpened(found),
      (thrown: unknown) => current && setError(toCallClientError(thrown)),
    );
    return () => {
      current = false;
    };
  }, [client, callId, known, opened]);
  const snapshot = useMaybeStore(call?.state ?? null);
  return { call, snapshot, error };
}

/** What a call is at the moment. */
export function useCallSnapshot(call: Call): CallSnapshot {
  return useStore(call.state);
}
