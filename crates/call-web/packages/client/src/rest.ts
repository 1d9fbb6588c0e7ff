import type { Environment } from "./environment.js";
import { AuthenticationError, CallError, ConnectionError } from "./errors.js";
import type { HistoryQuery } from "./options.js";
import { randomId } from "./random-id.js";
import type { TokenSource } from "./token.js";
import {
  fileUrlSchema,
  recordingFault,
  recordingListSchema,
  recordingSchema,
} from "./wire/recording.js";
import { accepted } from "./wire/schema.js";
import type {
  CallEvent,
  CallStats,
  FileUrl,
  HistoryPage,
  InitiateRequest,
  MediaState,
  OnlineUser,
  PublicConfig,
  QualityPoint,
  Recording,
  RecordingMode,
  TurnCredentials,
  WireCall,
  WireParticipant,
} from "./wire/types.js";
import { callSchema, historySchema, participantSchema } from "./wire/validate.js";

const TIMEOUT_MS = 15_000;
/** Tries of a request that may be repeated without harm. */
const TRIES = 3;

/**
 * The REST side of the server. Every function throws `CallError` (the server refuses),
 * `AuthenticationError` or `ConnectionError`.
 */
export class RestApi {
  readonly #base: string;
  readonly #tokens: TokenSource;
  readonly #environment: Environment;

  /** `base` is where the server is, without a slash at the end. */
  constructor(base: string, tokens: TokenSource, environment: Environment) {
    this.#base = base;
    this.#tokens = tokens;
    this.#environment = environment;
  }

  /** Starts a call. Safe to repeat: the server knows it by the key. */
  initiate(body: InitiateRequest): Promise<WireCall> {
    const headers = { "Idempotency-Key": randomId() };
    return this.#call("POST", "/api/calls/initiate", body, headers);
  }

  answer(callId: string, deviceId: string): Promise<WireCall> {
    return this.#call("POST", `${path(callId)}/answer`, { deviceId });
  }

  reject(callId: string, reason: "declined" | "busy"): Promise<WireCall> {
    return this.#call("POST", `${path(callId)}/reject`, { reason });
  }

  end(callId: string): Promise<WireCall> {
    return this.#call("POST", `${path(callId)}/end`, {});
  }

  leave(callId: string): Promise<WireCall> {
    return this.#call("POST", `${path(callId)}/leave`, {});
  }

  setMedia(callId: string, change: Partial<MediaState>): Promise<WireParticipant> {
    return this.#participant("PATCH", `${path(callId)}/media`, change);
  }

  /** Calls more people into a call that this user is in. */
  addParticipants(callId: string, userIds: readonly string[]): Promise<WireCall> {
    return this.#call("POST", `${path(callId)}/participants`, { userIds });
  }

  /** Comes into a group call that goes on, or back into one. */
  join(callId: string, deviceId: string): Promise<WireCall> {
    return this.#call("POST", `${path(callId)}/join`, { deviceId });
  }

  /** Puts a participant out. */
  removeParticipant(callId: string, userId: string): Promise<WireCall> {
    return this.#call("DELETE", participantPath(callId, userId));
  }

  /** Switches off what a participant sends. */
  muteParticipant(
    callId: string,
    userId: string,
    what: Partial<MediaState>,
  ): Promise<WireParticipant> {
    return this.#participant("POST", `${participantPath(callId, userId)}/mute`, what);
  }

  setRole(
    callId: string,
    userId: string,
    role: "moderator" | "participant",
  ): Promise<WireParticipant> {
    return this.#participant("PATCH", participantPath(callId, userId), { role });
  }

  raiseHand(callId: string, raised: boolean): Promise<WireParticipant> {
    return this.#participant("PUT", `${path(callId)}/hand`, { raised });
  }

  getCall(callId: string): Promise<WireCall> {
    return this.#call("GET", path(callId));
  }

