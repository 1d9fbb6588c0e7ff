import type { Call } from "./call.js";
import type { CallClientError } from "./errors.js";
import type { CallRequest, ClientOptions } from "./options.js";
import type { RestApi } from "./rest.js";
import type { ClientState } from "./snapshot.js";
import { Emitter, type Store } from "./store.js";

/** Events of a `CallClient`. */
export type ClientEvents = {
  /** A call rings here. */
  incoming: [call: Call];
  /** A call is over for this device. */
  ended: [call: Call];
  /** Something failed that no caller waits for. */
  error: [error: CallClientError];
  /** For logs: frames that were not understood, and the like. */
  debug: [what: string, detail: unknown];
};

/** The way in: one per page and user. */
export declare class CallClient extends Emitter<ClientEvents> {
  constructor(options: ClientOptions);
  /** The connection and who is online. */
  readonly state: Store<ClientState>;
  /** Calls that this device takes part in or may answer, until they end. */
  readonly calls: Store<readonly Call[]>;
  /** Those that ring here. */
  readonly incoming: Store<readonly Call[]>;
  /** History, single calls, presence, ...: the REST side. */
  readonly api: RestApi;
  /** Resolves when ready for the first time; goes on by itself from there. */
  connect(): Promise<void>;
  /** Lets go of connection and media. Calls are not hung up: `connect` takes them up again. */
  close(): void;
  /** Calls somebody. Resolves when it is placed; captures devices meanwhile. */
  call(request: CallRequest): Promise<Call>;
  /** A call by its id: one of `calls`, or asked from the server. */
  open(callId: string): Promise<Call>;
}
