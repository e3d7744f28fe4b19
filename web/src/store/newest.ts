import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { Series, SeriesName } from "../api/types";
import { HOUR, MINUTE, SECOND } from "../logic/time";
import { liveNow } from "./clock";
import { useFollowing } from "./following";

export type Point = Series["points"][number];

const POINTS = 120;

/** The newest point of a series within the last hour: to the second when it is of the last two minutes. */
export async function newestOf(name: SeriesName, signal: AbortSignal): Promise<Point | undefined> {
  const now = Math.floor(liveNow() / SECOND) * SECOND;
  const within = (span: number) =>
    api.series(name, now + SECOND - span, now + SECOND, POINTS, signal).then(({ points }) => points.at(-1));
  return (await within(2 * MINUTE)) ?? (await within(HOUR));
}

/** The newest value of each of some series, for the lines to the sites. */
export function useNewest(names: readonly SeriesName[], everyMs: number): Map<string, Point> {
  const [values, setValues] = useState(new Map<string, Point>());
  const key = names.map(({ source, property }) => `${source}/${property}`).join();
  useFollowing(
    async (signal) => {
      const ask = async (name: SeriesName) => {
        const last = await newestOf(name, signal).catch(() => undefined);
        return last ? ([[`${name.source}/${name.property}`, last]] as [string, Point][]) : [];
      };
      const found = (await Promise.all(names.map(ask))).flat();
      if (!signal.aborted) setValues(new Map(found));
    },
    everyMs,
    key,
  );
  useEffect(() => {
    if (!key) setValues(new Map());
  }, [key]);
  return values;
}
