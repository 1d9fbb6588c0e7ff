import { useEffect, useState } from "react";
import { watchLevel } from "../sound/level.js";
import { useTracks } from "./useTracks.js";

/** How loud a stream is, 0 to 1, in steps of a twentieth so that silence renders nothing. */
export function useMediaLevel(stream: MediaStream | null): number {
  const [level, setLevel] = useState(0);
  const tracks = useTracks(stream);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed track needs a new source
  useEffect(() => {
    if (stream === null) return;
    const stop = watchLevel(stream, (now) => setLevel(Math.round(now * 20) / 20));
    return () => {
      stop();
      setLevel(0);
    };
  }, [stream, tracks]);
  return level;
}
