import { assets, crowd, type Row, sites, sources, story, units } from "./example.ts";
import { CENTRE } from "./geometry.ts";

/** The example city's memory: a log of facts, folded to any instant, as the real archive does it. */

export interface Entry {
  cursor: number;
  recorded: number;
  word: string;
  fact: Record<string, unknown> & { id: string };
}

const S = 1e9;
export const now = () => Date.now() * 1e6;
/** The story began half an hour ago, so that there is something to look back on. */
export const start = now() - 1785 * S;

const log: Entry[] = [];
const listeners = new Set<(entry: Entry) => void>();
export const listen = (tell: (entry: Entry) => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

export function record(word: string, fact: object, recorded = now()): Entry["fact"] {
  const entry = { cursor: log.length + 1, recorded, word, fact: fact as Entry["fact"] };
  log.push(entry);
  for (const tell of listeners) tell(entry);
  return entry.fact;
}

export const after = (cursor: number) => log.filter((entry) => entry.cursor > cursor);

export function known(word: string, at: number | null): Entry["fact"][] {
  const last = new Map<string, Entry["fact"]>();
  for (const entry of log) {
    if (entry.word === word && (at === null || entry.recorded <= at)) last.set(entry.fact.id, entry.fact);
  }
  return [...last.values()];
}

export const one = (word: string, id: string) => known(word, null).find((fact) => fact.id === id);
export const entries = (word: string) => log.filter((entry) => entry.word === word);

let states = sources(now());
/** Most sources speak again and again; the silent one stays silent. */
export function sourceStates() {
  states = states.map((s) => (s.state === "fresh" ? { ...s, last_seen: now(), accepted: s.accepted + 3 } : s));
  return states;
}

export const threat = (at: number | null) =>
  known("incident", at).some((i) => i.id === "bag") ? "heightened" : "normal";

export function picture(at: number | null) {
  return {
    ...{
      now: now(),
      at,
      speed: 1,
      cursor: log.length,
      threat: threat(at),
    },
    city: { id: "example", name: "Example city", place: CENTRE, language: "en" },
    ...{ sites, assets, zones: [], sources: sourceStates(), units: known("unit", at) },
    ...{ incidents: known("incident", at), risks: known("risk", at), recommendations: known("recommendation", at) },
    ...{ commands: known("command", at), tasks: known("task", at), map: "/api/map" },
  };
}

function play(row: Row): void {
  const due = start + row.after * S;
  const wait = (due - now()) / 1e6;
  if (wait <= 0) record(row.word, row.fact, due);
  else setTimeout(() => record(row.word, row.fact), wait);
}

export function begin(): void {
  for (const unit of units) record("unit", { ...unit, time: start }, start);
  for (const row of [...story(start), ...crowd(start)].sort((a, b) => a.after - b.after)) play(row);
  setInterval(() => record("detection", { id: `live-${now()}`, time: now(), kind: "person" }), 2500);
  setInterval(patrol, 1000);
}

let steps = 0;
function patrol(): void {
  steps += 1;
  const unit = one("unit", "b2");
  if (!unit) return;
  const place = unit.place as { lat: number; lon: number };
  const heading = (130 + steps * 3) % 360;
  const move = {
    lat: place.lat + 2e-5 * Math.cos((heading * Math.PI) / 180),
    lon: place.lon + 3e-5 * Math.sin((heading * Math.PI) / 180),
  };
  record("unit", { ...unit, revision: steps, time: now(), heading_deg: heading, place: { ...place, ...move } });
}
