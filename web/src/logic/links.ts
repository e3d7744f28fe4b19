import type { SeriesName } from "../api/types";
import { SECOND } from "./time";

/** The lines between the edge sites and the hub, from the series that each site sends about its own line. */

export const LINK = "uplink-";
/** Without a word for so long the line, or the site, is away. A site reports every 5 s. */
const AWAY = 30 * SECOND;

export const LINK_SERIES = ["up", "level", "round_trip", "loss", "queue", "queue_bytes", "queue_age"] as const;
export type LinkSeries = (typeof LINK_SERIES)[number];

/** Of each figure the newest value and its time. */
export type LinkFigures = Partial<Record<LinkSeries, { value: number; time: number }>>;

export interface Link {
  site: string;
  figures: LinkFigures;
}

/** The sites that have a line, in order. */
export function linkSites(names: readonly SeriesName[]): string[] {
  const own = names.filter(({ source, property }) => source.startsWith(LINK) && property === "level");
  return own.map(({ source }) => source.slice(LINK.length)).sort();
}

/** A site of which nothing comes any more, and when it was last heard of, 0: not within the hour. */
export interface Away {
  site: string;
  heard: number;
}

/** The sites that are away at `now`, of those whose line was last heard of at some time. */
export function sitesAway(heard: ReadonlyMap<string, number>, now: number): Away[] {
  return [...heard].filter(([, at]) => now - at > AWAY).map(([site, at]) => ({ site, heard: at }));
}

export type LinkState = "away" | "urgent" | "thinned" | "all";

/** How a line is at `now`: what goes over it, or that nothing has come. */
export function linkState({ figures }: Pick<Link, "figures">, now: number): LinkState {
  const { level } = figures;
  if (!level || now - level.time > AWAY) return "away";
  return level.value >= 2 ? "urgent" : level.value >= 1 ? "thinned" : "all";
}

/** When the site was last heard of over its line, 0: not lately. */
export const linkHeard = ({ figures }: Pick<Link, "figures">) => figures.level?.time ?? 0;

/** 38 ms, 1.2 s */
export const trip = (seconds: number) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);
