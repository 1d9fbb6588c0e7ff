import type { Clock } from "./environment.js";
import { type BySource, bySource, type Way } from "./way.js";

/** What was counted of one received track at one moment. */
export interface Count {
  /** Milliseconds since 1970. */
  at: number;
  /** Another one where counting began anew. */
  id: string;
  packets: number;
  /** Decoded. */
  frames: number;
  /** Played, made up ones included; null where the browser does not tell. */
  samples: number | null;
  /** Made up for sound that was missing. */
  concealed: number;
}

/** Moments that are kept. */
const MAX_COUNTS = 64;
const NONE: readonly Count[] = [];

/** Counts what arrives by ways, moment by moment. */
export class Probe {
  readonly #clock: Clock;
  readonly #counts = new WeakMap<RTCPeerConnection, Map<string, Count[]>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts what arrives by the connections of these ways. Never throws. */
  async read(ways: Iterable<Way>): Promise<void> {
    const connections = new Set([...ways].map((way) => way.connection));
    await Promise.all([...connections].map((connection) => this.#read(connection)));
  }

  /** The latest counts of the tracks of a way, oldest first. */
  of(way: Way): BySource<readonly Count[]> {
    const counts = this.#counts.get(way.connection);
    return bySource((source) => counts?.get(way.mids[source] ?? "") ?? NONE);
  }

  async #read(connection: RTCPeerConnection): Promise<void> {
    let report: RTCStatsReport;
    try {
      report = await connection.getStats();
    } catch {
      // Closed meanwhile.
      return;
    }
    const at = this.#clock.now();
    const counts = this.#counts.get(connection) ?? new Map<string, Count[]>();
    this.#counts.set(connection, counts);
    for (const entry of inboundOf(report)) {
      if (entry.mid === undefined) continue;
      const list = counts.get(entry.mid) ?? [];
      counts.set(entry.mid, list);
      list.push({
        at,
        id: entry.id,
        packets: entry.packetsReceived ?? 0,
        frames: entry.framesDecoded ?? 0,
        samples: entry.totalSamplesReceived ?? null,
        concealed: entry.concealedSamples ?? 0,
      });
      if (list.length > MAX_COUNTS) list.shift();
    }
  }
}

function inboundOf(report: RTCStatsReport): RTCInboundRtpStreamStats[] {
  const entries = [...(report as unknown as Map<string, { type: string }>).values()];
  return entries.filter((entry) => entry.type === "inbound-rtp") as RTCInboundRtpStreamStats[];
}
