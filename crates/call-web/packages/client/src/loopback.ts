import type { Environment } from "./environment.js";
import { readRemoteType } from "./stats.js";
import type { CandidateType } from "./wire/types.js";

/** What came of a loop-back. */
export interface LoopbackOutcome {
  /** Seconds for a message there and back; null when none came back. */
  roundTripTime: number | null;
  /** Kinds of candidates that the near end found. */
  gathered: ReadonlySet<string>;
  /** Error codes of servers that were asked (RFC 8489; 701 when one did not answer). */
  errors: readonly number[];
  /** How the far end sees the near one. */
  seenAs: CandidateType | null;
}

/** How to make it. */
export interface LoopbackOptions {
  near: RTCConfiguration;
  far: RTCConfiguration;
  /** Candidates of the near end that the far end is to hear of; default: all. */
  tells?: (candidate: string) => boolean;
  /** The far end's candidates come only after the near end's, so that those are known by name. */
  nearFirst?: boolean;
}

const TIMEOUT_MS = 8000;
const PROBE = "probe";

/** Two connections of this page that send each other a message by the network. */
export class Loopback {
  readonly #environment: Environment;
  readonly #options: LoopbackOptions;
  readonly #near: RTCPeerConnection;
  readonly #far: RTCPeerConnection;
  readonly #gathered = new Set<string>();
  readonly #errors: number[] = [];
  #finish: (roundTripTime: number | null) => void = () => undefined;

  constructor(environment: Environment, options: LoopbackOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#near = new environment.RTCPeerConnection(options.near);
    this.#far = new environment.RTCPeerConnection(options.far);
  }

  /** Resolves after eight seconds at the latest. */
  async run(): Promise<LoopbackOutcome> {
    const { clock } = this.#environment;
    const done = new Promise<number | null>((resolve) => {
      this.#finish = resolve;
    });
    const timer = clock.setTimeout(() => this.#finish(null), TIMEOUT_MS);
    this.#listen();
    this.#echo();
    const roundTripTime = await done;
    const seenAs = roundTripTime === null ? null : await this.#seenAs();
    clock.clearTimeout(timer);
    this.#close();
    return { roundTripTime, gathered: this.#gathered, errors: this.#errors, seenAs };
  }

  stop(): void {
    this.#finish(null);
  }

  #listen(): void {
    const near = this.#near;
    const far = this.#far;
    let release: () => void = () => undefined;
    const told = this.#options.nearFirst
      ? new Promise<void>((resolve) => {
          release = resolve;
        })
      : Promise.resolve();
    // Made now, so that it is part of the first offer.
    const channel = near.createDataChannel(PROBE);
    const agreed = this.#agree();
    near.onicecandidate = ({ candidate }) => {
      if (candidate === null || candidate.candidate === "") {
        release();
        if (candidate === null && this.#gathered.size === 0) this.#finish(null);
        return;
      }
      const type = typeOf(candidate.candidate);
      this.#gathered.add(type);
      if (this.#options.tells?.(candidate.candidate) === false) return;
      const added = agreed.then(() => far.addIceCandidate(candidate));
      added.catch(() => undefined).then(() => type === "srflx" && release());
    };
    far.onicecandidate = ({ candidate }) => {
      if (candidate === null || candidate.candidate === "") return;
      Promise.all([agreed, told])
        .then(() => near.addIceCandidate(candidate))
        .catch(() => undefined);
    };
    near.onicecandidateerror = ({ errorCode }) => this.#errors.push(errorCode);
    near.onconnectionstatechange = () => {
      if (near.connectionState === "failed") this.#finish(null);
    };
    agreed.catch(() => this.#finish(null));
    const { clock } = this.#environment;
    let sentAt = 0;
    channel.onopen = () => {
      sentAt = clock.now();
      channel.send(PROBE);
    };
    channel.onmessage = () => this.#finish((clock.now() - sentAt) / 1000);
  }

  #echo(): void {
    this.#far.ondatachannel = ({ channel }) => {
      channel.onmessage = ({ data }) => channel.send(data as string);
    };
  }

  async #agree(): Promise<void> {
    await this.#near.setLocalDescription();
    await this.#far.setRemoteDescription(described(this.#near));
    await this.#far.setLocalDescription();
    await this.#near.setRemoteDescription(described(this.#far));
  }

  async #seenAs(): Promise<CandidateType | null> {
    try {
      return readRemoteType(await this.#far.getStats()) ?? null;
    } catch {
      return null;
    }
  }

  #close(): void {
    for (const end of [this.#near, this.#far]) {
      end.onicecandidate = null;
      end.onicecandidateerror = null;
      end.onconnectionstatechange = null;
      end.ondatachannel = null;
      end.close();
    }
  }
}

/** The kind of a candidate line (RFC 8839). */
export function typeOf(candidate: string): string {
  return / typ (\w+)/.exec(candidate)?.[1] ?? "";
}

function described(connection: RTCPeerConnection): RTCSessionDescriptionInit {
  const description = connection.localDescription;
  if (!description) throw new DOMException("There is no description.", "InvalidStateError");
  return description;
}
