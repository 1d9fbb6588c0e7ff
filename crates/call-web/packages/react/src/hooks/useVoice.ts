import { createContext, type RefObject, useContext, useEffect } from "react";
import { watchLevel } from "../sound/level.js";
import { listenToVoice, type VoiceLevels } from "../sound/voices.js";
import { useTracks } from "./useTracks.js";

/** Measured loudness by user id; null where only the streams can be listened to. */
export const VoiceLevelsContext = createContext<VoiceLevels | null>(null);

/** Louder than this is speech. */
const SPEECH = 0.18;
/** So long without a loud moment is silence; shorter is a breath between words. */
const BREATH_MS = 500;

export interface Voice {
  userId: string;
  /** Listened to where nobody measures; null is silence. */
  stream: MediaStream | null;
  /** Microphone is on. */
  on: boolean;
  /** Also sets `data-speaking` while it is loud enough to be speech. */
  marks?: boolean;
}

/** The scale of the meters: what is measured is linear, ears are not. */
export function shownLevel(level: number): number {
  return Math.min(1, Math.sqrt(Math.max(0, level) * 1.6));
}

/**
 * Writes somebody's loudness into the CSS variable `--call-level` of an element, without
 * rendering. In steps of a twentieth: what cannot be seen changes no style.
 */
export function useVoice(target: RefObject<HTMLElement | null>, voice: Voice): void {
  const levels = useContext(VoiceLevelsContext);
  const { userId, stream, on, marks = false } = voice;
  const tracks = useTracks(levels === null ? stream : null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed track needs a new source
  useEffect(() => {
    const element = target.current;
    if (!on || element === null) return;
    const meter = new Meter(element, marks);
    const stop =
      levels !== null
        ? listenToVoice(levels, userId, (level) => meter.show(shownLevel(level)))
        : stream === null
          ? undefined
          : watchLevel(stream, (level) => meter.show(level));
    return () => {
      stop?.();
      meter.clear();
    };
  }, [target, levels, userId, stream, on, marks, tracks]);
}

class Meter {
  readonly #element: HTMLElement;
  readonly #marks: boolean;
  #shown = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(element: HTMLElement, marks: boolean) {
    this.#element = element;
    this.#marks = marks;
  }

  show(level: number): void {
    const step = Math.round(level * 20) / 20;
    if (step !== this.#shown) {
      this.#shown = step;
      this.#element.style.setProperty("--call-level", String(step));
    }
    if (!this.#marks || level <= SPEECH) return;
    this.#element.dataset.speaking = "true";
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#element.dataset.speaking = "false";
    }, BREATH_MS);
  }

  clear(): void {
    clearTimeout(this.#silence);
    this.#element.style.removeProperty("--call-level");
    if (this.#marks) this.#element.dataset.speaking = "false";
  }
}
