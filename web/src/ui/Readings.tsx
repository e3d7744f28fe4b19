import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { api } from "../api/client";
import type { Series, SeriesName } from "../api/types";
import { clockMinutes, MINUTE } from "../logic/time";
import type { Incident } from "../model";
import { shownNow } from "../store/clock";
import { usePage, usePicture } from "../store/page";
import { text } from "../text";
import { Section } from "./Section";

const MOST = 3;
const POINTS = 240;
const AROUND = 10 * MINUTE;
const HEIGHT = 90;

/** What the sensors of this incident measured around its time, with the band from lowest to highest. */
export function Readings({ incident }: { incident: Incident }) {
  const [names, setNames] = useState<SeriesName[]>([]);
  const own = incident.sources.join();
  useEffect(() => {
    const sources = new Set(own.split(","));
    void api
      .seriesNames()
      .then((all) => setNames(all.filter(({ source }) => sources.has(source)).slice(0, MOST)))
      .catch(() => undefined);
  }, [own]);
  if (!names.length) return null;
  return (
    <Section title={text().readings}>
      {names.map((name) => (
        <Plot key={`${name.source}/${name.property}`} name={name} incident={incident} />
      ))}
    </Section>
  );
}

function Plot({ name, incident }: { name: SeriesName; incident: Incident }) {
  const box = useRef<HTMLDivElement>(null);
  const title = usePicture((picture) => picture.sources.get(name.source)?.name) || name.source;
  const [theme, at] = [usePage((page) => page.theme), usePage((page) => page.at)];
  const [series, setSeries] = useState<Series | null>(null);
  useEffect(() => {
    const asking = new AbortController();
    const end = Math.min(at ?? shownNow(), (incident.closed ?? incident.time) + AROUND);
    void api
      .series(name, incident.opened - AROUND, end, POINTS, asking.signal)
      .then(setSeries)
      .catch(() => undefined);
    return () => asking.abort();
  }, [name, incident.opened, incident.time, incident.closed, at]);
  useEffect(() => {
    if (!box.current || !series?.points.length) return;
    const plot = new uPlot(optionsOf(box.current, theme), columnsOf(series), box.current);
    return () => plot.destroy();
  }, [series, theme]);
  return (
    <figure className="plot">
      <figcaption>
        {title}: {name.property} <span className="row-sub">{name.unit}</span>
      </figcaption>
      <div ref={box} />
    </figure>
  );
}

function columnsOf({ points }: Series): uPlot.AlignedData {
  const column = (index: 1 | 2 | 3) => points.map((point) => point[index]);
  return [points.map(([time]) => time / 1e9), column(1), column(2), column(3)];
}

function optionsOf(box: HTMLElement, theme: string): uPlot.Options {
  const css = getComputedStyle(box);
  const [ink, quiet] = [css.getPropertyValue("--ink-2").trim(), css.getPropertyValue("--line").trim()];
  const axis = {
    stroke: ink,
    grid: { stroke: quiet, width: 1 },
    ticks: { show: false },
    font: `11px ${css.fontFamily}`,
  };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    axes: [
      { ...axis, size: 22, values: (_, ticks) => ticks.map((t) => clockMinutes(t * 1e9)) },
      { ...axis, size: 44 },
    ],
    series: [
      {},
      { stroke: ink, width: 1.5, points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
    ],
    bands: [{ series: [3, 2], fill: theme === "dark" ? "rgb(255 255 255 / 0.12)" : "rgb(0 0 0 / 0.1)" }],
  };
}
