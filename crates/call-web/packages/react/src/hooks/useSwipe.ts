import { type PointerEvent, useRef } from "react";

const FAR = 48;

/** Handlers for an element that is swiped sideways by a finger. `left` is what comes from the right. */
export function useSwipe(onSwipe: (direction: "left" | "right") => void) {
  const start = useRef<{ id: number; x: number; y: number } | null>(null);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType !== "touch") return;
      // A second finger makes it something else.
      const { pointerId: id, clientX: x, clientY: y } = event;
      start.current = event.isPrimary ? { id, x, y } : null;
    },
    onPointerUp: (event: PointerEvent) => {
      const from = start.current;
      start.current = null;
      if (from === null || from.id !== event.pointerId) return;
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      if (Math.abs(dx) < FAR || Math.abs(dy) > Math.abs(dx) / 2) return;
      onSwipe(dx < 0 ? "left" : "right");
    },
    onPointerCancel: () => {
      start.current = null;
    },
  };
}
