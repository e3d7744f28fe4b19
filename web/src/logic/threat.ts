import type { Threat } from "../api/types";
import type { Incident, Risk } from "../model";
import { isOpen } from "./priority";

/**
 * How tense the city is, from what is open: the server's own rule (`s4.picture.urgency.threat_level`), so that the
 * word changes together with the incident that changes it. What concerns only s4's own health does not count.
 */
export function threatOf(incidents: Iterable<Incident>, risks: Iterable<Risk>): Threat {
  const counted = new Map([...incidents].filter((i) => isOpen(i) && i.nature !== "system").map((i) => [i.id, i]));
  let score = 0;
  for (const risk of risks) if (counted.has(risk.incident)) score = Math.max(score, risk.score);
  const all = [...counted.values()];
  if (score >= 0.5 || all.some((i) => isGrave(i) && i.probability >= 0.5)) return "severe";
  if (score >= 0.1 || all.some((i) => i.severity !== "Minor" && i.probability >= 0.2)) return "heightened";
  return "normal";
}

const isGrave = ({ severity }: Incident) => severity === "Severe" || severity === "Extreme";
