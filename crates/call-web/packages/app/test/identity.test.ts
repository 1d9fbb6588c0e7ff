import { describe, expect, test, vi } from "vitest";
import {
  currentToken,
  forgetName,
  identityOfToken,
  rememberName,
  storedIdentity,
  storedNames,
  storeIdentity,
  takeTokenFromAddress,
} from "../src/identity/identity.js";
import { isUserId, userIdOf } from "../src/identity/userId.js";

const encode = (value: unknown) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
const tokenOf = (claims: unknown) => `${encode({ alg: "HS256" })}.${encode(claims)}.signature`;

describe("user ids", () => {
  test("the same name is the same user", () => {
    expect(userIdOf("Ada Lindqvist")).toBe("ada-lindqvist");
    expect(userIdOf("  ada   LINDQVIST ")).toBe("ada-lindqvist");
    expect(userIdOf("Zoë d’Arc")).toBe("zoe-d-arc");
    expect(userIdOf("李小龙")).toBe("李小龙");
    expect(userIdOf("!!!")).toBe("");
    expect(userIdOf("x".repeat(500))).toHaveLength(64);
  });
  test("what the server takes as one", () => {
    expect(isUserId("ada-1")).toBe(true);
    expect(isUserId("ada lovelace")).toBe(false);
    expect(isUserId("")).toBe(false);
    expect(isUserId("a\u0000b")).toBe(false);
    expect(isUserId("é".repeat(128))).toBe(true);
    expect(isUserId("x".repeat(129))).toBe(false);
  });
});

describe("tokens", () => {
  test("say who their owner is", () => {
    expect(identityOfToken(tokenOf({ sub: "zoë", name: "Zoë", exp: 1000 }))).toMatchObject({
      userId: "zoë",
      name: "Zoë",
      expiresAt: 1_000_000,
      renewable: false,
    });
    expect(identityOfToken(tokenOf({ sub: "ada" }))).toMatchObject({
      name: "ada",
      expiresAt: null,
    });
  });
  test("other texts are none", () => {
    for (const text of ["", "a.b", "a.b.c", `x.${encode(5)}.y`, `x.${encode({})}.y`, "...."]) {
      expect(identityOfToken(text), text).toBeNull();
    }
  });
  test("come by the fragment of the address, once", () => {
    history.replaceState(null, "", "/calls?x=1#token=abc&tab=2");
    expect(takeTokenFromAddress()).toBe("abc");
    expect(location.hash).toBe("#tab=2");
    expect(takeTokenFromAddress()).toBeNull();
  });
  test("are renewed a minute before they expire, where the server renews", async () => {
    const identity = { userId: "ada", name: "Ada", token: "old", renewable: true };
    storeIdentity({ ...identity, expiresAt: Date.now() + 3_600_000 });
    expect(await currentToken()).toBe("old");
    const answer = { token: "new", expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Response.json(answer)),
    );
    storeIdentity({ ...identity, expiresAt: Date.now() + 30_000 });
    expect(await currentToken()).toBe("new");
    expect(storedIdentity()?.token).toBe("new");
  });
  test("nobody signed in has none", async () => {
    await expect(currentToken()).rejects.toThrow();
  });
});

test("names: newest first, six at most, each once, forgettable", () => {
  for (const name of ["A", "B", "C", "D", "E", "F", "G", "B"]) rememberName(name);
  expect(storedNames()).toEqual(["B", "G", "F", "E", "D", "C"]);
  expect(forgetName("G")).toEqual(["B", "F", "E", "D", "C"]);
  localStorage.setItem("call-app:names", "nonsense");
  expect(storedNames()).toEqual([]);
});
