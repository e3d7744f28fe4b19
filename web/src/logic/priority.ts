import type { Incident, Severity, Urgency } from "../model";

/** How soon a person has to look, from CAP's urgency and severity: 1 act now … 4 for information. */
export type Priority = 1 | 2 | 3 | 4;

/** As the server ranks them. Unknown stands in the middle: it may be bad. */
const URGENCY_RANK: Record<Urgency, number> = { Immediate: 0, Expected: 1, Unknown: 2, Future: 3, Past: 4 };
const SEVERITY_RANK: Record<Severity, number> = { Extreme: 0, Severe: 1, Unknown: 2, Moderate: 3, Minor: 4 };

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

/** In steps of 0.1, so that the list does not shuffle with every small change. */
const likely = ({ probability }: Incident) => Math.round(probability * 10);

/** Sort key: what needs a person soonest comes first; a handled one stands behind an unseen one of its priority. */
export function byUrgency(a: Incident, b: Incident): number {
  return (
    Number(isOpen(b)) - Number(isOpen(a)) ||
    priorityOf(a) - priorityOf(b) ||
    Number(isUnseen(b)) - Number(isUnseen(a)) ||
    URGENCY_RANK[a.urgency] - URGENCY_RANK[b.urgency] ||
    SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] ||
    likely(b) - likely(a) ||
    a.opened - b.opened ||
    (a.id < b.id ? -1 : 1)
  );
}
