import { beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../src/environment.js";
import { Probe } from "../src/probe.js";
import { bySource, type Way } from "../src/way.js";
import { FakeConnection } from "./support/fake-connection.js";

let connection: FakeConnection;
let way: Way;
let probe: Probe;

beforeEach(() => {
  connection = new FakeConnection();
  way = {
    connection: connection as unknown as RTCPeerConnection,
    mids: { ...bySource(() => null), audio: "0", video: "1" },
  } as Way;
  probe = new Probe(systemClock);
});

function stats(...entries: Record<string, unknown>[]): void {
  connection.stats = new Map(
    entries.map((entry, i) => [String(i), { type: "inbound-rtp", id: `in-${i}`, ...entry }]),
  );
}

it("counts what comes at the places of a way", async () => {
  stats(
    { mid: "0", packetsReceived: 7, totalSamplesReceived: 960, concealedSamples: 48 },
    { mid: "1", packetsReceived: 5, framesDecoded: 2 },
    { mid: "2", packetsReceived: 99 },
    { type: "outbound-rtp", mid: "0", packetsReceived: 99 },
  );
  await probe.read([way]);
  const { audio, video, screen } = probe.of(way);
  expect(audio).toMatchObject([{ packets: 7, samples: 960, concealed: 48, frames: 0 }]);
  expect(video).toMatchObject([{ packets: 5, frames: 2, samples: null }]);
  expect(screen).toEqual([]);
});

it("asks a connection that carries many once", async () => {
  const asked = vi.spyOn(connection, "getStats");
  await probe.read([way, { ...way }, { ...way }]);
  expect(asked).toHaveBeenCalledTimes(1);
});

it("forgets what is old", async () => {
  stats({ mid: "0", packetsReceived: 1 });
  for (let i = 0; i < 100; i += 1) await probe.read([way]);
  expect(probe.of(way).audio).toHaveLength(64);
});

it("takes a connection that was closed for one that tells nothing", async () => {
  vi.spyOn(connection, "getStats").mockRejectedValue(new Error("closed"));
  await probe.read([way]);
  expect(probe.of(way).audio).toEqual([]);
});
