import { create } from "zustand";
import { api } from "../api/client";
import type { SeriesName } from "../api/types";
import { type Away, LINK, linkSites, sitesAway } from "../logic/links";
import { liveNow, useTickingLive } from "./clock";
import { useFollowing } from "./following";
import { newestOf } from "./newest";
import { usePage, usePicture } from "./page";

/** Edge sites from which nothing comes: looked after on every page, for without them "all quiet" is not true. */

const EVERY_MS = 10_000;
/** Which sites have a line changes rarely: it is asked for one time in so many. */
const NAMES_EVERY = 6;

const useLines = create<{ heard: ReadonlyMap<string, number> }>(() => ({ heard: new Map() }));

let turn = 0;
let sites: string[] = [];

async function listen(signal: AbortSignal): Promise<void> {
  try {
    if (turn++ % NAMES_EVERY === 0) sites = linkSites(await api.seriesNames(signal));
    const heard = await Promise.all(sites.map(async (site) => [site, await lastHeard(site, signal)] as const));
    if (!signal.aborted) useLines.setState({ heard: new Map(heard) });
  } catch {
    // What was known stays, and grows old: a server that does not answer is said elsewhere.
  }
}

async function lastHeard(site: string, signal: AbortSignal): Promise<number> {
  const level: SeriesName = { source: LINK + site, property: "level", unit: "1" };
  return (await newestOf(level, signal))?.[0] ?? 0;
}

/** While this is on the screen, the lines are listened to. */
export const useLinesLive = (): void => useFollowing(listen, EVERY_MS);

/** The same without a screen: the names of the sites from which nothing comes now, by id. */
export function namesAway(): ReadonlyMap<string, string> {
  const away = new Set(sitesAway(useLines.getState().heard, liveNow()).map(({ site }) => site));
  const all = usePage.getState().live?.sites ?? [];
  return new Map(all.filter(({ id }) => away.has(id)).map(({ id, name }) => [id, name || id]));
}

export interface NamedAway extends Away {
  name: string;
}

/** The sites of this city from which nothing comes now; none while looking back. */
export function useAway(): NamedAway[] {
  const heard = useLines((lines) => lines.heard);
  const live = usePage((page) => page.at === null);
  const sites = usePicture((picture) => picture.sites) ?? [];
  const ids = useTickingLive((now) =>
    sitesAway(heard, now)
      .map(({ site }) => site)
      .join(" "),
  );
  const away = new Set(live && ids ? ids.split(" ") : []);
  return sites
    .filter(({ id }) => away.has(id))
    .map(({ id, name }) => ({ site: id, name: name || id, heard: heard.get(id) ?? 0 }));
}
