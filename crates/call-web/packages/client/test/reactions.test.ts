import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { Reactions } from "../src/reactions.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("reactions are shown for some seconds each", () => {
  const changed = vi.fn();
  const reactions = new Reactions(systemClock, changed);
  reactions.add("bob", "👍");
  vi.advanceTimersByTime(3000);
  reactions.add("bob", "👍");
  expect(reactions.shown.map(({ id }) => id)).toEqual([1, 2]);
  vi.advanceTimersByTime(2000);
  expect(reactions.shown.map(({ id }) => id)).toEqual([2]);
  vi.advanceTimersByTime(3000);
  expect(reactions.shown).toEqual([]);
  expect(changed).toHaveBeenCalledTimes(2);
});

it("a storm of reactions leaves the latest", () => {
  const reactions = new Reactions(systemClock, () => undefined);
  for (let i = 0; i < 200; i += 1) reactions.add("bob", "👏");
  expect(reactions.shown).toHaveLength(50);
  expect(reactions.shown.at(-1)?.id).toBe(200);
  reactions.close();
  expect(reactions.shown).toEqual([]);
});
