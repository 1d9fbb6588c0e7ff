import { type CallClientError, type Recording, toCallClientError } from "call-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useCallClient } from "../hooks/useCallClient.js";
import { isInProgress } from "./state.js";

export interface CallRecordings {
  /** Oldest first; null until they have been read once. */
  items: readonly Recording[] | null;
  error: CallClientError | null;
  reload: () => void;
  /** One of them is known to be this from now on. */
  replace: (recording: Recording) => void;
  /** One of them is gone. */
  forget: (id: string) => void;
}

/** How often is asked while something is done to one of them. */
const WORKING_MS = 2000;
/** How often while one could begin, or could not be read. */
const WAITING_MS = 10_000;

/**
 * The recordings of a call, kept current: read again while one of them runs, is finished or mixed,
 * and, while the call is `live`, for one that begins.
 */
export function useRecordings(callId: string, live = false): CallRecordings {
  const client = useCallClient();
  const [items, setItems] = useState<readonly Recording[] | null>(null);
  const [error, setError] = useState<CallClientError | null>(null);
  const turn = useRef(0);
  const reload = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    try {
      const read = await client.recordings.ofCall(callId);
      // An answer that was overtaken by a newer question is dropped.
      if (mine !== turn.current) return;
      setItems(read);
      setError(null);
    } catch (thrown) {
      if (mine === turn.current) setError(toCallClientError(thrown));
    }
  }, [client, callId]);
  useEffect(() => {
    setItems(null);
    void reload();
    const stop = client.on("ended", () => void reload());
    return () => {
      stop();
      turn.current += 1;
    };
  }, [client, reload]);

  const working = items?.some(isInProgress) ?? false;
  const every = working && error === null ? WORKING_MS : working || live ? WAITING_MS : null;
  useEffect(() => {
    if (every === null) return;
    const timer = setInterval(() => {
      if (!document.hidden) void reload();
    }, every);
    return () => clearInterval(timer);
  }, [every, reload]);

  const replace = useCallback((recording: Recording) => {
    // What is on its way is older than this.
    turn.current += 1;
    setItems((old) => old?.map((each) => (each.id === recording.id ? recording : each)) ?? null);
  }, []);
  const forget = useCallback((id: string) => {
    turn.current += 1;
    setItems((old) => old?.filter((each) => each.id !== id) ?? null);
  }, []);
  return { items, error, reload: useCallback(() => void reload(), [reload]), replace, forget };
}
