import type { Camera, Point, Standing, Zone } from "../api/cameras";
import { plain } from "./search";

/** What the page of cameras works out: who needs somebody, and zones as they are drawn. */

export const STANDINGS: readonly Standing[] = ["tampered", "failed", "silent", "late", "starting", "ended", "fresh"];

/** Shapes in a box of 16: the state can be told without its colour. */
export const STANDING_SIGNS: Record<Standing, { stroke: string; fill?: string }> = {
  fresh: { stroke: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z", fill: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z" },
  late: { stroke: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z", fill: "M8 3a5 5 0 0 0 0 10Z" },
  silent: { stroke: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3ZM4.5 11.5l7-7" },
  tampered: { stroke: "M8 2 15 14H1Z", fill: "M8 2 15 14H1Z" },
  ended: { stroke: "M3.5 3.5h9v9h-9Z", fill: "M3.5 3.5h9v9h-9Z" },
  failed: { stroke: "M3.5 3.5l9 9M12.5 3.5l-9 9" },
  starting: { stroke: "M8 3a5 5 0 0 1 5 5M8 13a5 5 0 0 1-5-5" },
};

export const needsSomebody = (state: Standing) => state !== "fresh" && state !== "ended" && state !== "starting";

export function standingsOf(cameras: Iterable<Camera>): [Standing, number][] {
  const counts = new Map<Standing, number>();
  for (const { state } of cameras) counts.set(state, (counts.get(state) ?? 0) + 1);
  return STANDINGS.filter((state) => counts.has(state)).map((state) => [state, counts.get(state) ?? 0]);
}

/** Those that fit, in the order of the city's description: each keeps its place on the wall. */
export function camerasWith(cameras: readonly Camera[], words: string, state: Standing | null): Camera[] {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  return cameras.filter((camera) => {
    const hay = plain(`${camera.name} ${camera.id} ${camera.site}`);
    return (state === null || camera.state === state) && wanted.every((word) => hay.includes(word));
  });
}

/** Kinds of zone whose outline is a line; its way in goes from its left to its right, seen from point to point. */
export const LINES: ReadonlySet<string> = new Set(["line_crossing", "wrong_way", "tailgating"]);
/** The kind of zone at which nobody looks: it is so all day. */
export const PRIVACY_MASK = "privacy_mask";
export const AREAS = ["zone_intrusion", "loitering", "vehicle_in_pedestrian_area", PRIVACY_MASK] as const;
export const ZONE_KINDS = [...AREAS, "line_crossing", "wrong_way", "tailgating"] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];
export const MOST_POINTS = 64;

export const clamp = (value: number) => Math.min(1, Math.max(0, Math.round(value * 1000) / 1000));
export const moved = ([x, y]: Point, dx: number, dy: number): Point => [clamp(x + dx), clamp(y + dy)];
export const samePoint = (a: Point | undefined, b: Point | undefined) => a?.[0] === b?.[0] && a?.[1] === b?.[1];

/** Without points that lie where the one before them does, and, of an area, without a last one on the first. */
export function withoutRepeats(points: readonly Point[], line: boolean): Point[] {
  const kept = points.filter((point, at) => at === 0 || !samePoint(point, points[at - 1]));
  while (!line && kept.length > 1 && samePoint(kept.at(-1), kept[0])) kept.pop();
  return kept;
}

const turn = (a: Point, b: Point, c: Point) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

/** The number of the first side (counted from 0) that crosses another one, or -1. */
export function crossedSide(points: readonly Point[]): number {
  const side = (at: number): [Point, Point] => [points[at] as Point, points[(at + 1) % points.length] as Point];
  for (let i = 0; i < points.length; i++)
    for (let j = i + 2; j < points.length; j++)
      if (!(i === 0 && j === points.length - 1) && cross(...side(i), ...side(j))) return i;
  return -1;
}

export type Fault = "few" | "crosses" | "twice" | null;

/** What is wrong with an outline, before the server is asked. */
export function faultOf(points: readonly Point[], kind: string): Fault {
  const line = LINES.has(kind);
  const kept = withoutRepeats(points, line);
  if (kept.length < (line ? 2 : 3)) return "few";
  if (new Set(kept.map(String)).size < kept.length) return "twice";
  return !line && crossedSide(kept) >= 0 ? "crosses" : null;
}

/** In the middle of a line, a short arrow the way in: from its left to its right, y growing downwards. */
export function wayIn(points: readonly Point[], aspect: number): [Point, Point] | null {
  const at = Math.max(Math.ceil(points.length / 2) - 1, 0);
  const [a, b] = [points[at], points[at + 1]];
  if (!a || !b) return null;
  const [dx, dy] = [(b[0] - a[0]) * aspect, b[1] - a[1]];
  const long = Math.hypot(dx, dy) || 1;
  const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return [middle, [middle[0] - ((dy / long) * 0.09) / aspect, middle[1] + (dx / long) * 0.09]];
}

/** A name → an id of a zone: a to z, 0 to 9, - and _. */
export const idOf = (name: string) =>
  plain(name)
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60)
    .replace(/-+$/, "");

/** As it stands in `city.toml`; without its camera, in the file of `s4 detect video --config`. */
export function zoneToml(zone: Zone, withCamera: boolean): string {
  const quoted = (words: string) => JSON.stringify(words);
  const points = zone.outline.map(([x, y]) => `[${x}, ${y}]`).join(", ");
  const lines = ["[[zone]]", `id = ${quoted(zone.id)}`];
  if (withCamera) lines.push(`source = ${quoted(zone.source)}`);
  lines.push(`name = ${quoted(zone.name)}`, `kind = ${quoted(zone.kind)}`, `outline = [${points}]`);
  if (zone.hours) lines.push(`hours = ${quoted(zone.hours)}`);
  return `${lines.join("\n")}\n`;
}
