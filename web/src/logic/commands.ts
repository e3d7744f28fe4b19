import type { Command, Recommendation } from "../model";

/** How far a command has got, and whether it can be taken back. */

/** The steps that are shown; each command stops at the last one, or at failed or expired. */
export const STEPS = ["sent", "acknowledged", "done"] as const;

const REACHED: Record<Command["state"], number> = {
  approved: 0,
  sent: 1,
  acknowledged: 2,
  done: 3,
  failed: 0,
  expired: 0,
};

/** How many of `STEPS` lie behind it. */
export const stepsReached = (command: Command) => REACHED[command.state];
export const isOver = ({ state }: Command) => state === "done" || state === "failed" || state === "expired";
export const wentWrong = ({ state }: Command) => state === "failed" || state === "expired";

/** Decisions on facts themselves take effect at once; nothing is sent anywhere. */
export const isOwn = ({ action }: Command) => action.startsWith("incident.") || action.startsWith("recommendation.");

const isUndo = ({ action }: Command) => action === "undo" || action.endsWith(".undo");

/** The command that this one takes back, if it is an undo. */
export function undoes(command: Command, all: readonly Command[]): Command | undefined {
  if (!isUndo(command)) return undefined;
  return all.find((other) => other.id === command.parameters.command);
}

/** Whether "Undo" is offered: a decision on a measure that can be undone, not failed, and not undone yet. */
export function isUndoable(command: Command, measure: Recommendation | undefined, all: readonly Command[]): boolean {
  if (!measure?.reversible || isUndo(command) || wentWrong(command)) return false;
  return !all.some((other) => undoes(other, all) === command && !wentWrong(other));
}
