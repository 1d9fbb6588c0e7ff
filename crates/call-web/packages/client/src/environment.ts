/** Time and chance, so that tests can own them. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** A number from 0 to below 1. */
  random(): number;
}

/** The clock of the browser. Looks its functions up at each use, so fake timers work. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
  clearTimeout: (handle) => globalThis.clearTimeout(handle as number),
  random: () => Math.random(),
};

/** The parts of a browser that the client uses; a test or another runtime may bring its own. */
export interface Environment {
  fetch: typeof fetch;
  WebSocket: new (url: string) => WebSocket;
  RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection;
  /** Undefined on an insecure page. */
  mediaDevices: MediaDevices | undefined;
  /** What survives a reload of this tab; undefined where storage is blocked. */
  storage: Storage | undefined;
  /** Tells one tab from its duplicate; undefined where there are no Web Locks. */
  locks: LockManager | undefined;
  /** Fires `online`. */
  events: EventTarget;
  clock: Clock;
}

/** What the browser has, with the given parts in place of its own. */
export function browserEnvironment(own: Partial<Environment> = {}): Environment {
  return {
    fetch: (input, init) => globalThis.fetch(input, init),
    WebSocket: globalThis.WebSocket,
    RTCPeerConnection: globalThis.RTCPeerConnection,
    mediaDevices: globalThis.navigator?.mediaDevices,
    storage: sessionStorageIfAllowed(),
    locks: globalThis.navigator?.locks,
    events: globalThis.window ?? new EventTarget(),
    clock: systemClock,
    ...withoutUndefined(own),
  };
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Partial<T>;
}

function sessionStorageIfAllowed(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    // Blocked by a sandbox or by the person's settings.
    return undefined;
  }
}
