import type { QualityPoint } from "call-client";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { words } from "../words.js";
import { Chart } from "./Chart.js";
import { chartData, type Measure } from "./series.js";

const measures: { measure: Measure; range: [number, number] }[] = [
  { measure: "score", range: [1, 4.6] },
  { measure: "roundTripTime", range: [0, 50] },
  { measure: "packetLoss", range: [0, 2] },
  { measure: "bitrateIn", range: [0, 100] },
];

const dark = "(prefers-color-scheme: dark)";

function useDark(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(dark);
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => matchMedia(dark).matches,
  );
}

export interface QualityChartsProps {
  points: readonly QualityPoint[];
  nameOf: (userId: string) => string;
}

/** How good the connections were over time. */
export function QualityCharts({ points, nameOf }: QualityChartsProps) {
  const isDark = useDark();
  // Hues far apart, as light as the page wants them.
  const colorOf = useCallback(
    (index: number) => `oklch(${isDark ? 0.78 : 0.52} 0.14 ${(258 + index * 100) % 360})`,
    [isDark],
  );
  const charts = useMemo(
    () => measures.map((each) => ({ ...each, data: chartData(points, each.measure) })),
    [points],
  );
  const [first] = charts;
  return (
    <section className="app-card" aria-labelledby="quality-title">
      <h2 id="quality-title">{words.page.quality}</h2>
      {points.length === 0 || first === undefined ? (
        <p className="app-hint">{words.page.qualityNone}</p>
      ) : (
        <>
          <ul className="app-legend">
            {first.data.lines.map((line, index) => (
              <li key={`${line.userId} ${line.peerId}`}>
                <span className="app-key" style={{ background: colorOf(index) }} />
                {words.page.from(nameOf(line.userId), nameOf(line.peerId))}
              </li>
            ))}
          </ul>
          <div className="app-charts">
            {charts.map(({ measure, range, data }) => (
              <Chart
                key={measure}
                title={words.page.charts[measure]}
                data={data}
                range={range}
                nameOf={(line) => words.page.from(nameOf(line.userId), nameOf(line.peerId))}
                colorOf={colorOf}
              />
            ))}
          </div>
        </>
      )}
    </section>
  );
}
