import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserEnvironment, systemClock } from "../src/environment.js";
import {
  AuthenticationError,
  CallError,
  ConnectionError,
  SessionReplacedError,
} from "../src/errors.js";
import { type Incoming, Socket, type SocketStatus } from "../src/socket.js";
import { TokenSource } from "../src/token.js";
import { asWebSocket, FakeSocket } from "./support/fake-socket.js";
import { settle } from "./support/world.js";

let random = 0.5;
let hurried = false;
const network = new EventTarget();
let statuses: SocketStatus[];
let messages: Incoming[];
let debugged: string[];
let readies: number;
let open: Socket | null = null;

function make(token: string | (() => Promise<string>) = "token"): Socket {
  const clock = { ...systemClock, random: () => random };
  const environment = browserEnvironment({ WebSocket: asWebSocket, events: network, clock });
  open = new Socket("ws://server/ws", "device", new TokenSource(token, clock), environment, {
    status: (status) => statuses.push(status),
    ready: () => {
      readies += 1;
    },
    message: (message) => messages.push(message),
    hurried: () => hurried,
    debug: (what) => debugged.push(what),
  });
  open.open();
  return open;
}

async function ready(token?: string | (() => Promise<string>)): Promise<Socket> {
  const socket = make(token);
  await settle();
  FakeSocket.last.welcome();
  return socket;
}

const phase = () => statuses.at(-1)?.phase;

/** A token that lives so many seconds. */
function token(seconds: number): string {
  const claims = btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds }));
  return `head.${claims}.signature`;
}

/** Lets so many seconds pass in which the server is heard. */
async function talk(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 10) {
    await vi.advanceTimersByTimeAsync(10_000);
    FakeSocket.last.say({ type: "session:pong" });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  statuses = [];
  messages = [];
  debugged = [];
  readies = 0;
  random = 0.5;
  hurried = false;
});
afterEach(() => {
  open?.close();
  vi.useRealTimers();
});

describe("a session", () => {
  it("begins with hello and is ready when the server says so", async () => {
    make();
    await settle();
    expect(phase()).toBe("connecting");
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent).toEqual([
      { type: "session:hello", token: "token", deviceId: "device" },
    ]);
    FakeSocket.last.welcome();
    expect(phase()).toBe("ready");
    expect(readies).toBe(1);
  });

  it("is given up when the server does not greet back", async () => {
    make();
    await settle();
    FakeSocket.last.accept();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.last.closedWith).toBe(4000);
    expect(phase()).toBe("connecting");
  });

  it("asks when it hears nothing, and is given up when nobody answers", async () => {
    await ready();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(FakeSocket.last.said("session:ping")).toHaveLength(1);
    FakeSocket.last.say({ type: "session:pong" });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(phase()).toBe("ready");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(phase()).toBe("reconnecting");
  });
});

