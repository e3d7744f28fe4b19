import { now, one, record } from "./archive.ts";

/** What happens to a decision in the example city: sent, acknowledged, done, a second apart. */

export const audit: object[] = [];

class Refused extends Error {
  readonly status: number;
  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

let commands = 0;
function command(action: string, target: string, more: Record<string, unknown>, ends = true) {
  const fact = {
    id: `c${++commands}`,
    revision: 1,
    time: now(),
    site: "square",
    action,
    target,
    state: "approved",
    approved_by: "operator A",
    ...more,
  };
  audit.push({
    number: audit.length + 1,
    time: now(),
    actor: "operator A",
    action,
    target: more.incident ?? target,
    reason: more.reason ?? "",
    detail: "",
  });
  record("command", fact);
  const states = ends ? ["sent", "acknowledged", "done"] : ["done"];
  states.forEach((state, i) => {
    setTimeout(() => record("command", { ...fact, revision: i + 2, time: now(), state }), ends ? 900 * (i + 1) : 1);
  });
  return fact;
}

function measureOf(id: string, revision: unknown) {
  const measure = one("recommendation", id);
  if (!measure) throw new Refused(404, "there is no such recommendation");
  if (measure.revision !== revision || (measure.state ?? "proposed") !== "proposed")
    throw new Refused(409, "it is decided already");
  return measure;
}

function settle(measure: Record<string, unknown>, state: string): void {
  record("recommendation", { ...measure, revision: Number(measure.revision) + 1, time: now(), state });
}

function onIncident(id: string, verb: string, reason: string) {
  const incident = one("incident", id);
  if (!incident) throw new Refused(404, "there is no such incident");
  if ((verb === "close" || verb === "note") && !reason) throw new Refused(400, "a reason is needed");
  const change = {
    acknowledge: { state: "acknowledged", handled_by: "operator A" },
    close: { state: "closed", closed: now() },
    reopen: { state: "open", closed: null },
  }[verb];
  if (change) record("incident", { ...incident, ...change, revision: Number(incident.revision) + 1, time: now() });
  return command(`incident.${verb}`, id, { incident: id, reason }, false);
}

export function decide(path: string[], body: { revision?: number; reason?: string }) {
  const [kind = "", id = "", verb = ""] = path;
  const reason = body.reason ?? "";
  if (kind === "incidents") return onIncident(id, verb, reason);
  if (kind === "recommendations") {
    const measure = measureOf(id, body.revision);
    settle(measure, verb === "approve" ? "approved" : "rejected");
    const shared = { incident: measure.incident, recommendation: id, reason };
    if (verb === "approve") return command(String(measure.action), String(measure.target), shared);
    return command("recommendation.reject", id, shared, false);
  }
  const of = one("command", id);
  if (!of) throw new Refused(404, "there is no such command");
  const measure = one("recommendation", String(of.recommendation));
  if (measure) settle(measure, "proposed");
  const shared = { incident: of.incident, recommendation: of.recommendation, reason, parameters: { command: id } };
  return command(`${of.action}.undo`, String(of.target), shared);
}
