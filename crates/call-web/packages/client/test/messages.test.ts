import { beforeEach, describe, expect, it } from "vitest";
import { CallClientError } from "../src/errors.js";
import { Messages, readMessage } from "../src/messages.js";
import { type FakeChannel, FakeConnection } from "./support/fake-connection.js";

let channel: FakeChannel;
let messages: Messages;
let received: { userId: string; data: string }[];

beforeEach(() => {
  const connection = new FakeConnection();
  received = [];
  messages = new Messages(connection as unknown as RTCPeerConnection, (message) =>
    received.push(message),
  );
  channel = connection.channels[0]!;
});

describe("messages by the SFU", () => {
  it("go out as they are", () => {
    expect(channel.label).toBe("messages");
    expect(messages.send("hello")).toBe(true);
    expect(channel.sent).toEqual(["hello"]);
  });

  it("come in with their sender", () => {
    channel.onmessage?.({ data: '{"from":"bob","data":"hello"}' });
    expect(received).toEqual([{ userId: "bob", data: "hello" }]);
  });

  it("are refused when they are too long, in bytes", () => {
    expect(messages.send("x".repeat(16 * 1024))).toBe(true);
    expect(() => messages.send("x".repeat(16 * 1024 + 1))).toThrow(CallClientError);
    expect(() => messages.send("€".repeat(6 * 1024))).toThrow(/16 KiB/);
  });

  it("are not sent while the channel is closed or full", () => {
    channel.bufferedAmount = 2 ** 21;
    expect(messages.send("late")).toBe(false);
    channel.bufferedAmount = 0;
    channel.readyState = "connecting";
    expect(messages.send("early")).toBe(false);
    expect(channel.sent).toEqual([]);
  });

  it.each([
    ["no text", new ArrayBuffer(3)],
    ["no JSON", "{"],
    ["no object", "7"],
    ["nothing", "null"],
    ["no sender", '{"data":"x"}'],
    ["no text inside", '{"from":"bob","data":7}'],
    ["too much", JSON.stringify({ from: "bob", data: "x".repeat(70_000) })],
  ])("are ignored when they are %s", (_, frame) => {
    expect(readMessage(frame)).toBeNull();
  });
});
