import { backoffMs } from "./backoff.js";
import type { Environment } from "./environment.js";
import {
  AuthenticationError,
  type CallClientError,
  CallError,
  ConnectionError,
  SessionReplacedError,
  toCallClientError,
} from "./errors.js";
import type { TokenSource } from "./token.js";
import type { ClientMessage, ServerMessage } from "./wire/types.js";
import { parseServerMessage } from "./wire/validate.js";

type Ready = Extract<ServerMessage, { type: "session:ready" }>;
/** What the socket answers for itself and does not pass on. */
type Own = "session:ready" | "session:pong" | "ack";
/** Frames for the rest of the client. */
export type Incoming = Exclude<ServerMessage, { type: Own }>;

/** Who is told what. */
export interface SocketEvents {
  status(status: SocketStatus): void;
  /** A session began; answers to what was said before may be lost. */
  ready(message: Ready): void;
  message(message: Incoming): void;
  /** A call goes on, and its place is kept for a short while only. */
  hurried(): boolean;
  debug(what: string, detail: unknown): void;
}

/** Where the connection stands. */
export interface SocketStatus {
  phase: "connecting" | "ready" | "reconnecting" | "closed";
  attempt: number;
  nextRetryAt: number | null;
  error: CallClientError | null;
}

/** Close codes of the server; see docs/protocol.md. */
const CLOSE = { goingAway: 1001, unauthorized: 4401, replaced: 4409 } as const;
/** Ours: a peer that answers nothing. */
const CLOSE_SILENT = 4000;
const HELLO_TIMEOUT_MS = 10_000;
const MAX_PENDING = 256;
const MAX_QUEUED = 256;

/** With a call that goes on, so many tries follow each other closely: for about half a minute. */
const HURRIED_TRIES = 30;
/** The try after which such ones wait no longer (two seconds at most). */
const HURRIED_ATTEMPT = 2;
/** The same for all later ones, while the call may still be there (eight seconds): a server that is back waits half a minute for people. */
const CALL_ATTEMPT = 4;

interface Pending {
  resolve(): void;
  reject(error: CallClientError): void;
}

/** One lasting connection: greets, keeps alive, renews its token and comes back by itself. */
export class Socket {
  readonly #url: string;
  readonly #deviceId: string;
  readonly #tokens: TokenSource;
  readonly #environment: Environment;
  readonly #events: SocketEvents;
  readonly #pending = new Map<string, Pending>();
  /** Signals said while there was no session, in order. */
  #queued: ClientMessage[] = [];
  #socket: WebSocket | null = null;
  #phase: SocketStatus["phase"] = "connecting";
  #everReady = false;
  #attempt = 0;
  #refused = 0;
  #nextId = 1;
  #heard = 0;
  #retry: unknown = null;
  #watch: unknown = null;
  #refresh: unknown = null;

  constructor(
    url: string,
    deviceId: string,
    tokens: TokenSource,
    environment: Environment,
    events: SocketEvents,
  ) {
    this.#url = url;
    this.#deviceId = deviceId;
    this.#tokens = tokens;
    this.#environment = environment;
    this.#events = events;
  }

  get ready(): boolean {
    return this.#phase === "ready";
  }

  open(): void {
    this.#environment.events.addEventListener("online", this.#online);
    this.#connect();
  }

  close(): void {
    this.#stop("closed", null);
  }

  /** Says something that is only true now; dropped while there is no session. */
  tell(message: ClientMessage): void {
    if (this.ready) this.#write(message);
  }

  /**
   * Says something that must arrive; kept while there is no session. Resolves when the server took
   * it, rejects when it refused or when nobody knows.
   */
  request(message: ClientMessage): Promise<void> {
    if (this.#phase === "closed") return Promise.reject(new ConnectionError());
    if (this.#pending.size >= MAX_PENDING || this.#queued.length >= MAX_QUEUED) {
      return Promise.reject(new ConnectionError("Too much waits to be sent."));
    }
    const id = String(this.#nextId++);
    const promise = new Promise<void>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#send({ ...message, id });
    return promise;
  }

  /** Like `request`, for what needs no answer. False when too much waits. */
  post(message: ClientMessage): boolean {
    if (this.#phase === "closed" || this.#queued.length >= MAX_QUEUED) return false;
    this.#send(message);
    return true;
  }

  #send(message: ClientMessage): void {
    if (this.ready) this.#write(message);
    else this.#queued.push(message);
  }

  #write(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #connect = async (): Promise<void> => {
    this.#environment.clock.clearTimeout(this.#retry);
    this.#retry = null;
    this.#report(this.#everReady ? "reconnecting" : "connecting", null);
    const attempt = this.#attempt;
    let token: string;
    try {
      token = await (this.#refused > 0 ? this.#tokens.renew() : this.#tokens.get());
    } catch (error) {
      if (this.#phase !== "closed") this.#again(toCallClientError(error));
      return;
    }
    // Closed, or another try began, while the token was on its way.
    if (this.#phase === "closed" || this.#socket !== null || attempt !== this.#attempt) return;
    let socket: WebSocket;
    try {
      socket = new this.#environment.WebSocket(this.#url);
    } catch (error) {
      this.#again(new ConnectionError(undefined, { cause: error }));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => {
      this.#write({ type: "session:hello", token, deviceId: this.#deviceId });
    };
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(event.data, token);
    };
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lost(event.code);
    };
    this.#watchFor(HELLO_TIMEOUT_MS, () => this.#abandon());
  };

  #receive(frame: unknown, token: string): void {
    this.#heard = this.#environment.clock.now();
    const parsed = parseServerMessage(frame);
    if (parsed.kind === "unknown") return this.#events.debug("unknown message", parsed.type);
    if (parsed.kind === "malformed") return this.#events.debug("malformed", parsed.problem);
    const { message } = parsed;
    switch (message.type) {
      case "session:ready":
        return this.#begin(message, token);
      case "session:pong":
        return;
      case "ack":
        this.#settle(message.id)?.resolve();
        return;
      case "error": {
        const error = new CallError(message.code, message.detail, { callId: message.callId });
        const pending = message.id === undefined ? undefined : this.#settle(message.id);
        if (pending) pending.reject(error);
        else this.#events.message(message);
        return;
      }
      default:
        this.#events.message(message);
    }
  }

  #begin(message: Ready, token: string): void {
    this.#everReady = true;
    this.#attempt = 0;
    this.#refused = 0;
    this.#report("ready", null);
    this.#keepAlive(message.heartbeatMs);
    this.#planRefresh(token);
    this.#events.ready(message);
    const queued = this.#queued;
    this.#queued = [];
    for (const said of queued) this.#write(said);
  }

