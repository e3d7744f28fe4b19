import { useState } from "react";
import { api } from "../../api/client";
import type { Series, SeriesName } from "../../api/types";
import { figure, unitWords } from "../../logic/devices";
import { HOUR, MINUTE, roughly, SECOND } from "../../logic/time";
import { liveNow, useTickingLive } from "../../store/clock";
import { useFollowing } from "../../store/following";
import { edge } from "../../text/edge";
import { Section } from "../Section";
import { Spark } from "./Spark";

const t = edge.devices;
const AT_FIRST = 7;
/** The hour lies on a grid, so that its parts stay the same while it moves on. */
const GRID = 30 * SECOND;
const HOUR_EVERY_MS = 15_000;
const NEWEST_EVERY_MS = 3_000;
const NAMES_EVERY_MS = 10_000;
const FRESH = 15 * SECOND;

interface Props {
  source: string;
  labels: readonly { name: string; label?: string }[];
}

/** Every series of one source: its newest value, and a line of the last hour. */
export function LiveValues({ source, labels }: Props) {
  const [names, setNames] = useState<SeriesName[] | null>(null);
  const [all, setAll] = useState(false);
  useFollowing(
    (signal) =>
      api.seriesNames(signal).then(
        (every) => setNames(every.filter((one) => one.source === source)),
        () => undefined,
      ),
    NAMES_EVERY_MS,
    source,
  );
  const order = labels.map(({ name }) => name);
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const sorted = [...(names ?? [])].sort((a, b) => rank(a.property) - rank(b.property));
  const shown = all ? sorted : sorted.slice(0, AT_FIRST);
  return (
    <Section title={t.valuesTitle} aside={t.valuesAside}>
      {names?.length === 0 && <p className="row-sub">{t.noValues}</p>}
      <ul className="values">
        {shown.map((name) => (
          <Value
            key={`${name.property} ${name.unit}`}
            name={name}
            label={labels.find((one) => one.name === name.property)?.label || name.property}
          />
        ))}
      </ul>
      {shown.length < sorted.length && (
        <button type="button" onClick={() => setAll(true)}>
          {t.moreValues(sorted.length - shown.length)}
        </button>
      )}
    </Section>
  );
}

type Point = Series["points"][number];

function Value({ name, label }: { name: SeriesName; label: string }) {
  const [hour, setHour] = useState<Point[]>([]);
  const [newest, setNewest] = useState<Point | null>(null);
  useFollowing(
    async (signal) => {
      const end = (Math.floor(liveNow() / GRID) + 1) * GRID;
      const series = await api.series(name, end - HOUR, end, HOUR / GRID, signal).catch(() => null);
      if (series) setHour(series.points);
    },
    HOUR_EVERY_MS,
    name,
  );
  useFollowing(
    async (signal) => {
      const now = Math.floor(liveNow() / SECOND) * SECOND;
      const series = await api.series(name, now - MINUTE, now + SECOND, 61, signal).catch(() => null);
      const last = series?.points.at(-1);
      if (last) setNewest(last);
    },
    NEWEST_EVERY_MS,
    name,
  );
  const last = newest ?? hour.at(-1);
  const unit = unitWords(name.unit);
  const [low, high] = [Math.min(...hour.map((p) => p[2])), Math.max(...hour.map((p) => p[3]))];
  const known = hour.length > 0;
  return (
    <li className="value" data-series={name.property}>
      <span className="value-name">{label}</span>
      <span className="value-now">
        {last ? figure(last[1]) : "–"} <span className="row-sub">{unit}</span>
      </span>
      <span className="row-sub value-range">
        {known && t.range(figure(low), figure(high))}
        {last && <Late time={last[0]} />}
      </span>
      {known && <Spark points={hour} label={t.hourOf(label, figure(low), figure(high))} />}
    </li>
  );
}

function Late({ time }: { time: number }) {
  const words = useTickingLive((now) => (now - time > FRESH ? t.ago(roughly(now - time)) : ""));
  return words ? <> · {words}</> : null;
}
