import { useEffect, useState } from "react";

/** Whether `key` has been what it is for less than so long, and nobody dismissed it. */
export function useBriefly(key: string | null, ms: number): [shown: boolean, dismiss: () => void] {
  const [over, setOver] = useState<string | null>(null);
  useEffect(() => {
    if (key === null) return;
    const timer = setTimeout(() => setOver(key), ms);
    return () => {
      clearTimeout(timer);
      // What comes back is news again.
      setOver(null);
    };
  }, [key, ms]);
  return [key !== null && key !== over, () => setOver(key)];
}