  /** A browser sees no protocol pings, so it asks when it has heard nothing for a while. */
  #keepAlive(heartbeatMs: number): void {
    this.#watchFor(heartbeatMs, () => {
      const silent = this.#environment.clock.now() - this.#heard;
      if (silent >= 2 * heartbeatMs) return this.#abandon();
      if (silent >= heartbeatMs) this.#write({ type: "session:ping" });
      this.#keepAlive(heartbeatMs);
    });
  }

  #planRefresh(token: string): void {
    const clock = this.#environment.clock;
    clock.clearTimeout(this.#refresh);
    const wait = this.#tokens.renewable ? this.#tokens.refreshInMs(token) : null;
    // A timer beyond 2^31 ms would fire at once.
    if (wait === null || wait > 2 ** 31 - 1) return;
    const socket = this.#socket;
    const refresh = async () => {
      try {
        const next = await this.#tokens.renew();
        if (this.#socket !== socket || !this.ready) return;
        this.#write({ type: "session:refresh", token: next });
        this.#planRefresh(next);
      } catch (error) {
        // The session lives until the old token expires; the next connection asks again.
        this.#events.debug("token not renewed", error);
      }
    };
    this.#refresh = clock.setTimeout(refresh, Math.max(1000, wait));
  }

  #lost(code: number): void {
    this.#detach();
    this.#rejectPending(new ConnectionError("The connection was lost."));
    if (code === CLOSE.replaced) return this.#stop("closed", new SessionReplacedError());
    if (code === CLOSE.unauthorized) {
      this.#refused += 1;
      const error = new AuthenticationError();
      if (!this.#tokens.renewable) return this.#stop("closed", error);
      // An expired token is replaced at once; one that is refused again has to wait.
      return this.#again(error, this.#refused === 1);
    }
    this.#again(new ConnectionError(), code === CLOSE.goingAway && this.ready);
  }

  #again(error: CallClientError, atOnce = false): void {
    const { clock } = this.#environment;
    const most = this.#attempt < HURRIED_TRIES ? HURRIED_ATTEMPT : CALL_ATTEMPT;
    const attempt = this.#events.hurried() ? Math.min(most, this.#attempt) : this.#attempt;
    const wait = atOnce ? 0 : backoffMs(attempt, clock);
    this.#attempt += 1;
    this.#retry = clock.setTimeout(this.#connect, wait);
    this.#report(this.#everReady ? "reconnecting" : "connecting", error, clock.now() + wait);
  }

  /** The network is back: no reason to wait any longer. */
  #online = (): void => {
    if (this.#retry === null) return;
    this.#attempt = 0;
    this.#connect();
  };

  /** Gives a connection up that does not answer. */
  #abandon(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#lost(CLOSE_SILENT);
    socket.close(CLOSE_SILENT);
  }

  #stop(phase: "closed", error: CallClientError | null): void {
    const socket = this.#socket;
    this.#detach();
    this.#environment.clock.clearTimeout(this.#retry);
    this.#retry = null;
    this.#environment.events.removeEventListener("online", this.#online);
    this.#queued = [];
    this.#rejectPending(new ConnectionError("The connection was closed."));
    this.#report(phase, error);
    socket?.close(1000);
  }

  #detach(): void {
    this.#environment.clock.clearTimeout(this.#watch);
    this.#environment.clock.clearTimeout(this.#refresh);
    this.#socket = null;
  }

  #watchFor(ms: number, run: () => void): void {
    this.#environment.clock.clearTimeout(this.#watch);
    this.#watch = this.#environment.clock.setTimeout(run, ms);
  }

  #settle(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #rejectPending(error: CallClientError): void {
    // What still waits in the queue is not lost: it will be said in the next session.
    const queued = new Set(this.#queued.map((message) => message.id));
    for (const [id, pending] of [...this.#pending]) {
      if (queued.has(id)) continue;
      this.#pending.delete(id);
      pending.reject(error);
    }
  }

  #report(
    phase: SocketStatus["phase"],
    error: CallClientError | null,
    nextRetryAt: number | null = null,
  ): void {
    this.#phase = phase;
    this.#events.status({ phase, attempt: this.#attempt, nextRetryAt, error });
  }
}
