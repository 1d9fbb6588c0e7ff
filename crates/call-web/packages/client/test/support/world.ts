import { vi } from "vitest";
import { CallClient } from "../../src/client.js";
import type { ClientOptions } from "../../src/options.js";
import { asConnection, FakeConnection, installMedia } from "./fake-connection.js";
import { asDevices, FakeDevices } from "./fake-devices.js";
import { asWebSocket, FakeSocket } from "./fake-socket.js";

interface Answer {
  status?: number;
  body: unknown;
}
type Handler = (body: unknown) => Answer | Promise<Answer>;

/** A client of alice with everything around it in the hands of the test. */
export class World {
  readonly devices = new FakeDevices();
  readonly requests: { route: string; body: unknown }[] = [];
  readonly routes = new Map<string, Handler>();
  readonly client: CallClient;

  constructor(options: Partial<ClientOptions> = {}) {
    installMedia();
    FakeSocket.all = [];
    this.on("GET /api/calls/turn-credentials", () => ({
      body: { username: "", credential: "", ttl: 60, uris: [], iceServers: [] },
    }));
    this.on("GET /api/presence", () => ({ body: { items: [] } }));
    this.on("PATCH /api/calls/call-1/media", () => ({ status: 409, body: { code: "not_joined" } }));
    this.client = new CallClient({
      url: "http://server",
      token: "token",
      deviceId: "device-of-alice",
      fetch: (input, init) => this.#answer(String(input), init),
      webSocket: asWebSocket,
      rtcPeerConnection: asConnection,
      mediaDevices: asDevices(this.devices),
      ...options,
    });
  }

  get socket(): FakeSocket {
    return FakeSocket.last;
  }

  get connections(): FakeConnection[] {
    return FakeConnection.all;
  }

  /** Answers a route from now on. */
  on(route: string, handler: Handler): void {
    this.routes.set(route, handler);
  }

  /** Bodies that were sent to a route. */
  sentTo(route: string): unknown[] {
    return this.requests.filter((request) => request.route === route).map(({ body }) => body);
  }

  /** Connects; the server has these live calls. */
  async connect(calls: object[] = []): Promise<void> {
    const connected = this.client.connect();
    await settle();
    this.socket.welcome("alice", calls);
    await connected;
    await settle();
  }

  async #answer(url: string, init: RequestInit | undefined): Promise<Response> {
    const route = `${init?.method ?? "GET"} ${new URL(url).pathname}`;
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    this.requests.push({ route, body });
    const handler = this.routes.get(route);
    if (!handler) return Response.json({ code: "not_found" }, { status: 404 });
    const answer = await handler(body);
    return Response.json(answer.body, { status: answer.status ?? 200 });
  }
}

/** Lets everything that waits for nothing but its turn happen. Needs fake timers. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1);
}