  /** My calls, newest first. */
  async history(query: HistoryQuery = {}): Promise<HistoryPage> {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined && value !== "") parameters.set(key, String(value));
    }
    const answer = await this.#request("GET", `/api/calls?${parameters}`);
    return accepted(historySchema, answer) ?? unreadable();
  }

  async turnCredentials(): Promise<TurnCredentials> {
    const answer = await this.#request("GET", "/api/calls/turn-credentials");
    const credentials = answer as TurnCredentials;
    return Array.isArray(credentials?.iceServers) ? credentials : unreadable();
  }

  /** The time line of a call. */
  events(callId: string): Promise<CallEvent[]> {
    return this.#items(`${path(callId)}/events`);
  }

  /** What was measured during a call. */
  quality(callId: string): Promise<QualityPoint[]> {
    return this.#items(`${path(callId)}/quality`);
  }

  /** What the server and the devices measure of a call at this moment. */
  async stats(callId: string): Promise<CallStats> {
    return (await this.#request("GET", `${path(callId)}/stats`)) as CallStats;
  }

  /** Has a call recorded, which takes it to the SFU. */
  startRecording(callId: string, mode: RecordingMode): Promise<Recording> {
    return this.#recording("POST", `${path(callId)}/recording`, { mode });
  }

  stopRecording(callId: string): Promise<Recording> {
    return this.#recording("DELETE", `${path(callId)}/recording`);
  }

  /** Says whether this user may be recorded, from now on. */
  consentToRecording(callId: string, given: boolean): Promise<Recording> {
    return this.#recording("PUT", `${path(callId)}/recording/consent`, { given });
  }

  /** The recordings of a call, oldest first. */
  async recordings(callId: string): Promise<Recording[]> {
    const answer = await this.#request("GET", `${path(callId)}/recordings`);
    return (accepted(recordingListSchema, answer) ?? unreadable()).items;
  }

  recording(id: string): Promise<Recording> {
    return this.#recording("GET", recordingPath(id));
  }

  mixRecording(id: string): Promise<Recording> {
    return this.#recording("POST", `${recordingPath(id)}/mix`, {});
  }

  async deleteRecording(id: string): Promise<void> {
    await this.#request("DELETE", recordingPath(id));
  }

  /** Where the bytes of a file are: absolute, and good until it expires. */
  async recordingFileUrl(id: string, fileId: string, download: boolean): Promise<FileUrl> {
    const route = `${recordingPath(id)}/files/${encodeURIComponent(fileId)}/url`;
    const answer = await this.#request("POST", route, { download });
    const { url, expiresAt } = accepted(fileUrlSchema, answer) ?? unreadable();
    if (url.startsWith("/")) return { url: this.#base + url, expiresAt };
    return /^https?:\/\//i.test(url) ? { url, expiresAt } : unreadable();
  }

  /** Who is online; null where the server does not tell. */
  async presence(): Promise<OnlineUser[] | null> {
    try {
      return await this.#items("/api/presence");
    } catch (error) {
      if (error instanceof CallError && error.status === 404) return null;
      throw error;
    }
  }

  async config(): Promise<PublicConfig> {
    return (await this.#request("GET", "/api/config")) as PublicConfig;
  }

  async #call(
    method: string,
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<WireCall> {
    return accepted(callSchema, await this.#request(method, route, body, headers)) ?? unreadable();
  }

  async #recording(method: string, route: string, body?: unknown): Promise<Recording> {
    return accepted(recordingSchema, await this.#request(method, route, body)) ?? unreadable();
  }

  async #participant(method: string, route: string, body: unknown): Promise<WireParticipant> {
    const answer = await this.#request(method, route, body);
    return accepted(participantSchema, answer) ?? unreadable();
  }

  async #items<T>(route: string): Promise<T[]> {
    const answer = (await this.#request("GET", route)) as { items?: T[] } | null;
    return Array.isArray(answer?.items) ? answer.items : unreadable();
  }

  async #request(
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<unknown> {
    let token = await this.#tokens.get();
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      let response: Response;
      try {
        response = await this.#fetch(method, route, token, body, headers);
      } catch (error) {
        // All our routes may be repeated: the outcome of a second try is that of the first.
        if (attempt < TRIES) continue;
        throw new ConnectionError(undefined, { cause: error });
      }
      if (response.status === 401 && this.#tokens.renewable && !renewed) {
        renewed = true;
        token = await this.#tokens.renew();
        continue;
      }
      return read(response);
    }
  }

  async #fetch(
    method: string,
    route: string,
    token: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Response> {
    const { clock } = this.#environment;
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      return await this.#environment.fetch(this.#base + route, {
        method,
        headers: {
          ...headers,
          Accept: "application/json",
          Authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: abort.signal,
      });
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

async function read(response: Response): Promise<unknown> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // No JSON, as from a proxy: the status has to do.
  }
  if (response.ok) return body;
  const problem = (typeof body === "object" && body !== null ? body : {}) as {
    code?: unknown;
    detail?: unknown;
    title?: unknown;
    callId?: unknown;
    cause?: unknown;
  };
  const detail = [problem.detail, problem.title, `The server answered ${response.status}.`].find(
    (said) => typeof said === "string" && said !== "",
  ) as string;
  if (response.status === 401) throw new AuthenticationError(detail);
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  throw new CallError(
    typeof problem.code === "string" ? problem.code : `http_${response.status}`,
    detail,
    {
      status: response.status,
      callId: typeof problem.callId === "string" ? problem.callId : null,
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
      fault: accepted(recordingFault, problem.cause) ?? null,
    },
  );
}

function unreadable(): never {
  throw new CallError("unreadable_answer", "The server's answer was not understood.");
}

function path(callId: string): string {
  return `/api/calls/${encodeURIComponent(callId)}`;
}

function participantPath(callId: string, userId: string): string {
  return `${path(callId)}/participants/${encodeURIComponent(userId)}`;
}

function recordingPath(id: string): string {
  return `/api/recordings/${encodeURIComponent(id)}`;
}
