import { useEffect } from "react";
import { playTone, type ToneName } from "../sound/tones.js";

/** Plays a tone while `on`. */
export function useTone(name: ToneName, on: boolean): void {
  useEffect(() => (on ? playTone(name) : undefined), [name, on]);
}

/** The ring tone of an incoming call, made with WebAudio, while `on`. */
export function useRingtone(on: boolean): void {
  useTone("ring", on);
}

/** What the caller hears while the far end rings. */
export function useRingback(on: boolean): void {
  useTone("ringback", on);
}

/** Longer than the tone takes. */
const RECORDING_TONE_MS = 1500;

/** Heard when a recording begins, and by who comes in while it runs: once for each `id`. */
export function useRecordingTone(id: string | null): void {
  useEffect(() => {
    if (id === null) return;
    const stop = playTone("recording");
    const timer = setTimeout(stop, RECORDING_TONE_MS);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [id]);
}
