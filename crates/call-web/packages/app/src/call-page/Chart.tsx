import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { ChartData } from "./series.js";

export interface ChartProps {
  title: string;
  data: ChartData;
  /** The ends of the scale; the upper one gives way to larger values. */
  range: [number, number];
  nameOf: (line: ChartData["lines"][number]) => string;
  colorOf: (index: number) => string;
}

const HEIGHT = 150;

/** Lines over time. */
export function Chart({ title, data, range, nameOf, colorOf }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const names = useRef(nameOf);
  names.current = nameOf;
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const text = style.getPropertyValue("--call-text-muted");
    const grid = style.getPropertyValue("--call-border");
    const axis = {
      stroke: text,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
      font: `12px ${style.fontFamily}`,
    };
    const start = data.times[0] ?? 0;
    const plot = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { points: { size: 6 } },
        scales: {
          y: { range: (_, __, most) => [range[0], Math.max(range[1], (most ?? 0) * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 28,
            values: (_, ticks) =>
              ticks.map((tick) => {
                const seconds = Math.max(0, Math.round(tick - start));
                return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
              }),
          },
          { ...axis, size: 44 },
        ],
        series: [
          {},
          ...data.lines.map((line, index) => ({
            label: names.current(line),
            stroke: colorOf(index),
            width: 2,
            spanGaps: true,
            points: { show: line.values.filter((value) => value !== null).length < 3 },
          })),
        ],
      },
      [data.times, ...data.lines.map((line) => line.values)],
      element,
    );
    const resize = new ResizeObserver(() => {
      plot.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [data, range, colorOf]);
  return (
    <figure className="app-chart">
      <figcaption>{title}</figcaption>
      <div ref={holder} role="img" aria-label={title} />
    </figure>
  );
}
