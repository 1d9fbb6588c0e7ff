import { describe, expect, it } from "vitest";
import { readTotals, sampleBetween } from "../src/stats.js";

type Entry = Record<string, unknown>;

function report(...entries: Entry[]): RTCStatsReport {
  return new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;
}

const places = { audio: "0", video: "1", sends: { audio: "0", video: ["1"] } };
const all = { audio: true, video: true };

const moment = (n: number) =>
  report(
    { id: "t", type: "transport", selectedCandidatePairId: "p" },
    {
      id: "p",
      type: "candidate-pair",
      localCandidateId: "l",
      currentRoundTripTime: 0.05,
      availableOutgoingBitrate: 1_000_000,
    },
    { id: "l", type: "local-candidate", candidateType: "relay", relayProtocol: "tls" },
    {
      id: "a",
      type: "inbound-rtp",
      kind: "audio",
      mid: "0",
      packetsReceived: 100 * n,
      packetsLost: 2 * n,
      jitter: 0.01,
      bytesReceived: 8000 * n,
    },
    // The sound of a shared screen is another place.
    { id: "s", type: "inbound-rtp", kind: "audio", mid: "2", packetsReceived: 9999 * n },
    {
      id: "v",
      type: "inbound-rtp",
      kind: "video",
      mid: "1",
      packetsReceived: 300 * n,
      packetsLost: 10 - n,
      framesDecoded: 60 * n,
      framesPerSecond: 30,
    },
    { id: "oa", type: "outbound-rtp", kind: "audio", mid: "0", packetsSent: n, bytesSent: 80 * n },
    { id: "r", type: "remote-inbound-rtp", kind: "audio", fractionLost: 0.1 },
  );

describe("samples", () => {
  it("are what happened between two moments", () => {
    const before = readTotals(moment(1), places, 1000);
    const after = readTotals(moment(2), places, 3000);
    expect(sampleBetween("bob", before, after, all)).toEqual({
      peerId: "bob",
      intervalMs: 2000,
      roundTripTime: 0.05,
      availableOutgoingBitrate: 1_000_000,
      candidateType: "relay",
      relayProtocol: "tls",
      audio: { packetsReceived: 100, packetsLost: 2, jitter: 0.01, bytesReceived: 8000 },
      video: {
        packetsReceived: 300,
        packetsLost: 0,
        jitter: 0,
        bytesReceived: 0,
        framesDecoded: 60,
        framesPerSecond: 30,
      },
      outbound: { bytesSent: 80, packetsSent: 1, fractionLost: 0.1 },
    });
  });

  it("leave out what the other side does not send", () => {
    const before = readTotals(moment(1), places, 0);
    const sample = sampleBetween("bob", before, readTotals(moment(2), places, 2000), {
      audio: false,
      video: false,
    });
    expect(sample.audio).toBeUndefined();
    expect(sample.video).toBeUndefined();
  });

  it("show media that should arrive and does not", () => {
    const nothing = readTotals(report(), places, 0);
    const sample = sampleBetween("bob", nothing, readTotals(report(), places, 2000), all);
    expect(sample.audio).toMatchObject({ packetsReceived: 0 });
    expect(sample.outbound).toBeUndefined();
  });

  it("find the pair that Firefox marks, and believe no nonsense", () => {
    const totals = readTotals(
      report(
        {
          id: "p",
          type: "candidate-pair",
          selected: true,
          localCandidateId: "l",
          currentRoundTripTime: Number.NaN,
        },
        { id: "l", type: "local-candidate", candidateType: "pigeon" },
      ),
      places,
      0,
    );
    expect(totals.roundTripTime).toBeUndefined();
    expect(totals.candidateType).toBeUndefined();
  });
});