describe("a lost connection", () => {
  it("comes back after times that double, with jitter, up to 30 s", async () => {
    make();
    const waits: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      await vi.runOnlyPendingTimersAsync();
      const before = Date.now();
      FakeSocket.last.drop();
      waits.push((statuses.at(-1)?.nextRetryAt ?? 0) - before);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  it("comes back soon while a call goes on, and after half a minute still within what a server waits", async () => {
    hurried = true;
    await ready();
    const waits: number[] = [];
    for (let i = 0; i < 31; i += 1) {
      const before = Date.now();
      FakeSocket.last.drop();
      waits.push((statuses.at(-1)?.nextRetryAt ?? 0) - before);
      await vi.advanceTimersByTimeAsync(1500);
    }
    expect(waits.slice(0, 30)).toEqual([250, 500, ...Array(28).fill(1000)]);
    expect(waits.at(-1)).toBe(4000);
  });

  it("waits anywhere from nothing to the whole time", async () => {
    make();
    await settle();
    random = 0;
    FakeSocket.last.drop();
    expect(statuses.at(-1)?.nextRetryAt).toBe(Date.now());
    await settle();
    random = 0.999;
    FakeSocket.last.drop();
    expect(statuses.at(-1)?.nextRetryAt).toBe(Date.now() + 999);
  });

  it("begins again from the first wait after a session", async () => {
    make();
    await settle();
    for (let i = 0; i < 4; i += 1) {
      FakeSocket.last.drop();
      await vi.runOnlyPendingTimersAsync();
    }
    expect(statuses.at(-1)?.attempt).toBe(4);
    FakeSocket.last.welcome();
    expect(statuses.at(-1)?.attempt).toBe(0);
  });

  it("comes back at once when the network does", async () => {
    await ready();
    random = 0.999;
    for (let i = 0; i < 5; i += 1) {
      FakeSocket.last.drop();
      await vi.runOnlyPendingTimersAsync();
    }
    FakeSocket.last.drop();
    const { length } = FakeSocket.all;
    network.dispatchEvent(new Event("online"));
    await settle();
    expect(FakeSocket.all).toHaveLength(length + 1);
  });

  it("comes back at once when the server drains", async () => {
    await ready();
    FakeSocket.last.drop(1001);
    await settle();
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("does not come back when another page took over", async () => {
    await ready();
    FakeSocket.last.drop(4409);
    await vi.advanceTimersByTimeAsync(120_000);
    network.dispatchEvent(new Event("online"));
    await settle();
    expect(FakeSocket.all).toHaveLength(1);
    expect(statuses.at(-1)).toMatchObject({ phase: "closed" });
    expect(statuses.at(-1)?.error).toBeInstanceOf(SessionReplacedError);
  });
});

describe("tokens", () => {
  it("are asked for again when one is refused, at once the first time", async () => {
    const tokens = ["old", "new", "newer"];
    make(async () => tokens.shift() ?? "last");
    await settle();
    FakeSocket.last.accept();
    FakeSocket.last.drop(4401);
    await settle();
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent[0]).toMatchObject({ token: "new" });
    random = 0.999;
    FakeSocket.last.drop(4401);
    await settle();
    expect(FakeSocket.all).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all).toHaveLength(3);
  });

  it("that cannot be renewed end it when refused", async () => {
    make("fixed");
    await settle();
    FakeSocket.last.drop(4401);
    expect(phase()).toBe("closed");
    expect(statuses.at(-1)?.error).toBeInstanceOf(AuthenticationError);
  });

  it("are renewed half a minute before they expire", async () => {
    await ready(async () => token(600));
    await talk(560);
    expect(FakeSocket.last.said("session:refresh")).toEqual([]);
    await talk(20);
    expect(FakeSocket.last.said("session:refresh")).toHaveLength(1);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("that cannot be got are asked for again later", async () => {
    let works = false;
    make(async () => {
      if (works) return "token";
      throw new Error("offline");
    });
    await settle();
    expect(FakeSocket.all).toHaveLength(0);
    expect(statuses.at(-1)?.error).toBeInstanceOf(AuthenticationError);
    works = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe("what is said", () => {
  const offer = { type: "call:offer", callId: "c", to: "bob", sdp: "v=0" } as const;

  it("is taken or refused by the server", async () => {
    const socket = await ready();
    const taken = socket.request(offer);
    const refused = socket.request(offer);
    const [first, second] = FakeSocket.last.said("call:offer");
    FakeSocket.last.say({ type: "ack", id: first?.id });
    FakeSocket.last.say({ type: "error", id: second?.id, code: "peer_not_in_call", detail: "no" });
    await expect(taken).resolves.toBeUndefined();
    await expect(refused).rejects.toMatchObject({ code: "peer_not_in_call" });
    await expect(refused).rejects.toBeInstanceOf(CallError);
  });

  it("waits for the next session, in order, and is not lost with the connection", async () => {
    const socket = make();
    const taken = socket.request(offer);
    socket.post({ type: "call:ice-candidate", callId: "c", to: "bob", candidate: null });
    await settle();
    FakeSocket.last.drop();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.welcome();
    expect(FakeSocket.last.sent.map((message) => message.type)).toEqual([
      "session:hello",
      "call:offer",
      "call:ice-candidate",
    ]);
    FakeSocket.last.say({ type: "ack", id: FakeSocket.last.said("call:offer")[0]?.id });
    await expect(taken).resolves.toBeUndefined();
  });

  it("is uncertain when the connection is lost before the answer", async () => {
    const socket = await ready();
    const uncertain = socket.request(offer);
    FakeSocket.last.drop();
    await expect(uncertain).rejects.toBeInstanceOf(ConnectionError);
  });

  it("is bounded while there is no session", () => {
    const socket = make();
    const posts = Array.from({ length: 300 }, () => socket.post(offer));
    expect(posts.filter(Boolean)).toHaveLength(256);
  });

  it("only for the moment is dropped while there is no session", async () => {
    const socket = make();
    socket.tell({ type: "call:sync", callId: "c" });
    await settle();
    FakeSocket.last.welcome();
    expect(FakeSocket.last.said("call:sync")).toEqual([]);
  });
});

it("survives frames that are not understood", async () => {
  await ready();
  for (const frame of ["", "{", "null", "[]", '{"type":7}', '{"type":"call:new-thing"}']) {
    FakeSocket.last.say(frame);
  }
  FakeSocket.last.say({ type: "call:offer", callId: "c", from: "bob" });
  expect(messages).toEqual([]);
  expect(debugged).toHaveLength(7);
  FakeSocket.last.say({ type: "call:offer", callId: "c", from: "bob", sdp: "v=0", later: 1 });
  expect(messages).toEqual([{ type: "call:offer", callId: "c", from: "bob", sdp: "v=0" }]);
});
