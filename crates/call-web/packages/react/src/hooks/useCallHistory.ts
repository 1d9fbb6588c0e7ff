import {
  type CallClientError,
  type HistoryItem,
  type HistoryQuery,
  toCallClientError,
} from "call-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useCallClient } from "./useCallClient.js";

export interface CallHistory {
  items: readonly HistoryItem[];
  loading: boolean;
  error: CallClientError | null;
  /** Undefined at the end. */
  loadMore: (() => void) | undefined;
  reload: () => void;
}

/** My calls, newest first. Renewed by itself when a call of this device ends. */
export function useCallHistory(query: Omit<HistoryQuery, "cursor"> = {}): CallHistory {
  const client = useCallClient();
  const [items, setItems] = useState<readonly HistoryItem[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<CallClientError | null>(null);
  const turn = useRef(0);
  const key = JSON.stringify(query);

  const load = useCallback(
    async (from: string | null) => {
      turn.current += 1;
      const mine = turn.current;
      setLoading(true);
      try {
        const asked = JSON.parse(key) as HistoryQuery;
        const page = await client.api.history(from === null ? asked : { ...asked, cursor: from });
        // An answer that was overtaken by a newer question is dropped.
        if (mine !== turn.current) return;
        setItems((old) => (from === null ? page.items : [...old, ...page.items]));
        setCursor(page.nextCursor);
        setError(null);
      } catch (thrown) {
        if (mine === turn.current) setError(toCallClientError(thrown));
      } finally {
        if (mine === turn.current) setLoading(false);
      }
    },
    [client, key],
  );
  const reload = useCallback(() => void load(null), [load]);
  useEffect(() => {
    reload();
    const stop = client.on("ended", reload);
    return () => {
      stop();
      turn.current += 1;
    };
  }, [client, reload]);
  return {
    items,
    loading,
    error,
    loadMore: cursor === null || loading ? undefined : () => void load(cursor),
    reload,
  };
}
