import type { Words } from "../words";
import { call, seg } from "./client";

/** What the HTTP API says of rules in SQL. Times are ns UTC. */

export interface Says {
  kind: string;
  text: string;
  severity?: Words["incident"]["severity"] | null;
  confidence?: number;
  hold_s?: number;
  update_s?: number;
}

export interface Derives {
  property: string;
  value: string;
  unit?: string;
}

export interface Query {
  id: string;
  sql: string;
  text?: string;
  time?: "event" | "arrival";
  late_s?: number;
  idle_s?: number;
  detection?: Says | null;
  series?: Derives | null;
  command?: { action: string; target: string; policy: string } | null;
}

export interface Rule {
  id: string;
  query: Query;
  origin: "file" | "people";
  runs: "columns" | "rows";
  why: string;
  counts: Partial<Record<"rows" | "passed" | "late" | "faults" | "emitted", number>>;
  reason: string;
  time: number;
}

export interface Problem {
  field: string;
  line: number;
  column: number;
  reason: string;
}

/** Fields that have their default are left out on the wire. */
export interface Checked {
  problems: Problem[];
  runs: "columns" | "rows";
  why: string;
  explain: string;
  columns: string[];
}

export interface Trial {
  made: { time: number; row: Record<string, unknown> }[];
  total: number;
  happenings: number;
  counts: Rule["counts"];
  readings: number;
  seconds: number;
  until: number;
}

export interface RuleWords {
  streams: { name: string; columns: { name: string; type: string }[] }[];
  functions: { name: string; family: string; role: string; text: string; least: number; most: number | null }[];
  windows: string[];
  keywords: string[];
  kinds: string[];
}

const whole = (ns: number) => Math.round(ns);

export const rulesApi = {
  all: (signal?: AbortSignal) => call<Rule[]>("GET", "/api/rules", { signal }),
  words: (signal?: AbortSignal) => call<RuleWords>("GET", "/api/rules/words", { signal }),
  check: (query: Query, signal?: AbortSignal) => call<Checked>("POST", "/api/rules/check", { body: { query }, signal }),
  tryOut: (query: Query, since: number, until: number, signal?: AbortSignal) =>
    call<Trial>("POST", "/api/rules/try", { body: { query, since: whole(since), until: whole(until) }, signal }),
  put: (query: Query, reason: string) =>
    call<Words["command"]>("PUT", `/api/rules/${seg(query.id)}`, { body: { query, reason } }),
  remove: (id: string, reason: string) =>
    call<Words["command"]>("DELETE", `/api/rules/${seg(id)}`, { body: { reason } }),
};
