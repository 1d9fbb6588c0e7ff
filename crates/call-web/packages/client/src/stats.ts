import type { MediaState, StatsSample } from "./wire/types.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Statistics of a browser; members that one lacks are absent. */
type Entry = Record<string, unknown> & { id: string; type: string };

/** Totals of one moment, by direction and kind. */
export interface Totals extends Path {
  /** Milliseconds since 1970. */
  at: number;
  roundTripTime?: number;
  availableOutgoingBitrate?: number;
  audio: Entry | undefined;
  video: Entry | undefined;
  outboundAudio: Entry | undefined;
  /** Every layer of every picture. */
  outboundVideo: readonly Entry[];
  /** The worst that the peer reported. */
  fractionLost?: number;
}

/**
 * The places of a connection by mid; null where nothing is awaited. The sound of a shared screen is
 * not judged.
 */
export interface Places {
  audio: string | null;
  video: string | null;
  /** Where this device sends. */
  sends: { readonly audio: string | null; readonly video: readonly string[] };
}

/** The way that media takes to the peer. */
export interface Path {
  candidateType?: StatsSample["candidateType"];
  relayProtocol?: StatsSample["relayProtocol"];
}

/** Reads the way from what `getStats` gave. */
export function readPath(report: RTCStatsReport): Path {
  const entries = [...(report as unknown as Map<string, Entry>).values()];
  return pathOf(entries, selectedPair(entries));
}

/** How the other end is seen from here: `prflx` when it came by an address that it did not name. */
export function readRemoteType(report: RTCStatsReport): Path["candidateType"] {
  const entries = [...(report as unknown as Map<string, Entry>).values()];
  const pair = selectedPair(entries);
  const remote = pair && entries.find((entry) => entry.id === pair.remoteCandidateId);
  return word(remote, "candidateType", CANDIDATE_TYPES);
}

/** Reads what `getStats` gave (W3C webrtc-stats). */
export function readTotals(report: RTCStatsReport, places: Places, now: number): Totals {
  const entries = [...(report as unknown as Map<string, Entry>).values()];
  const { sends } = places;
  const at = (type: string, kind: "audio" | "video", mids: readonly (string | null)[]) =>
    entries.filter(
      (entry) =>
        entry.type === type &&
        entry.kind === kind &&
        mids.some((mid) => mid !== null && (entry.mid === undefined || entry.mid === mid)),
    );
  const totals: Totals = {
    at: now,
    audio: at("inbound-rtp", "audio", [places.audio])[0],
    video: at("inbound-rtp", "video", [places.video])[0],
    outboundAudio: at("outbound-rtp", "audio", [sends.audio])[0],
    outboundVideo: at("outbound-rtp", "video", sends.video),
  };
  const pair = selectedPair(entries);
  if (pair) {
    assign(totals, "roundTripTime", numberOf(pair, "currentRoundTripTime"));
    assign(totals, "availableOutgoingBitrate", numberOf(pair, "availableOutgoingBitrate"));
    Object.assign(totals, pathOf(entries, pair));
  }
  const lost = entries
    .filter((entry) => entry.type === "remote-inbound-rtp")
    .map((entry) => numberOf(entry, "fractionLost"))
    .filter((value) => value !== undefined);
  if (lost.length > 0) totals.fractionLost = Math.max(...lost);
  return totals;
}

/**
 * What happened between two moments. Media that the peer says it does not send, or did not say
 * throughout, is left out: its silence is no fault of the connection.
 */
export function sampleBetween(
  peerId: string,
  before: Totals,
  after: Totals,
  sends: Pick<MediaState, "audio" | "video">,
): StatsSample {
  const sample: Mutable<StatsSample> = { peerId, intervalMs: Math.max(1, after.at - before.at) };
  assign(sample, "roundTripTime", after.roundTripTime);
  assign(sample, "availableOutgoingBitrate", after.availableOutgoingBitrate);
  assign(sample, "candidateType", after.candidateType);
  assign(sample, "relayProtocol", after.relayProtocol);
  if (sends.audio) sample.audio = inbound(before.audio, after.audio);
  if (sends.video) sample.video = inbound(before.video, after.video);
  assign(sample, "outbound", outbound(before, after));
  return sample;
}

