import { type RefObject, useEffect, useState } from "react";

/**
 * True after `delay` milliseconds without movement inside `area`. Never true while the keyboard
 * is inside `keepAwake`, so that controls do not vanish under the focus.
 */
export function useIdle(
  area: RefObject<HTMLElement | null>,
  keepAwake: RefObject<HTMLElement | null>,
  enabled: boolean,
  delay = 3000,
): boolean {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    const element = area.current;
    if (!enabled || element === null) {
      setIdle(false);
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    let byKeyboard = false;
    const busy = () => {
      const controls = keepAwake.current;
      if (controls === null) return false;
      const inside = controls.contains(document.activeElement);
      const menuOpen = controls.querySelector('[aria-expanded="true"]') !== null;
      return menuOpen || (inside && byKeyboard);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (busy()) wait();
        else setIdle(true);
      }, delay);
    };
    const wake = (event: Event) => {
      if (event.type === "keydown") byKeyboard = true;
      if (event.type === "pointerdown") byKeyboard = false;
      setIdle(false);
      wait();
    };
    const events = ["pointermove", "pointerdown", "keydown", "focusin"] as const;
    for (const name of events) element.addEventListener(name, wake, { passive: true });
    wait();
    return () => {
      clearTimeout(timer);
      for (const name of events) element.removeEventListener(name, wake);
    };
  }, [area, keepAwake, enabled, delay]);
  return idle && enabled;
}
