// Written by scripts/words_to_ts.py from s4.core.model; change the words there, then run it again.

/** One thing that a source said: a log record, a report, a reading that is not a plain number. */
export interface Observation {
  id: string;
  source: string;
  property: string;
  time: number;
  site: string;
  received: number;
  body: Record<string, unknown>;
  place?: Place | null;
}

/** A WGS 84 point, or an area around it. */
export interface Place {
  lat: number;
  lon: number;
  alt_m?: number | null;
  ring?: [number, number][];
  ellipse?: Ellipse | null;
  name?: string;
}

/** A 95 % uncertainty ellipse on the ground. */
export interface Ellipse {
  semi_major_m: number;
  semi_minor_m: number;
  bearing_deg?: number;
}

/** One statement of a detector. */
export interface Detection {
  id: string;
  kind: string;
  time: number;
  site: string;
  source: string;
  detector: string;
  happening: string;
  confidence: number;
  phase?: "end" | "start" | "update";
  place?: Place | null;
  text?: string;
  attributes?: Record<string, number | string | boolean | number[]>;
  evidence?: Evidence[];
  inputs?: string[];
}

/** An anonymised clip, picture, plot or document. */
export interface Evidence {
  ref: string;
  type: "clip" | "document" | "frame" | "log" | "plot";
  media_type: string;
  sha256: string;
  start: number;
  end: number;
  title?: string;
  anonymised?: boolean;
}

/** What is going on, as far as is known. It grows: each change is a new `revision` of the same `id`. */
export interface Incident {
  id: string;
  revision: number;
  time: number;
  opened: number;
  site: string;
  kind: string;
  title: string;
  nature: "cyber" | "environment" | "physical" | "system";
  state: "acknowledged" | "closed" | "open";
  severity: Severity;
  urgency: Urgency;
  certainty: Certainty;
  probability: number;
  low: number;
  high: number;
  place?: Place | null;
  sources?: string[];
  story?: StoryLine[];
  detections?: number;
  evidence?: Evidence[];
  closed?: number | null;
  handled_by?: string;
  reason?: string;
}

/** How bad it is for life or property. */
export type Severity = "Extreme" | "Minor" | "Moderate" | "Severe" | "Unknown";

/** How soon somebody has to act. */
export type Urgency = "Expected" | "Future" | "Immediate" | "Past" | "Unknown";

/** How sure it is. */
export type Certainty = "Likely" | "Observed" | "Possible" | "Unknown" | "Unlikely";

/** One line of an incident's story: `time` (ns UTC), what happened, who said so, how sure (0–1), its id. */
export interface StoryLine {
  time: number;
  text: string;
  kind: string;
  source: string;
  confidence: number;
  detection: string;
}

/** The risk to one asset from one incident, at one instant. */
export interface Risk {
  id: string;
  revision: number;
  time: number;
  site: string;
  incident: string;
  asset: string;
  probability: number;
  low: number;
  high: number;
  consequence: number;
  score: number;
  people: number;
  distance_m: number | null;
  half_life_s: number;
  factors?: Factor[];
  text?: string;
}

/** One reason: `log_odds` > 0 raises the risk, < 0 lowers it; `text` says it in words. */
export interface Factor {
  text: string;
  log_odds: number;
}

/** One proposed measure for one incident. */
export interface Recommendation {
  id: string;
  revision: number;
  time: number;
  site: string;
  incident: string;
  measure: string;
  title: string;
  rank: number;
  benefit: number;
  cost: number;
  reasons: string[];
  action: string;
  target: string;
  state?: "approved" | "expired" | "proposed" | "rejected";
  parameters?: Record<string, number | string | boolean>;
  reversible?: boolean;
}

/** A decision, on its way to being carried out; each change of state is a new `revision`. */
export interface Command {
  id: string;
  revision: number;
  time: number;
  site: string;
  action: string;
  target: string;
  state: "acknowledged" | "approved" | "done" | "expired" | "failed" | "sent";
  approved_by: string;
  reason?: string;
  incident?: string;
  recommendation?: string;
  parameters?: Record<string, number | string | boolean>;
  expires?: number;
  attempts?: number;
  detail?: string;
}

/** One task of one unit; each change of state is a new `revision`. `time`: ns UTC of this revision. */
export interface Task {
  id: string;
  revision: number;
  time: number;
  site: string;
  unit: string;
  title: string;
  state: "accepted" | "assigned" | "done" | "refused" | "under_way";
  command?: string;
  incident?: string;
  place?: Place | null;
  detail?: string;
}

/** A patrol, ambulance, fire engine or drone. `heading_deg` clockwise from north; `speed_m_s` when moving. */
export interface Unit {
  id: string;
  revision: number;
  time: number;
  site: string;
  name: string;
  role: string;
  state: "busy" | "free" | "off";
  place?: Place | null;
  heading_deg?: number | null;
  speed_m_s?: number | null;
}

/** A square, stadium, station, network or building. */
export interface Asset {
  id: string;
  name: string;
  site: string;
  place: Place;
  people?: number;
  value?: number;
  vulnerability?: Record<string, number>;
  prior?: number;
  radius_m?: number;
}

/** Every word that the page receives, by its name on the wire. */
export interface Words {
  observation: Observation;
  detection: Detection;
  incident: Incident;
  risk: Risk;
  recommendation: Recommendation;
  command: Command;
  task: Task;
  unit: Unit;
  asset: Asset;
}

/** What a field means that was left out on the wire. */
export const DEFAULTS = {
  "observation": {
    "place": null
  },
  "detection": {
    "phase": "start",
    "place": null,
    "text": "",
    "attributes": {},
    "evidence": [],
    "inputs": []
  },
  "incident": {
    "place": null,
    "sources": [],
    "story": [],
    "detections": 0,
    "evidence": [],
    "closed": null,
    "handled_by": "",
    "reason": ""
  },
  "risk": {
    "factors": [],
    "text": ""
  },
  "recommendation": {
    "state": "proposed",
    "parameters": {},
    "reversible": true
  },
  "command": {
    "reason": "",
    "incident": "",
    "recommendation": "",
    "parameters": {},
    "expires": 0,
    "attempts": 0,
    "detail": ""
  },
  "task": {
    "command": "",
    "incident": "",
    "place": null,
    "detail": ""
  },
  "unit": {
    "place": null,
    "heading_deg": null,
    "speed_m_s": null
  },
  "asset": {
    "people": 0.0,
    "value": 0.5,
    "vulnerability": {},
    "prior": 0.001,
    "radius_m": 50.0
  }
} as const;
