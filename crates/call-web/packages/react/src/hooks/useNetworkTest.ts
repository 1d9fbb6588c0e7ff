import { NetworkTest, type NetworkTestState } from "call-client";
import { useCallback, useEffect, useState } from "react";
import { useCallClient } from "./useCallClient.js";
import { useMaybeStore } from "./useStore.js";

/**
 * Tests the network when the component appears, again when `occasion` is another, and by `run`. The
 * state is null for a moment at first.
 */
export function useNetworkTest(occasion?: unknown): {
  state: NetworkTestState | null;
  run: () => void;
} {
  const client = useCallClient();
  const [test, setTest] = useState<NetworkTest | null>(null);
  const state = useMaybeStore(test?.state ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another occasion is a reason to test anew
  useEffect(() => {
    const made = new NetworkTest(client);
    setTest(made);
    void made.run();
    return () => made.stop();
  }, [client, occasion]);
  const run = useCallback(() => void test?.run(), [test]);
  return { state, run };
}
