import type { Environment } from "./environment.js";
import type { IceSource } from "./ice.js";
import type { MediaMemory } from "./memory.js";
import type { Recordings } from "./recordings.js";
import type { RestApi } from "./rest.js";
import type { Socket } from "./socket.js";

/** What a call needs of its client. */
export interface CallServices {
  selfId: string;
  deviceId: string;
  api: RestApi;
  socket: Pick<Socket, "request" | "post" | "tell" | "ready">;
  environment: Environment;
  memory: MediaMemory;
  ice: IceSource;
  recordings: Pick<Recordings, "ability">;
  debug(what: string, detail: unknown): void;
}
