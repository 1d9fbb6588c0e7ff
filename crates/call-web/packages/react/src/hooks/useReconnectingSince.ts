import { useEffect, useState } from "react";

/** When `reconnecting` became true, in milliseconds since the epoch; null while it is false. */
export function useReconnectingSince(reconnecting: boolean): number | null {
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => setSince(reconnecting ? Date.now() : null), [reconnecting]);
  return since;
}
