import { createContext } from "react";

/** The element over everything else of a call, for what must not be cut off; null outside a call. */
export const CanvasLayer = createContext<HTMLElement | null>(null);
