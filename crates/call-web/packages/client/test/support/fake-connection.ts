import { vi } from "vitest";

let serial = 0;

/** A track that can end, mute and be told apart. */
export class FakeTrack extends EventTarget {
  readonly id = `track-${++serial}`;
  enabled = true;
  readyState: "live" | "ended" = "live";
  contentHint = "";
  /** No media arrives yet. */
  muted = true;
  constructor(
    readonly kind: "audio" | "video",
    readonly deviceId = `${kind}-device`,
    readonly size: { width?: number; height?: number } = {},
  ) {
    super();
  }
  stop(): void {
    this.readyState = "ended";
  }
  /** Unplugged, or "stop sharing". */
  end(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId, ...this.size };
  }
}

/** A stream is a list of tracks. */
export class FakeStream extends EventTarget {
  readonly id = `stream-${++serial}`;
  #tracks: FakeTrack[];
  constructor(tracks: FakeTrack[] = []) {
    super();
    this.#tracks = [...tracks];
  }
  addTrack(track: FakeTrack): void {
    if (!this.#tracks.includes(track)) this.#tracks.push(track);
  }
  removeTrack(track: FakeTrack): void {
    this.#tracks = this.#tracks.filter((each) => each !== track);
  }
  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }
  getAudioTracks(): FakeTrack[] {
    return this.#tracks.filter((track) => track.kind === "audio");
  }
  getVideoTracks(): FakeTrack[] {
    return this.#tracks.filter((track) => track.kind === "video");
  }
}

interface FakeParameters {
  encodings: RTCRtpEncodingParameters[];
  codecs?: { mimeType: string }[];
}

/** A data channel whose far end is the test. */
export class FakeChannel {
  readonly sent: string[] = [];
  readyState = "open";
  bufferedAmount = 0;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(
    readonly label: string,
    readonly options: RTCDataChannelInit,
  ) {}
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.readyState = "closed";
  }
}

class FakeTransceiver {
  mid: string | null = null;
  direction = "recvonly";
  readonly receiver: { track: FakeTrack; getSynchronizationSources(): unknown[] };
  readonly sender = {
    track: null as FakeTrack | null,
    replaceTrack: async (track: FakeTrack | null) => {
      this.sender.track = track;
    },
    parameters: { encodings: [{}] } as FakeParameters,
    getParameters: () => structuredClone(this.sender.parameters),
    setParameters: async (parameters: FakeParameters) => {
      this.sender.parameters = parameters;
    },
  };
  /** `rids` are those that an offer asks for. */
  constructor(kind: "audio" | "video", rids: string[] = []) {
    if (rids.length > 0) this.sender.parameters.encodings = rids.map((rid) => ({ rid }));
    this.receiver = { track: new FakeTrack(kind), getSynchronizationSources: () => [] };
  }
}

interface Description {
  type: "offer" | "answer";
  sdp: string;
}

function fragment(description: Description | null): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(description?.sdp ?? "")?.[1];
}

/**
 * RTCPeerConnection without a network: the signalling states of JSEP (RFC 8829), rollback included,
 * with its errors for what may not be done.
 */
export class FakeConnection {
  static all: FakeConnection[] = [];
  static get last(): FakeConnection {
    return FakeConnection.all.at(-1) as FakeConnection;
  }

  readonly serial = ++serial;
  signalingState = "stable";
  connectionState = "new";
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  candidates: unknown[] = [];
  restarts = 0;
  channels: FakeChannel[] = [];
  /** While set, descriptions take their time. */
  describing: Promise<void> | null = null;
  stats: Map<string, Record<string, unknown>> = new Map();
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  onnegotiationneeded: (() => void) | null = null;
  #transceivers: FakeTransceiver[] = [];
  #generation = 0;
  #beforeOffer: Description | null = null;

  constructor(public configuration: RTCConfiguration = {}) {
    FakeConnection.all.push(this);
  }

  get ufrag(): string {
    return `u${this.serial}g${this.#generation}`;
  }

  addTransceiver(
    kind: "audio" | "video",
    init: { direction?: string; rids?: string[] } = {},
  ): void {
    const place = new FakeTransceiver(kind, init.rids);
    place.direction = init.direction ?? place.direction;
    this.#transceivers.push(place);
  }

