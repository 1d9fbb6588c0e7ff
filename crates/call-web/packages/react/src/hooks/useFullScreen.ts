import { type RefObject, useCallback, useEffect, useState } from "react";

/** Full screen of one element. `toggle` is undefined where the browser has none (iPhone). */
export function useFullScreen(target: RefObject<HTMLElement | null>): {
  active: boolean;
  toggle: (() => void) | undefined;
} {
  const [active, setActive] = useState(false);
  useEffect(() => {
    const update = () => {
      const element = document.fullscreenElement ?? null;
      setActive(element !== null && element === target.current);
    };
    document.addEventListener("fullscreenchange", update);
    return () => document.removeEventListener("fullscreenchange", update);
  }, [target]);
  const toggle = useCallback(() => {
    const change =
      document.fullscreenElement === target.current
        ? document.exitFullscreen()
        : target.current?.requestFullscreen();
    // A refusal (no gesture, embedding frame without permission) changes nothing on the page.
    void change?.catch(() => undefined);
  }, [target]);
  const supported = typeof document !== "undefined" && document.fullscreenEnabled === true;
  return { active, toggle: supported ? toggle : undefined };
}
