import { useEffect, useMemo, useRef, useState } from "react";
import type { TilePerson } from "../model.js";
import { watchLevel } from "../sound/level.js";

/** A newcomer must be this much louder, and the floor stays with a speaker this long. */
const MARGIN = 0.12;
const HOLD_MS = 1500;

/** The user id of whoever speaks, or spoke last. Local people are left out. */
export function useActiveSpeaker(people: readonly TilePerson[]): string | null {
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
    const levels = new Map<string, number>();
    let current: string | null = null;
    let since = 0;
    const decide = (userId: string, level: number) => {
      levels.set(userId, level);
      if (userId === current || level < 0.2) return;
      const rival = current === null ? 0 : (levels.get(current) ?? 0);
      const now = Date.now();
      if (current !== null && (level < rival + MARGIN || now - since < HOLD_MS)) return;
      current = userId;
      since = now;
      setSpeaker(userId);
    };
    const stops = heard.map((person) =>
      person.stream === null
        ? () => undefined
        : watchLevel(person.stream, (level) => decide(person.userId, level)),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }, [heard]);
  return people.some((person) => person.userId === speaker) ? speaker : null;
}