  getTransceivers(): FakeTransceiver[] {
    return this.#transceivers;
  }

  async setLocalDescription(): Promise<void> {
    this.#check();
    if (this.signalingState === "stable") {
      this.#beforeOffer = this.localDescription;
      this.localDescription = { type: "offer", sdp: this.#sdp() };
      this.signalingState = "have-local-offer";
    } else if (this.signalingState === "have-remote-offer") {
      this.localDescription = { type: "answer", sdp: this.#sdp() };
      this.signalingState = "stable";
    } else throw new DOMException("wrong state", "InvalidStateError");
  }

  async setRemoteDescription(description: Description): Promise<void> {
    await this.describing;
    this.#check();
    if (!description.sdp.startsWith("v=0")) throw new DOMException("bad", "OperationError");
    const sections = description.sdp.split(/^(?=m=)/m).slice(1);
    const media = sections.filter((section) => !section.startsWith("m=application"));
    if (description.type === "offer") {
      // An ICE restart over there is one here too (RFC 8445, section 9).
      const before = fragment(this.remoteDescription);
      if (before !== undefined && before !== fragment(description)) this.#generation += 1;
      if (this.signalingState === "have-local-offer") this.localDescription = this.#beforeOffer;
      for (const section of media.slice(this.#transceivers.length)) {
        const kind = section.startsWith("m=audio") ? "audio" : "video";
        const rids = [...section.matchAll(/^a=rid:(\w+) recv/gm)].map(([, rid]) => String(rid));
        this.addTransceiver(kind, { rids });
      }
      this.signalingState = "have-remote-offer";
    } else {
      if (this.signalingState !== "have-local-offer") {
        throw new DOMException("no offer", "InvalidStateError");
      }
      this.signalingState = "stable";
    }
    if (media.length !== this.#transceivers.length) {
      throw new DOMException("places", "OperationError");
    }
    this.#transceivers.forEach((transceiver, i) => {
      transceiver.mid = /^a=mid:(\S+)/m.exec(media[i] ?? "")?.[1] ?? String(i);
    });
    this.remoteDescription = description;
  }

  async addIceCandidate(candidate?: unknown): Promise<void> {
    this.#check();
    if (!this.remoteDescription) throw new DOMException("too early", "InvalidStateError");
    this.candidates.push(candidate ?? null);
  }

  restartIce(): void {
    this.restarts += 1;
    this.#generation += 1;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.#check();
    this.configuration = configuration;
  }

  createDataChannel(label = "", options: RTCDataChannelInit = {}): object {
    const channel = new FakeChannel(label, options);
    this.channels.push(channel);
    return channel;
  }

  async getStats(): Promise<Map<string, Record<string, unknown>>> {
    return this.stats;
  }

  close(): void {
    this.signalingState = "closed";
    this.connectionState = "closed";
    for (const transceiver of this.#transceivers) transceiver.mid = null;
  }

  /** Moves the connection, as the network would. */
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** Media arrives. */
  unmute(): void {
    for (const { receiver } of this.#transceivers) {
      receiver.track.muted = false;
      receiver.track.dispatchEvent(new Event("unmute"));
    }
  }

  #check(): void {
    if (this.signalingState === "closed") throw new DOMException("closed", "InvalidStateError");
  }

  #sdp(): string {
    const head = `v=0\r\no=- ${this.serial} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n`;
    const media = this.#transceivers.map(
      ({ receiver, mid, direction }, i) =>
        `m=${receiver.track.kind} 9 RTP 0\r\na=ice-ufrag:${this.ufrag}\r\na=mid:${mid ?? i}\r\n` +
        `a=${direction}\r\n`,
    );
    return head + media.join("");
  }
}

/** Puts the fakes in place of what the browser has as globals. */
export function installMedia(): void {
  FakeConnection.all = [];
  vi.stubGlobal("MediaStream", FakeStream);
}

export const asConnection = FakeConnection as unknown as new (
  configuration?: RTCConfiguration,
) => RTCPeerConnection;
