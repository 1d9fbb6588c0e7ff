const KEY = "call-app:relay-only";

/** Whether this browser hides its addresses from the people it calls. */
export function storedRelayOnly(): boolean {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

export function storeRelayOnly(relayOnly: boolean): void {
  try {
    if (relayOnly) localStorage.setItem(KEY, "1");
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is blocked: the choice holds until the page is left.
  }
}
