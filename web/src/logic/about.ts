import type { Command, Recommendation, Risk, Task } from "../model";
import type { Picture } from "./picture";

/** What belongs to one incident. */

export interface About {
  risks: Risk[];
  measures: Recommendation[];
  commands: Command[];
  tasks: Task[];
}

const STATE_ORDER = { proposed: 0, approved: 1, rejected: 2, expired: 3 };

export function aboutIncident(picture: Pick<Picture, "risks" | "recommendations" | "commands" | "tasks">, id: string) {
  const own = <T extends { incident: string }>(rows: ReadonlyMap<string, T>) =>
    [...rows.values()].filter((row) => row.incident === id);
  const about: About = {
    risks: own(picture.risks).sort((a, b) => b.score - a.score),
    measures: own(picture.recommendations).sort(
      (a, b) => STATE_ORDER[a.state] - STATE_ORDER[b.state] || a.rank - b.rank,
    ),
    commands: own(picture.commands).sort((a, b) => b.time - a.time),
    tasks: own(picture.tasks).sort((a, b) => b.time - a.time),
  };
  return about;
}

/** The measures that keys 1–9 stand for. */
export const proposed = (measures: readonly Recommendation[]) => measures.filter((m) => m.state === "proposed");