function inbound(before: Entry | undefined, after: Entry | undefined): StatsSample["audio"] {
  const result: NonNullable<StatsSample["audio"]> = {
    packetsReceived: grown(before, after, "packetsReceived") ?? 0,
    // Late packets lower the total again; that is no loss and no gain of this interval.
    packetsLost: grown(before, after, "packetsLost") ?? 0,
    jitter: numberOf(after, "jitter") ?? 0,
    bytesReceived: grown(before, after, "bytesReceived") ?? 0,
  };
  for (const key of [
    "concealedSamples",
    "totalSamplesReceived",
    "framesDecoded",
    "freezeCount",
    "totalFreezesDuration",
  ] as const) {
    assign(result, key, grown(before, after, key));
  }
  for (const key of ["framesPerSecond", "frameWidth", "frameHeight"] as const) {
    assign(result, key, numberOf(after, key));
  }
  return result;
}

function outbound(before: Totals, after: Totals): StatsSample["outbound"] | undefined {
  const pictures = after.outboundVideo.map(
    (entry) => [before.outboundVideo.find(({ id }) => id === entry.id), entry] as const,
  );
  const streams = [[before.outboundAudio, after.outboundAudio] as const, ...pictures];
  const sum = (key: string) =>
    streams.reduce((total, [then, now]) => total + (grown(then, now, key) ?? 0), 0);
  const packetsSent = sum("packetsSent");
  if (packetsSent === 0) return undefined;
  const result: NonNullable<StatsSample["outbound"]> = { bytesSent: sum("bytesSent"), packetsSent };
  assign(result, "fractionLost", after.fractionLost);
  // Of several layers, the largest that is sent tells how good the picture is.
  const sent = pictures
    .filter(([then, now]) => (grown(then, now, "packetsSent") ?? 0) > 0)
    .map(([, now]) => now);
  const height = (entry: Entry) => numberOf(entry, "frameHeight") ?? 0;
  const largest = sent.sort((one, other) => height(other) - height(one))[0];
  if (largest) {
    assign(result, "framesPerSecond", numberOf(largest, "framesPerSecond"));
    assign(result, "frameHeight", numberOf(largest, "frameHeight"));
    const reason = word(largest, "qualityLimitationReason", LIMITATION_REASONS);
    assign(result, "qualityLimitationReason", reason);
  }
  return result;
}

const CANDIDATE_TYPES = ["host", "srflx", "prflx", "relay"] as const;
const RELAY_PROTOCOLS = ["udp", "tcp", "tls"] as const;
const LIMITATION_REASONS = ["none", "cpu", "bandwidth", "other"] as const;

function pathOf(entries: Entry[], pair: Entry | undefined): Path {
  const path: Path = {};
  const local = pair && entries.find((entry) => entry.id === pair.localCandidateId);
  assign(path, "candidateType", word(local, "candidateType", CANDIDATE_TYPES));
  assign(path, "relayProtocol", word(local, "relayProtocol", RELAY_PROTOCOLS));
  return path;
}

function selectedPair(entries: Entry[]): Entry | undefined {
  const transport = entries.find(
    (entry) => entry.type === "transport" && typeof entry.selectedCandidatePairId === "string",
  );
  if (transport) return entries.find((entry) => entry.id === transport.selectedCandidatePairId);
  // Firefox marks the pair itself.
  return entries.find(
    (entry) =>
      entry.type === "candidate-pair" &&
      (entry.selected === true || (entry.nominated === true && entry.state === "succeeded")),
  );
}

/** Growth of a total; from nothing when the stream is new or was begun anew. */
function grown(
  before: Entry | undefined,
  after: Entry | undefined,
  key: string,
): number | undefined {
  const now = numberOf(after, key);
  if (now === undefined) return undefined;
  const then = before?.id === after?.id ? (numberOf(before, key) ?? 0) : 0;
  return Math.max(0, now - then);
}

function numberOf(entry: Entry | undefined, key: string): number | undefined {
  const value = entry?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function word<T extends string>(
  entry: Entry | undefined,
  key: string,
  words: readonly T[],
): T | undefined {
  return words.find((candidate) => candidate === entry?.[key]);
}

function assign<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value;
}
