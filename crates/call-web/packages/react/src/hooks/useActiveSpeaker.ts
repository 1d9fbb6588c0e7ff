import { useContext, useEffect, useMemo, useRef, useState } from "react";
import type { TilePerson } from "../model.js";
import { watchLevel } from "../sound/level.js";
import { listenToVoice } from "../sound/voices.js";
import { shownLevel, VoiceLevelsContext } from "./useVoice.js";

/** A newcomer must be this much louder, and the floor stays with a speaker this long. */
const MARGIN = 0.12;
const HOLD_MS = 1500;
const SPEECH = 0.2;

/**
 * The user id of whoever speaks, or spoke last. Local people are left out. `speakers` is who speaks
 * as the server hears it, loudest first; without it, loudness decides.
 */
export function useActiveSpeaker(
  people: readonly TilePerson[],
  speakers: readonly string[] | null = null,
): string | null {
  const told = useTold(people, speakers);
  const heard = useHeard(people, speakers === null);
  const speaker = speakers === null ? heard : told;
  return people.some((person) => person.userId === speaker) ? speaker : null;
}

/** The server's word, held for a moment so that a cough does not take the stage. */
function useTold(people: readonly TilePerson[], speakers: readonly string[] | null): string | null {
  const [floor, setFloor] = useState<{ userId: string; since: number } | null>(null);
  const first =
    speakers?.find((userId) => people.some((each) => each.userId === userId && !each.isLocal)) ??
    null;
  useEffect(() => {
    if (first === null || first === floor?.userId) return;
    const take = () => setFloor({ userId: first, since: Date.now() });
    const wait = floor === null ? 0 : floor.since + HOLD_MS - Date.now();
    if (wait <= 0) return take();
    const timer = setTimeout(take, wait);
    return () => clearTimeout(timer);
  }, [first, floor]);
  return floor?.userId ?? null;
}

/** Found by listening to everybody. */
function useHeard(people: readonly TilePerson[], listens: boolean): string | null {
  const levels = useContext(VoiceLevelsContext);
  const [speaker, setSpeaker] = useState<string | null>(null);
  const key = people.map((person) => `${person.userId} ${person.stream?.id ?? ""}`).join("\n");
  const latest = useRef(people);
  latest.current = people;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for people and streams
  const heard = useMemo(
    () => latest.current.filter((person) => !person.isLocal && person.stream !== null),
    [key],
  );
  useEffect(() => {
    if (!listens) return;
    const loudness = new Map<string, number>();
    let current: string | null = null;
    let since = 0;
    const decide = (userId: string, level: number) => {
      loudness.set(userId, level);
      if (userId === current || level < SPEECH) return;
      const rival = current === null ? 0 : (loudness.get(current) ?? 0);
      const now = Date.now();
      if (current !== null && (level < rival + MARGIN || now - since < HOLD_MS)) return;
      current = userId;
      since = now;
      setSpeaker(userId);
    };
    const stops = heard.map(({ userId, stream }) => {
      if (levels !== null) {
        return listenToVoice(levels, userId, (level) => decide(userId, shownLevel(level)));
      }
      return stream === null
        ? () => undefined
        : watchLevel(stream, (level) => decide(userId, level));
    });
    return () => {
      for (const stop of stops) stop();
    };
  }, [heard, levels, listens]);
  return speaker;
}
