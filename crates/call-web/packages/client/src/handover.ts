import type { Standing } from "./standing.js";
import type { Topology } from "./wire/types.js";

/** How things are at one moment. */
export interface Facts {
  /** How the server wants media to travel. */
  topology: Topology;
  /** Who else is in the call. */
  present: readonly string[];
  /** Where the way to somebody stands. */
  standing(userId: string, topology: Topology): Standing;
  /** This device has its connection to the SFU. */
  sfuConnected: boolean;
}

/** What is to be done. */
export type Step =
  /** Show somebody by this way from now on; it was decided at `since`. */
  | { type: "show"; userId: string; from: Topology; to: Topology; since: number }
  /** Tell that this device shows everybody by this way. */
  | { type: "say"; topology: Topology };

/** An old way is kept for this long at most, beside a new one that is in use. */
export const KEEP_MS = 15_000;

interface Remote {
  shown: Topology;
  /** Media came by what is shown, at least once. */
  live: boolean;
  /** There is, or is to be, a connection to their device. */
  mesh: boolean;
  /** Since when they are shown by this way. */
  since: number;
}

/**
 * Decides by which way everybody is shown while a call goes from peer to peer to an SFU, or back.
 *
 * Old ways go on sending and are shown until the new one has decoded what is awaited, each
 * participant for themselves. A way is let go when nothing is shown by it on either end, which each
 * device says of itself, or after `KEEP_MS`. All of it is derived anew from the facts at every
 * step, so the server may change its mind at any point.
 */
export class Handover {
  readonly #remotes = new Map<string, Remote>();
  /** What others said to show everybody by, and in which turn of the topology that counts. */
  readonly #heard = new Map<string, { topology: Topology; turn: number }>();
  #target: Topology | null = null;
  #turn = 0;
  #since = 0;
  #said = false;
  #sfu = false;
  #overdue = false;
  #now = 0;

  /** Brings everything in line with the facts. */
  step(facts: Facts, now: number): Step[] {
    this.#now = now;
    this.#turnTo(facts.topology);
    this.#overdue = now >= this.#since + KEEP_MS;
    this.#follow(facts);
    const steps: Step[] = [];
    for (const [userId, remote] of this.#remotes) {
      const step = this.#show(userId, remote, facts);
      if (step) steps.push(step);
    }
    if (this.#due(facts)) {
      this.#said = true;
      steps.push({ type: "say", topology: facts.topology });
    }
    this.#letGo(facts);
    return steps;
  }

  /** Somebody shows everybody by this way. */
  heard(userId: string, topology: Topology): void {
    // Who is ahead of us speaks of a turn that we have not been told of yet.
    const turn = topology === this.#target ? this.#turn : this.#turn + 1;
    this.#heard.set(userId, { topology, turn });
  }

  shown(userId: string): Topology | null {
    return this.#remotes.get(userId)?.shown ?? null;
  }

  /** Whom there has to be a connection to. */
  get mesh(): string[] {
    return [...this.#remotes].filter(([, { mesh }]) => mesh).map(([userId]) => userId);
  }

  /** There has to be a connection to the SFU. */
  get sfu(): boolean {
    return this.#sfu;
  }

  /** What was said last is still true; it may have been lost. */
  get said(): Topology | null {
    return this.#said ? this.#target : null;
  }

  /** When the server decided on the way that it wants now. */
  get since(): number {
    return this.#since;
  }

  /** It takes longer than an old way is kept. */
  get late(): boolean {
    return this.#overdue;
  }

  /** Nothing changes but by new facts from the server. */
  get settled(): boolean {
    const unsaid = this.#moved() && !this.#said;
    const kept = this.#target === "sfu" ? this.mesh.length > 0 : this.#sfu;
    return !unsaid && !kept;
  }

  #turnTo(topology: Topology): void {
    if (topology === this.#target) return;
    this.#turn += 1;
    this.#target = topology;
    this.#since = this.#now;
    this.#said = false;
    for (const [userId, { turn }] of this.#heard) {
      if (turn < this.#turn) this.#heard.delete(userId);
    }
    if (topology === "sfu") this.#sfu = true;
    else for (const remote of this.#remotes.values()) remote.mesh = true;
  }

  /** A call that is peer to peer from its beginning has nothing to tell. */
  #moved(): boolean {
    return this.#turn > 1 || this.#target === "sfu";
  }

  #follow({ present, topology }: Facts): void {
    for (const userId of [...this.#remotes.keys()]) {
      if (present.includes(userId)) continue;
      this.#remotes.delete(userId);
      this.#heard.delete(userId);
    }
    for (const userId of present) {
      if (this.#remotes.has(userId)) continue;
      const mesh = topology === "p2p";
      this.#remotes.set(userId, { shown: topology, live: false, mesh, since: this.#now });
    }
  }

  #show(userId: string, remote: Remote, facts: Facts): Step | null {
    const { topology } = facts;
    const old = facts.standing(userId, remote.shown);
    if (old !== "none") remote.live = true;
    if (remote.shown === topology) return null;
    const fresh = facts.standing(userId, topology);
    const good = fresh === "ready" || (fresh === "partial" && (old === "none" || this.#overdue));
    // Nothing ever came by the old way, so there is nothing to be held on to.
    if (!good && remote.live) return null;
    const step: Step = {
      type: "show",
      userId,
      from: remote.shown,
      to: topology,
      since: this.#since,
    };
    const { live } = remote;
    remote.shown = topology;
    remote.since = this.#now;
    remote.live = fresh !== "none";
    return live ? step : null;
  }

  #due({ topology, sfuConnected }: Facts): boolean {
    if (this.#said || !this.#moved()) return false;
    if (topology === "sfu" && !sfuConnected) return false;
    return [...this.#remotes.values()].every(({ shown }) => shown === topology);
  }

  #letGo({ topology, standing }: Facts): void {
    const old = (remote: Remote) => this.#now >= Math.max(remote.since, this.#since) + KEEP_MS;
    if (topology === "sfu") {
      for (const [userId, remote] of this.#remotes) {
        if (!remote.mesh || remote.shown !== "sfu") continue;
        const dead = standing(userId, "p2p") === "none";
        if (dead || this.#agreed(userId) || old(remote)) remote.mesh = false;
      }
      return;
    }
    const remotes = [...this.#remotes];
    const left = ([userId, remote]: [string, Remote]) =>
      remote.shown === "p2p" && (this.#agreed(userId) || old(remote));
    if (remotes.every(left)) this.#sfu = false;
  }

  /** Both ends show each other by the new way. */
  #agreed(userId: string): boolean {
    const heard = this.#heard.get(userId);
    return this.#said && heard?.turn === this.#turn && heard.topology === this.#target;
  }
}
