/** A WebSocket whose far end is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1) as FakeSocket;
  }

  readonly sent: Record<string, unknown>[] = [];
  closedWith: number | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code = 1000): void {
    this.closedWith = code;
  }

  /** The server accepts the connection. */
  accept(): void {
    this.onopen?.();
  }

  /** The server says something. */
  say(message: object | string): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  /** The connection is closed from there. */
  drop(code = 1006): void {
    this.onclose?.({ code });
  }

  /** Greets back. */
  welcome(userId = "alice", calls: object[] = []): void {
    this.accept();
    this.say({ type: "session:ready", sessionId: "s", userId, heartbeatMs: 15_000, calls });
  }

  /** What was said with this type. */
  said(type: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message.type === type);
  }
}

export const asWebSocket = FakeSocket as unknown as new (url: string) => WebSocket;
