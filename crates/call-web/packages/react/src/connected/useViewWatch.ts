import type { Call } from "call-client";
import { useEffect, useState } from "react";
import { ViewWatch } from "../views/ViewWatch.js";

/** Tells a call which pictures are seen, and how large, for as long as the component is there. */
export function useViewWatch(call: Call): ViewWatch | null {
  const [watch, setWatch] = useState<ViewWatch | null>(null);
  useEffect(() => {
    const made = new ViewWatch((views) => call.setViews(views));
    setWatch(made);
    return () => {
      made.close();
      setWatch(null);
      // The call may go on without being shown: then only its sound is wanted.
      if (call.state.getSnapshot().phase !== "ended") call.setViews([]);
    };
  }, [call]);
  return watch;
}
