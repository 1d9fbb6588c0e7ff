import type { QualityPoint } from "call-client";

/** What a chart shows. */
export type Measure = "score" | "roundTripTime" | "packetLoss" | "bitrateIn";

/** From the unit of the wire to the unit of the chart: ms, %, kbit/s. */
const scale: Record<Measure, number> = {
  score: 1,
  roundTripTime: 1000,
  packetLoss: 100,
  bitrateIn: 0.001,
};

/** Aligned columns as uPlot takes them: times in seconds, then one column for each connection. */
export interface ChartData {
  times: number[];
  lines: { userId: string; peerId: string; values: (number | null)[] }[];
}

/** The figures of one measure, one line for each direction of each connection. */
export function chartData(points: readonly QualityPoint[], measure: Measure): ChartData {
  const times = [...new Set(points.map((point) => Date.parse(point.at) / 1000))].sort(
    (a, b) => a - b,
  );
  const index = new Map(times.map((time, position) => [time, position]));
  const lines = new Map<string, ChartData["lines"][number]>();
  for (const point of points) {
    const key = `${point.userId}\n${point.peerId}`;
    let line = lines.get(key);
    if (line === undefined) {
      line = {
        userId: point.userId,
        peerId: point.peerId,
        values: new Array<number | null>(times.length).fill(null),
      };
      lines.set(key, line);
    }
    const value = point[measure];
    const position = index.get(Date.parse(point.at) / 1000);
    if (value !== null && position !== undefined) line.values[position] = value * scale[measure];
  }
  return { times, lines: [...lines.values()] };
}
