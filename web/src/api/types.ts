import type { Words } from "../words";

/** The messages of the picture's HTTP API that are not words themselves. Times are ns UTC. */

export type Threat = "normal" | "heightened" | "severe";
export type SourceFreshness = "fresh" | "stale" | "silent" | "event";

export interface Session {
  actor: string;
  role: string;
  name: string;
}

export interface City {
  id: string;
  name: string;
  place: NonNullable<Words["incident"]["place"]>;
  language: string;
}

export interface Site {
  id: string;
  name: string;
  place: City["place"];
}

export interface SourceState {
  id: string;
  name: string;
  site: string;
  door: string;
  place: City["place"] | null;
  /** Silent for longer than this many seconds, it counts as silent; 0: speaks only when something happens. */
  fresh_s: number;
  state: SourceFreshness;
  /** When it was last heard, and what time it spoke of; 0 or null: never. */
  last_seen: number | null;
  last_time: number | null;
  accepted: number;
  rejected: number;
  detail: string;
}

/** How some source is doing now: the moving part of `SourceState`. */
export type SourceUpdate = Pick<SourceState, "id"> & Partial<SourceState>;

export interface PictureMessage {
  now: number;
  at: number | null;
  speed: number;
  cursor: number;
  threat: Threat;
  city: City;
  sites: Site[];
  assets: Words["asset"][];
  sources: SourceState[];
  units: Words["unit"][];
  incidents: Words["incident"][];
  risks: Words["risk"][];
  recommendations: Words["recommendation"][];
  commands: Words["command"][];
  tasks: Words["task"][];
}

export interface FactMessage {
  cursor: number;
  recorded: number;
  word: string;
  fact: { id: string };
}

export interface ClockMessage {
  now: number;
  speed: number;
  threat: Threat;
}

export interface AuditEntry {
  number: number;
  time: number;
  actor: string;
  action: string;
  target: string;
  reason: string;
  detail: string;
}

export interface IncidentDetail {
  incident: Words["incident"];
  revisions: { recorded: number; fact: Words["incident"] }[];
  detections: Words["detection"][];
  risks: Words["risk"][];
  recommendations: Words["recommendation"][];
  commands: Words["command"][];
  tasks: Words["task"][];
  audit: AuditEntry[];
}

export interface TimelineIncident {
  id: string;
  title: string;
  opened: number;
  closed: number | null;
  severity: Words["incident"]["severity"];
}

export interface Timeline {
  start: number;
  end: number;
  detections: number[];
  incidents: TimelineIncident[];
}

export interface SeriesName {
  source: string;
  property: string;
  unit: string;
}

export interface Series {
  unit: string;
  points: [time: number, mean: number, min: number, max: number][];
}
