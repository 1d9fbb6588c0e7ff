import { createContext, type RefObject, useContext, useEffect } from "react";
import type { PictureKind } from "../model.js";
import type { ViewWatch } from "./ViewWatch.js";

/** Who wants to know which pictures are seen; null where nobody does. */
export const ViewWatchContext = createContext<ViewWatch | null>(null);

/**
 * Tells that an element is the place of somebody's picture while `wanted`, whether or not the
 * picture is there already: it comes because its place is seen.
 */
export function useView(
  target: RefObject<Element | null>,
  userId: string,
  source: PictureKind,
  wanted: boolean,
  pinned: boolean,
): void {
  const watch = useContext(ViewWatchContext);
  useEffect(() => {
    const element = target.current;
    if (watch === null || element === null || !wanted) return;
    return watch.watch(element, { userId, source, pinned });
  }, [watch, target, userId, source, wanted, pinned]);
}
