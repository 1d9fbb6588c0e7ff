import { describe, expect, it, vi } from "vitest";
import { browserEnvironment, systemClock } from "../src/environment.js";
import { AuthenticationError, CallError, ConnectionError } from "../src/errors.js";
import { RestApi } from "../src/rest.js";
import { TokenSource } from "../src/token.js";
import { wireCall } from "./support/wire.js";

type Answer = () => Response | Promise<never>;

function api(answers: Answer[], token: string | (() => Promise<string>) = "token") {
  const fetch = vi.fn(async (_input: RequestInfo | URL, _init?: RequestInit) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return (answer as Answer)();
  });
  const environment = browserEnvironment({ fetch: fetch as typeof globalThis.fetch });
  const rest = new RestApi("http://server", new TokenSource(token, systemClock), environment);
  const headers = (n: number) => fetch.mock.calls[n]?.[1]?.headers as Record<string, string>;
  return { rest, fetch, headers };
}

const ok = (body: unknown) => () => Response.json(body);
const problem =
  (status: number, body: object, headers = {}) =>
  () =>
    Response.json(body, { status, headers });
const offline = () => Promise.reject(new TypeError("offline"));
const request = { type: "audio" as const, participantIds: ["bob"], deviceId: "d" };

describe("a request", () => {
  it("is made with a token, once more with a new one when that is refused", async () => {
    const tokens = ["old", "new"];
    const { rest, headers } = api(
      [problem(401, { code: "unauthenticated" }), ok(wireCall())],
      async () => tokens.shift() ?? "none",
    );
    await rest.getCall("call-1");
    expect(headers(0).Authorization).toBe("Bearer old");
    expect(headers(1).Authorization).toBe("Bearer new");
  });

  it("fails when the new token is refused too, or there is none", async () => {
    const refusing = [problem(401, { detail: "expired" })];
    const renewable = api(refusing, async () => "token");
    await expect(renewable.rest.getCall("c")).rejects.toBeInstanceOf(AuthenticationError);
    expect(renewable.fetch).toHaveBeenCalledTimes(2);
    const fixed = api(refusing);
    await expect(fixed.rest.getCall("c")).rejects.toThrow("expired");
    expect(fixed.fetch).toHaveBeenCalledTimes(1);
  });

  it("that got no answer is repeated under the same key", async () => {
    const { rest, headers } = api([offline, offline, ok(wireCall())]);
    await expect(rest.initiate(request)).resolves.toMatchObject({ id: "call-1" });
    const keys = [0, 1, 2].map((n) => headers(n)["Idempotency-Key"]);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    await rest.initiate(request);
    expect(headers(3)["Idempotency-Key"]).not.toBe(keys[0]);
  });

  it("that never gets one is a ConnectionError", async () => {
    const { rest, fetch } = api([offline]);
    await expect(rest.getCall("c")).rejects.toBeInstanceOf(ConnectionError);
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  it("cannot leave its route by the id of a call", async () => {
    const { rest, fetch } = api([ok(wireCall())]);
    await rest.getCall("../../admin?x=");
    expect(fetch.mock.calls[0]?.[0]).toBe("http://server/api/calls/..%2F..%2Fadmin%3Fx%3D");
  });
});

describe("a refusal", () => {
  it("is a CallError with what the problem document says", async () => {
    const { rest } = api([
      problem(429, { code: "rate_limited", detail: "slowly", callId: "c" }, { "Retry-After": "7" }),
    ]);
    const error = await rest.initiate(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      code: "rate_limited",
      message: "slowly",
      status: 429,
      callId: "c",
      retryAfter: 7,
    });
  });

  it("of something that is not the server is one too", async () => {
    const { rest } = api([() => new Response("<html>", { status: 502 })]);
    await expect(rest.getCall("c")).rejects.toMatchObject({ code: "http_502", status: 502 });
  });

  it("is what an answer amounts to that is no call", async () => {
    for (const junk of [null, [], {}, { id: 7 }, "text"]) {
      const { rest } = api([ok(junk)]);
      await expect(rest.getCall("c")).rejects.toMatchObject({ code: "unreadable_answer" });
    }
  });
});

it("asks for a page of the history by what is given", async () => {
  const item = { ...wireCall(), direction: "outgoing", outcome: "no_answer" };
  const { rest, fetch } = api([ok({ items: [item], nextCursor: "next" })]);
  const page = await rest.history({ limit: 10, with: "bob & co" });
  expect(page).toEqual({ items: [item], nextCursor: "next" });
  expect(fetch.mock.calls[0]?.[0]).toBe("http://server/api/calls?limit=10&with=bob+%26+co");
});
