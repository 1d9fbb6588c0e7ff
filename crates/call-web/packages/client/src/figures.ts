import type { ConnectionFigures } from "./snapshot.js";
import type { Totals } from "./stats.js";
import type { Inbound, StatsSample } from "./wire/types.js";

/** What is known at the first look: the way, and how long it takes. */
export function firstFigures(totals: Totals): ConnectionFigures {
  return {
    roundTripTime: totals.roundTripTime ?? null,
    jitter: null,
    packetLoss: null,
    bitrateIn: null,
    bitrateOut: null,
    frameWidth: null,
    frameHeight: null,
    framesPerSecond: null,
    frameHeightOut: null,
    framesPerSecondOut: null,
    candidateType: totals.candidateType ?? null,
    relayProtocol: totals.relayProtocol ?? null,
  };
}

/** The figures of one interval. */
export function figuresOf(sample: StatsSample): ConnectionFigures {
  const { audio, video, outbound } = sample;
  const inbound = [audio, video].filter((media) => media !== undefined);
  const sum = (of: (media: Inbound) => number) =>
    inbound.reduce((total, media) => total + of(media), 0);
  const lost = sum((media) => media.packetsLost);
  const expected = lost + sum((media) => media.packetsReceived);
  const perSecond = (bytes: number) => (bytes * 8000) / sample.intervalMs;
  return {
    roundTripTime: sample.roundTripTime ?? null,
    jitter: (audio ?? video)?.jitter ?? null,
    packetLoss: expected > 0 ? lost / expected : null,
    bitrateIn: inbound.length > 0 ? perSecond(sum((media) => media.bytesReceived)) : null,
    bitrateOut: outbound ? perSecond(outbound.bytesSent) : null,
    frameWidth: video?.frameWidth ?? null,
    frameHeight: video?.frameHeight ?? null,
    framesPerSecond: video?.framesPerSecond ?? null,
    frameHeightOut: outbound?.frameHeight ?? null,
    framesPerSecondOut: outbound?.framesPerSecond ?? null,
    candidateType: sample.candidateType ?? null,
    relayProtocol: sample.relayProtocol ?? null,
  };
}
