import type { RestApi } from "./rest.js";
import type { OnlineUser, ServerMessage } from "./wire/types.js";

type PresenceChanged = Extract<ServerMessage, { type: "presence:changed" }>;

/** Who is online, without me; null where the server does not tell. */
export class Presence {
  readonly #api: Pick<RestApi, "presence">;
  readonly #changed: (online: readonly OnlineUser[] | null) => void;
  readonly #failed: (error: unknown) => void;
  #selfId = "";
  #online: ReadonlyMap<string, OnlineUser> | null = null;
  /** What was told while the list was on its way is newer than the list. */
  #meanwhile: PresenceChanged[] | null = null;

  constructor(
    api: Pick<RestApi, "presence">,
    changed: (online: readonly OnlineUser[] | null) => void,
    failed: (error: unknown) => void,
  ) {
    this.#api = api;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Asks for the whole list, as at the begin of a session. */
  async read(selfId: string): Promise<void> {
    this.#selfId = selfId;
    this.#meanwhile = [];
    try {
      const online = await this.#api.presence();
      this.#online = online && new Map(online.map((user) => [user.userId, user]));
    } catch (error) {
      this.#failed(error);
    }
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = null;
    for (const message of meanwhile) this.#take(message);
    this.#publish();
  }

  apply(message: PresenceChanged): void {
    if (this.#meanwhile) {
      if (this.#meanwhile.length < MAX_MEANWHILE) this.#meanwhile.push(message);
      return;
    }
    this.#take(message);
    this.#publish();
  }

  #take({ userId, name, online }: PresenceChanged): void {
    if (this.#online === null) return;
    const next = new Map(this.#online);
    if (online) next.set(userId, { userId, name });
    else next.delete(userId);
    this.#online = next;
  }

  #publish(): void {
    const online = this.#online && [...this.#online.values()];
    this.#changed(online?.filter((user) => user.userId !== this.#selfId) ?? null);
  }
}

const MAX_MEANWHILE = 10_000;
