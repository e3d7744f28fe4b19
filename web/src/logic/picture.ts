import type { FactMessage, PictureMessage, SourceState, SourceUpdate, Threat } from "../api/types";
import {
  type Asset,
  type Command,
  complete,
  type Incident,
  type Recommendation,
  type Risk,
  type Task,
  type Unit,
} from "../model";
import type { Words } from "../words";

/** Everything that is known at one instant, live or then. Never changed in place. */
export interface Picture {
  now: number;
  at: number | null;
  speed: number;
  cursor: number;
  threat: Threat;
  city: PictureMessage["city"];
  sites: PictureMessage["sites"];
  assets: ReadonlyMap<string, Asset>;
  sources: ReadonlyMap<string, SourceState>;
  incidents: ReadonlyMap<string, Incident>;
  risks: ReadonlyMap<string, Risk>;
  recommendations: ReadonlyMap<string, Recommendation>;
  commands: ReadonlyMap<string, Command>;
  tasks: ReadonlyMap<string, Task>;
  units: ReadonlyMap<string, Unit>;
}

/** Which of the picture's tables a word of the stream belongs to; other words are not drawn one by one. */
const TABLES = {
  incident: "incidents",
  risk: "risks",
  recommendation: "recommendations",
  command: "commands",
  task: "tasks",
  unit: "units",
} as const;

type Drawn = keyof typeof TABLES;
interface Revised {
  id: string;
  revision: number;
}

const isDrawn = (word: string): word is Drawn => word in TABLES;

function table<W extends keyof Words>(word: W, facts: readonly Words[W][]) {
  return new Map(facts.map((fact) => [fact.id as string, complete(word, fact)]));
}

export function pictureOf(message: PictureMessage): Picture {
  const { now, at, speed, cursor, threat, city, sites } = message;
  return {
    ...{ now, at, speed, cursor, threat, city, sites },
    assets: table("asset", message.assets),
    sources: new Map(message.sources.map((source) => [source.id, source])),
    incidents: table("incident", message.incidents),
    risks: table("risk", message.risks),
    recommendations: table("recommendation", message.recommendations),
    commands: table("command", message.commands),
    tasks: table("task", message.tasks),
    units: table("unit", message.units),
  };
}

/**
 * The picture after some facts of the stream. An older or equal revision changes nothing, so a fact may come
 * twice or late; a table in which nothing changed stays the same object.
 */
export function applyFacts(picture: Picture, messages: readonly FactMessage[]): Picture {
  const changed: Partial<Record<Drawn, Map<string, Revised>>> = {};
  let cursor = picture.cursor;
  for (const { word, fact, cursor: at } of messages) {
    cursor = Math.max(cursor, at);
    if (isDrawn(word)) put(picture, changed, word, complete(word, fact as never) as Revised);
  }
  const tables = Object.fromEntries(Object.entries(changed).map(([word, rows]) => [TABLES[word as Drawn], rows]));
  return { ...picture, ...tables, cursor };
}

function put(picture: Picture, changed: Partial<Record<Drawn, Map<string, Revised>>>, word: Drawn, fact: Revised) {
  const rows: ReadonlyMap<string, Revised> = changed[word] ?? picture[TABLES[word]];
  const known = rows.get(fact.id);
  if (known && known.revision >= fact.revision) return;
  changed[word] ??= new Map(rows);
  changed[word].set(fact.id, fact);
}

/** The picture after the states of some sources. */
export function applySources(picture: Picture, updates: readonly SourceUpdate[]): Picture {
  const sources = new Map(picture.sources);
  for (const update of updates) {
    const known = sources.get(update.id);
    if (known) sources.set(known.id, { ...known, ...update });
  }
  return { ...picture, sources };
}
