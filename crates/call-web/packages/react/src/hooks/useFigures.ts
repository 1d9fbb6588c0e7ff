import type { CallSnapshot } from "call-client";
import { useMemo } from "react";
import type { PeerFigures } from "../parts/StatsPanel.js";

/** The latest figures of my connection to each person, as the client measured them. */
export function useFigures({ participants }: CallSnapshot): readonly PeerFigures[] {
  return useMemo(
    () =>
      participants
        .filter((person) => person.connectionState !== null)
        .map(({ userId, name, figures }) => ({ userId, name, figures })),
    [participants],
  );
}
