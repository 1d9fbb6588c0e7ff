import { CallClientError } from "./errors.js";

/** The name that the SFU knows the channel by. */
const LABEL = "messages";
const MAX_BYTES = 16 * 1024;
/** What the SFU wraps around a message is small. */
const MAX_RECEIVED = 4 * MAX_BYTES;
/** Bytes that wait to be sent; beyond, the way is too slow for more. */
const MAX_BUFFERED = 1024 * 1024;

/** The data channel to everybody else, by the SFU. */
export class Messages {
  readonly #channel: RTCDataChannel;

  /** To be called with a remote description set that has a place for data. */
  constructor(
    connection: RTCPeerConnection,
    received: (message: { userId: string; data: string }) => void,
  ) {
    this.#channel = connection.createDataChannel(LABEL, { ordered: true });
    this.#channel.onmessage = ({ data }) => {
      const message = readMessage(data);
      if (message) received(message);
    };
  }

  /** False while the channel is not open or too much waits. Throws when `data` is too long. */
  send(data: string): boolean {
    if (new TextEncoder().encode(data).length > MAX_BYTES) {
      throw new CallClientError("message_too_large", "A message has 16 KiB at most.");
    }
    const channel = this.#channel;
    if (channel.readyState !== "open" || channel.bufferedAmount > MAX_BUFFERED) return false;
    channel.send(data);
    return true;
  }
}

/** What the SFU wraps a message in; null when this is something else. */
export function readMessage(frame: unknown): { userId: string; data: string } | null {
  if (typeof frame !== "string" || frame.length > MAX_RECEIVED) return null;
  try {
    const value: unknown = JSON.parse(frame);
    if (typeof value !== "object" || value === null) return null;
    const { from, data } = value as Record<string, unknown>;
    return typeof from === "string" && typeof data === "string" ? { userId: from, data } : null;
  } catch {
    return null;
  }
}
