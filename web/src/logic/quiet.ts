import type { SourceState } from "../api/types";

/** Whether the city may be called quiet: only while every source that should speak has spoken lately. */

export interface Freshness {
  /** Sources that must speak regularly (`fresh_s` > 0). */
  needed: number;
  fresh: number;
  /** Needed sources that are not fresh, the silent before the stale. */
  late: SourceState[];
}

export function freshnessOf(sources: Iterable<SourceState>): Freshness {
  let needed = 0;
  const late: SourceState[] = [];
  for (const source of sources) {
    if (source.fresh_s <= 0) continue;
    needed += 1;
    if (source.state !== "fresh") late.push(source);
  }
  late.sort((a, b) => Number(b.state === "silent") - Number(a.state === "silent") || (a.id < b.id ? -1 : 1));
  return { needed, fresh: needed - late.length, late };
}

export const isCamera = (source: Pick<SourceState, "door">) => source.door.includes("camera");

export interface LateCount {
  cameras: number;
  others: number;
  how: "late" | "silent" | "both";
}

/** How many of the late ones are cameras: operators think of those apart. */
export function countLate(late: SourceState[]): LateCount {
  const cameras = late.filter(isCamera).length;
  const silent = late.filter((source) => source.state === "silent").length;
  const how = silent === late.length ? "silent" : silent ? "both" : "late";
  return { cameras, others: late.length - cameras, how };
}
