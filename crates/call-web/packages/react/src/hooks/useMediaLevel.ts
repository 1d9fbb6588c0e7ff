import { type RefObject, useEffect, useState } from "react";
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

/**
 * Writes the loudness into the CSS variable `--call-level` of an element, without rendering.
 * Also sets `data-speaking` while it is loud enough to be speech.
 */
export function useLevelVariable(
  target: RefObject<HTMLElement | null>,
  stream: MediaStream | null,
): void {
  const tracks = useTracks(stream);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed track needs a new source
  useEffect(() => {
    const element = target.current;
    if (stream === null || element === null) return;
    let quietTicks = 0;
    const stop = watchLevel(stream, (level) => {
      element.style.setProperty("--call-level", level.toFixed(2));
      quietTicks = level > 0.18 ? 0 : quietTicks + 1;
      // Half a second of silence between words is still speaking.
      if (quietTicks === 0) element.dataset.speaking = "true";
      else if (quietTicks > 8) delete element.dataset.speaking;
    });
    return () => {
      stop();
      element.style.removeProperty("--call-level");
      delete element.dataset.speaking;
    };
  }, [target, stream, tracks]);
}
