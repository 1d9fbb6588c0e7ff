import type { Environment } from "./environment.js";
import { randomId } from "./random-id.js";

const KEY = "call-device-id";
/** The page before a reload lets go of its lock within this time. */
const RELEASE_MS = 500;

/**
 * The id of this tab. It survives a reload; a duplicated tab, which starts with a copy of the
 * storage, notices that the id is taken and makes its own. Two clients on one page are one device,
 * also when they claim at the same time.
 */
export async function claimDeviceId(environment: Environment): Promise<string> {
  const kept = read(environment.storage);
  if (kept !== null && (await claim(environment, kept))) return kept;
  // Another client of this page may have been told the same, and made an id meanwhile.
  const now = read(environment.storage);
  if (now !== null && now !== kept) return claimDeviceId(environment);
  const fresh = randomId();
  write(environment.storage, fresh);
  await claim(environment, fresh);
  return fresh;
}

/** Ids that this page holds or waits for. */
const claims = new Map<string, Promise<boolean>>();

/** Holds a lock of that name until the page goes; false when another page has it. */
function claim({ locks, clock }: Environment, id: string): Promise<boolean> {
  if (!locks) return Promise.resolve(true);
  const made = claims.get(id);
  if (made !== undefined) return made;
  const pending = new Promise<boolean>((resolve) => {
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), RELEASE_MS);
    const decide = (mine: boolean) => {
      clock.clearTimeout(timer);
      // Taken now may be free when asked again.
      if (!mine) claims.delete(id);
      resolve(mine);
    };
    locks
      .request(`${KEY}:${id}`, { signal: abort.signal }, () => {
        decide(true);
        return new Promise<never>(() => undefined);
      })
      .catch((error: unknown) => {
        // Only the wait that ran out means "taken"; without locks the id is as good as any.
        decide(!(error instanceof DOMException && error.name === "AbortError"));
      });
  });
  claims.set(id, pending);
  return pending;
}

function read(storage: Storage | undefined): string | null {
  try {
    const kept = storage?.getItem(KEY) ?? null;
    return kept !== null && /^[\w-]{8,64}$/.test(kept) ? kept : null;
  } catch {
    return null;
  }
}

function write(storage: Storage | undefined, id: string): void {
  try {
    storage?.setItem(KEY, id);
  } catch {
    // Blocked: a reload will be another device.
  }
}
