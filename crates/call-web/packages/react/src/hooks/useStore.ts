import type { Store } from "call-client";
import { useCallback, useSyncExternalStore } from "react";

/** The value of a client's store, kept current. */
export function useStore<T>(store: Store<T>): T {
  const subscribe = useCallback((listener: () => void) => store.subscribe(listener), [store]);
  const value = useCallback(() => store.getSnapshot(), [store]);
  return useSyncExternalStore(subscribe, value, value);
}

/** The same for a store that may not be there yet. */
export function useMaybeStore<T>(store: Store<T> | null): T | null {
  const subscribe = useCallback(
    (listener: () => void) => store?.subscribe(listener) ?? (() => undefined),
    [store],
  );
  const value = useCallback(() => store?.getSnapshot() ?? null, [store]);
  return useSyncExternalStore(subscribe, value, value);
}
