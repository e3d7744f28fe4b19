import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Series } from "../../api/types";
import { HOUR } from "../../logic/time";
import { liveNow } from "../../store/clock";
import { usePage } from "../../store/page";

const HEIGHT = 36;

/** One hour of one series as a line with the band from lowest to highest; holes stay holes. */
export function Spark({ points, label }: { points: Series["points"]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = usePage((page) => page.theme);
  useEffect(() => {
    const holder = box.current;
    if (!holder) return;
    const made = new uPlot(optionsOf(holder), [[], [], [], []], holder);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: holder.clientWidth, height: HEIGHT }));
    observer.observe(holder);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme]);
  useEffect(() => {
    const column = (index: 1 | 2 | 3) => points.map((point) => point[index]);
    plot.current?.setData([points.map(([time]) => time / 1e9), column(1), column(2), column(3)]);
  }, [points, theme]);
  return <div ref={box} className="spark" role="img" aria-label={label} />;
}

function optionsOf(box: HTMLElement): uPlot.Options {
  const css = getComputedStyle(box);
  const quiet = { stroke: "transparent", points: { show: false } };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [3, 2, 3, 2],
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { range: () => [(liveNow() - HOUR) / 1e9, liveNow() / 1e9] } },
    series: [{}, { stroke: css.getPropertyValue("--ink-2").trim(), width: 1.5, points: { size: 3 } }, quiet, quiet],
    bands: [{ series: [3, 2], fill: css.getPropertyValue("--line").trim() }],
  };
}
