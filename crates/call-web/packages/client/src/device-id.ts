import type { Environment } from "./environment.js";
import { randomId } from "./random-id.js";

const KEY = "call-device-id";
/** The page before a reload lets go of its lock within this time. */
const RELEASE_MS = 500;

/**
 * The id of this tab. It survives a reload; a duplicated tab, which starts with a copy of the
 * storage, notices that the id is taken and makes its own.
 */
export async function claimDeviceId(environment: Environment): Promise<string> {
  const kept = read(environment.storage);
  if (kept !== null && (await claim(environment, kept, RELEASE_MS))) return kept;
  const fresh = randomId();
  write(environment.storage, fresh);
  await claim(environment, fresh, RELEASE_MS);
  return fresh;
}

/** Ids that this page holds; two clients on one page are one device. */
const held = new Set<string>();

/** Holds a lock of that name until the page goes; false when another page has it. */
function claim({ locks, clock }: Environment, id: string, waitMs: number): Promise<boolean> {
  if (!locks || held.has(id)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), waitMs);
    locks
      .request(`${KEY}:${id}`, { signal: abort.signal }, () => {
        clock.clearTimeout(timer);
        held.add(id);
        resolve(true);
        return new Promise<never>(() => undefined);
      })
      .catch((error: unknown) => {
        clock.clearTimeout(timer);
        // Only the wait that ran out means "taken"; without locks the id is as good as any.
        resolve(!(error instanceof DOMException && error.name === "AbortError"));
      });
  });
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
