/** Who this tab is. */
export interface Identity {
  userId: string;
  name: string;
  token: string;
  /** Milliseconds since the epoch; null when the token does not say. */
  expiresAt: number | null;
  /** The server gives a new token to whoever asks (development). */
  renewable: boolean;
}

const KEY = "call-app:identity";
const NAMES_KEY = "call-app:names";
const NAMES_KEPT = 6;

/** Kept by tab: two tabs of one browser can be two users, and a reload keeps who you are. */
export function storedIdentity(): Identity | null {
  try {
    const text = sessionStorage.getItem(KEY);
    return text === null ? null : (JSON.parse(text) as Identity);
  } catch {
    return null;
  }
}

export function storeIdentity(identity: Identity | null): void {
  try {
    if (identity === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(identity));
  } catch {
    // Storage is blocked: the tab forgets on reload, and works till then.
  }
}

/** The names last used in this browser, newest first. */
export function storedNames(): string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(NAMES_KEY) ?? "[]");
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

export function rememberName(name: string): void {
  storeNames([name, ...storedNames().filter((other) => other !== name)].slice(0, NAMES_KEPT));
}

export function forgetName(name: string): string[] {
  const names = storedNames().filter((other) => other !== name);
  storeNames(names);
  return names;
}

function storeNames(names: readonly string[]): void {
  try {
    localStorage.setItem(NAMES_KEY, JSON.stringify(names));
  } catch {
    // Storage is blocked: no chips next time.
  }
}

/** What a JSON Web Token says about its owner; unverified, only for showing. Null: not a token. */
export function identityOfToken(token: string): Identity | null {
  const payload = token.split(".")[1];
  if (payload === undefined || token.split(".").length !== 3) return null;
  try {
    const bytes = Uint8Array.from(
      atob(payload.replace(/-/g, "+").replace(/_/g, "/")),
      (character) => character.charCodeAt(0),
    );
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (typeof claims.sub !== "string") return null;
    return {
      userId: claims.sub,
      name: typeof claims.name === "string" ? claims.name : claims.sub,
      token,
      expiresAt: typeof claims.exp === "number" ? claims.exp * 1000 : null,
      renewable: false,
    };
  } catch {
    return null;
  }
}

/** A token from `#token=…`, which never reaches a server's log; removed from the address. */
export function takeTokenFromAddress(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return null;
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(
    history.state,
    "",
    `${location.pathname}${location.search}${rest === "" ? "" : `#${rest}`}`,
  );
  return token;
}

/** A token for anybody, from a server in development mode. */
export async function devIdentity(userId: string, name: string): Promise<Identity> {
  const response = await fetch("/api/dev/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ userId, name }),
  });
  if (!response.ok) throw new Error(`dev token: ${response.status}`);
  const answer = (await response.json()) as { token: string; expiresAt: string };
  return {
    userId,
    name,
    token: answer.token,
    expiresAt: Date.parse(answer.expiresAt),
    renewable: true,
  };
}

const MARGIN_MS = 60_000;

/** A token that is good for now: renewed where the server gives one for the asking. */
export async function currentToken(): Promise<string> {
  const identity = storedIdentity();
  if (identity === null) throw new Error("signed out");
  const { expiresAt, renewable, userId, name, token } = identity;
  if (!renewable || expiresAt === null || expiresAt - MARGIN_MS > Date.now()) return token;
  const renewed = await devIdentity(userId, name);
  storeIdentity(renewed);
  return renewed.token;
}
