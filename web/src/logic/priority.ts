import type { Incident, Severity } from "../model";

/** How soon a person has to look, from CAP's urgency and severity: 1 act now … 4 for information. */
export type Priority = 1 | 2 | 3 | 4;

const WEIGHT: Record<Severity, number> = { Extreme: 1, Severe: 0.6, Moderate: 0.3, Minor: 0.1, Unknown: 0.2 };

type Judged = Pick<Incident, "urgency" | "severity">;

export function priorityOf({ urgency, severity }: Judged): Priority {
  const grave = severity === "Extreme" || severity === "Severe";
  if (urgency === "Immediate") return grave ? 1 : 2;
  if (urgency === "Expected") return grave ? 2 : 3;
  if (urgency === "Past") return 4;
  return grave ? 3 : 4;
}

/** Nobody has acknowledged it. */
export const isUnseen = (incident: Incident) => incident.state === "open";
export const isOpen = (incident: Incident) => incident.state !== "closed";

function expectedHarm(incident: Incident): number {
  return incident.probability * WEIGHT[incident.severity];
}

/** Sort key: what needs a person soonest comes first; a handled one stands behind an unseen one of its priority. */
export function byUrgency(a: Incident, b: Incident): number {
  return (
    Number(isOpen(b)) - Number(isOpen(a)) ||
    priorityOf(a) - priorityOf(b) ||
    Number(isUnseen(b)) - Number(isUnseen(a)) ||
    expectedHarm(b) - expectedHarm(a) ||
    a.opened - b.opened ||
    (a.id < b.id ? -1 : 1)
  );
}
