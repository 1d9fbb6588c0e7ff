import { useCallback, useState } from "react";
import type { CallLayout } from "../model.js";

const KEY = "call:layout";

function remembered(): CallLayout {
  try {
    return localStorage.getItem(KEY) === "speaker" ? "speaker" : "grid";
  } catch {
    // Storage is forbidden in some embeds; the layout is then remembered for this call only.
    return "grid";
  }
}

/** How tiles are arranged, as it was chosen last in this browser. */
export function useRememberedLayout(): [CallLayout, (layout: CallLayout) => void] {
  const [layout, setLayout] = useState(remembered);
  const choose = useCallback((next: CallLayout) => {
    setLayout(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // As above.
    }
  }, []);
  return [layout, choose];
}
