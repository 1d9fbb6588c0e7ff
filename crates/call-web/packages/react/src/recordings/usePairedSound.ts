import { type RefObject, useEffect } from "react";

/** Sound that is off by less than this, in seconds, is left alone. */
const TOLERANCE = 0.03;
/** What is off by more is put where it belongs; by less, it runs a little faster or slower. */
const LEAP = 0.3;
const HASTE = 0.04;

/**
 * Plays a sound along with a picture that has none: begins, stops, seeks and changes its speed with
 * it. `aheadBy` is how much later the picture's file begins than the sound's, in seconds.
 */
export function usePairedSound(
  picture: RefObject<HTMLMediaElement | null>,
  sound: RefObject<HTMLMediaElement | null>,
  aheadBy: number,
  url: string | null,
): void {
  useEffect(() => {
    const [seen, heard] = [picture.current, sound.current];
    if (seen === null || heard === null || url === null) return;
    const follow = () => {
      const at = seen.currentTime + aheadBy;
      const there = at >= 0 && !(at > heard.duration);
      const late = at - heard.currentTime;
      const haste = Math.abs(late) > TOLERANCE ? Math.sign(late) * HASTE : 0;
      heard.playbackRate = seen.playbackRate * (1 + haste);
      heard.volume = seen.volume;
      heard.muted = seen.muted;
      if (there && Math.abs(late) > LEAP) heard.currentTime = at;
      const silent = seen.paused || seen.seeking || seen.ended || !there;
      if (silent) heard.pause();
      else if (heard.paused) void heard.play().catch(() => undefined);
    };
    const wait = () => heard.pause();
    for (const name of FOLLOWED) seen.addEventListener(name, follow);
    seen.addEventListener("waiting", wait);
    heard.addEventListener("loadedmetadata", follow);
    follow();
    return () => {
      for (const name of FOLLOWED) seen.removeEventListener(name, follow);
      seen.removeEventListener("waiting", wait);
      heard.removeEventListener("loadedmetadata", follow);
      heard.pause();
    };
  }, [picture, sound, aheadBy, url]);
}

const FOLLOWED = [
  "play",
  "playing",
  "pause",
  "seeking",
  "seeked",
  "timeupdate",
  "ratechange",
  "volumechange",
  "ended",
] as const;
