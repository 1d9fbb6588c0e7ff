// The quality model of crates/call-media (assess.rs, monitor.rs), line by line; both are tested
// against crates/call-media/vectors/quality.json. The formula is explained there.
import type { Inbound, Quality, QualityReason, StatsSample } from "./wire/types.js";

/** What one sample says about a connection. */
export interface Assessment {
  /** Mean opinion score (ITU-T P.800), 1 to 4.5, two decimals. */
  score: number;
  quality: Quality;
  reasons: QualityReason[];
}

/** All levels, worst last. */
const LEVELS: readonly Quality[] = ["excellent", "good", "fair", "poor", "lost"];
const REASONS: readonly QualityReason[] = [
  "high_round_trip_time",
  "packet_loss",
  "jitter",
  "low_bitrate",
  "frozen_video",
  "cpu_limited",
  "bandwidth_limited",
  "no_media",
];
const SECONDS = 10;
const COUNT = 1e9;
const BITRATE = 1e12;
const MIN_SCORE = 1;
const MAX_SCORE = 4.5;

/** Assesses one sample. */
export function assess(sample: Omit<StatsSample, "peerId">): Assessment {
  const { audio, video, outbound } = sample;
  const inbound = [audio, video].filter((media) => media !== undefined);
  if (inbound.length > 0 && inbound.every((media) => received(media) <= 0)) {
    return { score: MIN_SCORE, quality: "lost", reasons: ["no_media"] };
  }
  const silent = audio !== undefined && received(audio) <= 0;
  const heard = silent ? undefined : audio;
  const heardLoss = silent ? 1 : heard ? Math.max(loss(heard), concealment(heard)) : 0;
  const sentLoss = known(outbound?.fractionLost, 1) ?? 0;
  const voiceLoss = Math.max(heardLoss, sentLoss);
  const roundTripTime = known(sample.roundTripTime, SECONDS) ?? 0;
  const jitter = known((heard ?? video)?.jitter, SECONDS) ?? 0;

  const videoLoss = video ? loss(video) : 0;
  const frozen = video ? frozenShare(video, sample.intervalMs) : 0;
  const pBitrate = bitratePenalty(sample);
  const limitation = outbound?.qualityLimitationReason;
  const pLimited = limitation === "bandwidth" ? 0.5 : limitation === "cpu" ? 0.3 : 0;

  const raw =
    meanOpinion(roundTripTime, jitter, voiceLoss) -
    Math.min(1.5, 15 * videoLoss) -
    2 * frozen -
    pBitrate -
    pLimited;
  const score = Math.round(clamp(raw, MIN_SCORE, MAX_SCORE) * 100) / 100;
  const holds: Record<QualityReason, boolean> = {
    high_round_trip_time: roundTripTime > 0.3,
    packet_loss: Math.max(silent ? sentLoss : voiceLoss, videoLoss) > 0.02,
    jitter: jitter > 0.03,
    low_bitrate: pBitrate > 0,
    frozen_video: frozen > 0,
    cpu_limited: limitation === "cpu",
    bandwidth_limited: limitation === "bandwidth",
    no_media: silent,
  };
  return { score, quality: level(score), reasons: REASONS.filter((reason) => holds[reason]) };
}

/** The E-model (ITU-T G.107) in its usual simplification, for Opus. */
function meanOpinion(roundTripTime: number, jitter: number, voiceLoss: number): number {
  const delay = 20 + (roundTripTime * 1000) / 2 + 2 * jitter * 1000;
  const late = delay > 177.3 ? 0.11 * (delay - 177.3) : 0;
  const delayImpairment = 0.024 * delay + late;
  const percent = 100 * voiceLoss;
  const lossImpairment = (95 * percent) / (percent + 20);
  const r = clamp(93.2 - delayImpairment - lossImpairment, 0, 100);
  return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 0.000007;
}

function frozenShare(video: Inbound, intervalMs: number): number {
  const framesDecoded = known(video.framesDecoded, COUNT);
  if (received(video) <= 0 || (framesDecoded !== undefined && framesDecoded <= 0)) return 1;
  const duration = known(video.totalFreezesDuration, SECONDS) ?? 0;
  const freezes = known(video.freezeCount, COUNT) ?? 0;
  return Math.min(1, Math.max(duration / intervalSeconds(intervalMs), 0.1 * freezes));
}

