import { ApiError, api, type IncidentVerb } from "../api/client";
import type { Command, Incident, Recommendation } from "../model";
import { text } from "../text";
import type { Words } from "../words";
import { applyAnswer } from "./live";
import { mayDecide, usePage } from "./page";

/** What a person decides. Shown as under way at once; what the server answers replaces it. */

const { getState, setState } = usePage;

function begin(key: string): void {
  setState(({ pending, refusals }) => {
    const left = new Map(refusals);
    left.delete(key);
    return { pending: new Set(pending).add(key), refusals: left };
  });
}

function end(key: string, refusal: string): void {
  setState(({ pending, refusals }) => {
    const left = new Set(pending);
    left.delete(key);
    return { pending: left, refusals: refusal ? new Map(refusals).set(key, refusal) : refusals };
  });
}

/** Nothing is decided while looking back, and nothing twice. */
export async function decide(
  key: string,
  ask: () => Promise<Words["command"]>,
  explain: (error: unknown) => string = refusalOf,
): Promise<boolean> {
  if (!mayDecide(getState()) || getState().pending.has(key)) return false;
  begin(key);
  try {
    applyAnswer("command", await ask());
    end(key, "");
    return true;
  } catch (error) {
    end(key, explain(error));
    return false;
  }
}

function refusalOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 409) return text().decidedFirst(error.message);
  return error instanceof Error ? error.message : String(error);
}

/** What cannot be undone asks for a reason first. */
export async function approve(measure: Recommendation, reason = ""): Promise<void> {
  if (measure.state !== "proposed") return;
  if (!measure.reversible && !reason) return setState({ deciding: { id: measure.id, verdict: "approve" } });
  setState({ deciding: null });
  await decide(measure.id, () => api.approve(measure.id, measure.revision, reason));
}

export async function reject(measure: Recommendation, reason: string): Promise<void> {
  setState({ deciding: null });
  await decide(measure.id, () => api.reject(measure.id, measure.revision, reason));
}

export async function onIncident(incident: Incident, verb: IncidentVerb, reason = ""): Promise<void> {
  setState({ ask: null });
  await decide(`${verb}:${incident.id}`, () => api.onIncident(incident.id, verb, reason));
}

export async function undo(command: Command, reason = ""): Promise<void> {
  await decide(`undo:${command.id}`, () => api.undo(command.id, reason));
}
