import type { Query, Rule, Trial } from "../api/rules";
import { plain } from "./search";
import { DAY, HOUR, MINUTE } from "./time";

/** A rule while it is written, and what a trial of it says. */

export const NEW_RULE = "+";

/** What a new rule begins as: something that runs, to be changed. */
export const BLANK: Query = {
  id: "",
  sql: 'SELECT source, avg(value) AS mean\nFROM readings\nWHERE property = "co2"\nGROUP BY source, TUMBLINGWINDOW(ss, 60)\nHAVING avg(value) > 1000',
  detection: { kind: "threshold_exceeded", text: "{source} is at {mean}" },
};

const DEFAULTS = { text: "", time: "event", late_s: 2, idle_s: 5, detection: null, series: null, command: null };

/** Two rules that say the same, also where one of them leaves out what is the default. */
export function sameRule(a: Query, b: Query): boolean {
  return JSON.stringify(ordered({ ...DEFAULTS, ...a })) === JSON.stringify(ordered({ ...DEFAULTS, ...b }));
}

function ordered(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, one]) => [key, ordered(one)]);
}

/** The rules in which each word occurs, those with faults first. */
export function rulesWith(rules: Iterable<Rule>, words: string): Rule[] {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  const hay = ({ id, query, reason }: Rule) => plain(`${id} ${query.text ?? ""} ${query.sql} ${reason}`);
  const fits = [...rules].filter((rule) => !wanted.length || wanted.every((word) => hay(rule).includes(word)));
  const faulty = (rule: Rule) => Number((rule.counts.faults ?? 0) > 0);
  return fits.sort((a, b) => faulty(b) - faulty(a) || a.id.localeCompare(b.id, "en", { numeric: true }));
}

const NAME = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;
export const isRuleName = (name: string) => NAME.test(name);

export const SPANS = { hour: HOUR, day: DAY, week: 7 * DAY } as const;
export type Span = keyof typeof SPANS;

/** How often it would have fired in each of `bins` equal parts of [since, until). */
export function firedIn(made: Trial["made"], since: number, until: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const { time } of made) {
    const bin = Math.floor(((time - since) / (until - since)) * bins);
    if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Every column that some row has, in the order in which they come. */
export function columnsIn(made: Trial["made"]): string[] {
  return [...new Set(made.flatMap(({ row }) => Object.keys(row)))];
}

/** One value of a row, short. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Round instants under a strip of hours or days: as many as have room. */
export function strip(since: number, until: number): number[] {
  const step = [MINUTE * 10, HOUR, 3 * HOUR, 6 * HOUR, DAY].find((one) => (until - since) / one <= 8) ?? DAY;
  const offset = new Date(until / 1e6).getTimezoneOffset() * MINUTE;
  const ticks: number[] = [];
  for (let t = Math.ceil((since - offset) / step) * step + offset; t < until - (until - since) / 20; t += step)
    ticks.push(t);
  return ticks;
}
