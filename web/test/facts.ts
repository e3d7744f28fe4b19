import type { PictureMessage, SourceState } from "../src/api/types";
import { type Command, complete, type Incident, type Recommendation } from "../src/model";

/** Facts to test with; only what a test is about is said there. */

export function incident(changes: Partial<Incident> = {}): Incident {
  return complete("incident", {
    ...{ id: "i", revision: 1, time: 0, opened: 0, site: "square", kind: "loitering", title: "Loitering" },
    ...{ nature: "physical" as const, state: "open" as const, severity: "Minor" as const },
    ...{ urgency: "Future" as const, certainty: "Possible" as const, probability: 0.5, low: 0.3, high: 0.7 },
    ...changes,
  });
}

export function measure(changes: Partial<Recommendation> = {}): Recommendation {
  return complete("recommendation", {
    ...{ id: "m", revision: 1, time: 0, site: "square", incident: "i", measure: "cordon", title: "Cordon 98 m" },
    ...{ rank: 1, benefit: 0.5, cost: 0.2, reasons: ["Near"], action: "unit.go", target: "b2" },
    ...changes,
  });
}

export function command(changes: Partial<Command> = {}): Command {
  return complete("command", {
    ...{ id: "c", revision: 1, time: 0, site: "square", action: "unit.go", target: "b2", state: "sent" as const },
    ...{ approved_by: "ana", recommendation: "m", incident: "i" },
    ...changes,
  });
}

export function source(changes: Partial<SourceState> = {}): SourceState {
  return {
    ...{ id: "s", name: "", site: "square", door: "mqtt", place: null, fresh_s: 60, state: "fresh" as const },
    ...{ last_seen: 0, last_time: 0, accepted: 0, rejected: 0, detail: "" },
    ...changes,
  };
}

export function message(changes: Partial<PictureMessage> = {}): PictureMessage {
  return {
    ...{ now: 100, at: null, speed: 1, cursor: 7, threat: "normal" as const, sites: [], assets: [], sources: [] },
    city: { id: "city", name: "City", place: { lat: 43, lon: -3 }, language: "en" },
    ...{ units: [], incidents: [], risks: [], recommendations: [], commands: [], tasks: [] },
    ...changes,
  };
}