function bitratePenalty(sample: Omit<StatsSample, "peerId">): number {
  if (sample.outbound === undefined) return 0;
  const sendsVideo = (known(sample.outbound.framesPerSecond, COUNT) ?? 0) > 0;
  const needed = sendsVideo ? 150_000 : 24_000;
  const available = known(sample.availableOutgoingBitrate, BITRATE);
  return available !== undefined && available < needed ? 1 - available / needed : 0;
}

function intervalSeconds(ms: number): number {
  return (Number.isFinite(ms) && ms > 0 ? clamp(ms, 100, 60_000) : 2000) / 1000;
}

function known(value: number | undefined, max: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 0
    ? Math.min(value, max)
    : undefined;
}

function received(media: Inbound): number {
  return known(media.packetsReceived, COUNT) ?? 0;
}

function loss(media: Inbound): number {
  const lost = known(media.packetsLost, COUNT) ?? 0;
  const expected = lost + received(media);
  return expected > 0 ? lost / expected : 0;
}

function concealment(media: Inbound): number {
  const concealed = known(media.concealedSamples, COUNT) ?? 0;
  const total = known(media.totalSamplesReceived, COUNT) ?? 0;
  return total > 0 ? Math.min(1, concealed / total) : 0;
}

function level(score: number): Quality {
  if (score >= 4.2) return "excellent";
  if (score >= 3.6) return "good";
  return score >= 2.6 ? "fair" : "poor";
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** Samples in a row that have to be worse before a level falls, and better before it rises. */
const WORSE_AFTER = 2;
const BETTER_AFTER = 3;
const MAX_PEERS = 64;

/** A level with what stands behind it. */
export interface QualityLevel {
  quality: Quality;
  /** The lowest latest score of the peers at that level. */
  score: number;
  reasons: QualityReason[];
}

/** The quality of the connections to all peers, without flicker. */
export class QualityMonitor {
  readonly #peers = new Map<string, PeerLevel>();
  #announced: Quality | null = null;

  /** Takes in an assessment; returns the new quality when this changed the worst over the peers. */
  observe(peerId: string, assessment: Assessment): QualityLevel | null {
    const peer = this.#peers.get(peerId);
    if (peer) peer.observe(assessment);
    else if (this.#peers.size < MAX_PEERS) this.#peers.set(peerId, new PeerLevel(assessment));
    return this.#announce();
  }

  /** Forgets a peer that left; returns the new quality when that changed it. */
  forget(peerId: string): QualityLevel | null {
    return this.#peers.delete(peerId) ? this.#announce() : null;
  }

  /** The connection to one peer; null before its first sample. */
  of(peerId: string): QualityLevel | null {
    const peer = this.#peers.get(peerId);
    return peer
      ? { quality: peer.level, score: peer.latest.score, reasons: peer.latest.reasons }
      : null;
  }

  /** The worst over the peers; null before the first sample. */
  worst(): QualityLevel | null {
    const peers = [...this.#peers.values()];
    const quality = LEVELS.findLast((candidate) => peers.some((peer) => peer.level === candidate));
    if (quality === undefined) return null;
    const worst = peers.filter((peer) => peer.level === quality);
    return {
      quality,
      score: Math.min(...worst.map((peer) => peer.latest.score)),
      reasons: REASONS.filter((reason) => worst.some((p) => p.latest.reasons.includes(reason))),
    };
  }

  #announce(): QualityLevel | null {
    const worst = this.worst();
    if ((worst?.quality ?? null) === this.#announced) return null;
    this.#announced = worst?.quality ?? null;
    return worst;
  }
}

class PeerLevel {
  level: Quality;
  latest: Assessment;
  /** The latest samples that all lie on one side of the level, as places in `LEVELS`. */
  #streak: number[] = [];

  constructor(first: Assessment) {
    this.level = first.quality;
    this.latest = first;
  }

  observe(assessment: Assessment): void {
    this.latest = assessment;
    const here = LEVELS.indexOf(this.level);
    const sample = LEVELS.indexOf(assessment.quality);
    const side = Math.sign(sample - here);
    this.#streak = this.#streak.filter((past) => Math.sign(past - here) === side);
    if (side === 0) return;
    this.#streak.push(sample);
    if (this.#streak.length < (side > 0 ? WORSE_AFTER : BETTER_AFTER)) return;
    this.level =
      LEVELS[side > 0 ? Math.min(...this.#streak) : Math.max(...this.#streak)] ?? this.level;
    this.#streak = [];
  }
}
