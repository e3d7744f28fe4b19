import type { Device, Health, Parameter, ParameterValue } from "../api/devices";
import { plain } from "./search";

/** The devices' table: which ones, in which order, and which of them are on the screen. */

/** What needs a person comes first. */
export const HEALTHS: readonly Health[] = [
  "held",
  "faulty",
  "silent",
  "late",
  "unknown",
  "maintenance",
  "ok",
  "rejected",
];

/** The ones that need somebody: they have the signal's colour. */
export const needsSomebody = (health: Health) => health === "faulty" || health === "silent" || health === "late";

export type Sort = "health" | "name" | "heard" | "rate" | "refused";

const byName = (a: Device, b: Device) => (a.name || a.id).localeCompare(b.name || b.id, "en", { numeric: true });

const ORDER: Record<Sort, (a: Device, b: Device) => number> = {
  health: (a, b) => HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health),
  name: byName,
  heard: (a, b) => a.last_seen - b.last_seen,
  rate: (a, b) => b.per_s - a.per_s,
  refused: (a, b) => b.refused - a.refused,
};

export interface Choice {
  words: string;
  health: Health | null;
  sort: Sort;
}

/** The devices in which each word occurs, of one health or all, in order. */
export function chosen(devices: Iterable<Device>, { words, health, sort }: Choice): Device[] {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  const fits = (device: Device) => {
    if (health && device.health !== health) return false;
    const { id, name, site, profile, maker, model, via, reason } = device;
    const hay = wanted.length ? plain([id, name, site, profile, maker, model, via, reason].join(" ")) : "";
    return wanted.every((word) => hay.includes(word));
  };
  return [...devices].filter(fits).sort((a, b) => ORDER[sort](a, b) || byName(a, b));
}

/** How many are of each health, those that need somebody first; healths of no device are left out. */
export function countsOf(devices: Iterable<Device>): [Health, number][] {
  const counts = new Map<Health, number>();
  for (const { health } of devices) counts.set(health, (counts.get(health) ?? 0) + 1);
  return HEALTHS.filter((health) => counts.has(health)).map((health) => [health, counts.get(health) ?? 0]);
}

const SAID_BY_PEOPLE: readonly Health[] = ["held", "maintenance", "rejected"];

/** The devices as far as one can know here: of those at a site from which nothing comes, only what people decided. */
export function asFarAsKnown(devices: readonly Device[], away: ReadonlyMap<string, string>): readonly Device[] {
  if (!away.size) return devices;
  return devices.map((device) => {
    const detail = away.get(device.site);
    if (detail === undefined || SAID_BY_PEOPLE.includes(device.health)) return device;
    return { ...device, health: "unknown" as const, since: 0, detail };
  });
}

/** Nobody has said yet whether it may speak. */
export const isWaiting = ({ health }: Pick<Device, "health">) => health === "held";
/** Not in the city's description: people let it in or keep it out. */
export const isStranger = ({ health, by }: Pick<Device, "health" | "by">) =>
  health === "held" || health === "rejected" || (by !== "" && health !== "maintenance");

export interface Part {
  first: number;
  last: number;
  above: number;
  below: number;
}

const MARGIN = 8;

/** Which of `count` rows of equal height are on the screen, with a few around, and how much lies above and below. */
export function partOf(count: number, row: number, scrolled: number, height: number): Part {
  const first = Math.max(0, Math.min(count, Math.floor(scrolled / row)) - MARGIN);
  const last = Math.max(first, Math.min(count, Math.ceil((scrolled + height) / row) + MARGIN));
  return { first, last, above: first * row, below: (count - last) * row };
}

/** 0.02/s, 1.5/s, 120/s; "" when nothing came. */
export function rate(perSecond: number): string {
  if (perSecond <= 0) return "";
  if (perSecond < 0.1) return `${perSecond.toFixed(2)}/s`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
}

/** By how much a clock is off, with its sign: +0.3 s, −4 min; "" when it is not known. */
export function skew(ms: number | null): string {
  if (ms === null) return "";
  const [sign, size] = [ms < 0 ? "−" : "+", Math.abs(ms)];
  if (size < 1000) return `${sign}${Math.round(size)} ms`;
  if (size < 120_000) return `${sign}${(size / 1000).toFixed(1)} s`;
  if (size < 7_200_000) return `${sign}${Math.round(size / 60_000)} min`;
  return `${sign}${Math.round(size / 3_600_000)} h`;
}

const UNITS: Record<string, string> = { Cel: "°C", "[ppm]": "ppm", "[ppb]": "ppb", "1": "", By: "B", "m/s": "m/s" };

/** A UCUM code as people write it; annotations in braces are not units. */
export const unitWords = (ucum: string) => UNITS[ucum] ?? ucum.replace(/[{}]/g, " ").replace(/[[\]]/g, "").trim();

/** A measured number with as many digits as mean something. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return value.toPrecision(3);
  if (size >= 10_000) return Math.round(value).toLocaleString("en-GB");
  return String(Number(value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3)));
}

/** What somebody typed for a parameter → what is sent; a reason when it cannot be that. */
export function parameterValue(spec: Parameter, typed: string): { value?: ParameterValue; wrong?: "number" | "range" } {
  const type = spec.type ?? "float";
  if (type === "string") return { value: typed };
  if (type === "bool") return { value: typed === "true" };
  const number = Number(typed.replace(",", "."));
  if (!typed.trim() || !Number.isFinite(number) || (type === "int" && !Number.isInteger(number)))
    return { wrong: "number" };
  const [low, high] = spec.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return number < low || number > high ? { wrong: "range" } : { value: number };
}
