import { isOwn, isUndoable, STEPS, stepsReached, undoes, wentWrong } from "../logic/commands";
import { clock } from "../logic/time";
import type { Command, Task } from "../model";
import { undo } from "../store/actions";
import { usePage, usePicture } from "../store/page";
import { text } from "../text";
import { Refusal } from "./Refusal";
import { Section } from "./Section";

/** What was decided, by whom, how far it has got, and the way back. */
export function Done({ commands, tasks }: { commands: Command[]; tasks: Task[] }) {
  if (!commands.length && !tasks.length) return null;
  const loose = tasks.filter((task) => !commands.some((command) => command.id === task.command));
  return (
    <Section title={text().doneTitle}>
      <ul className="done">
        {commands.map((command) => (
          <CommandLine
            key={command.id}
            command={command}
            all={commands}
            tasks={tasks.filter((task) => task.command === command.id)}
          />
        ))}
        {loose.map((task) => (
          <TaskLine key={task.id} task={task} />
        ))}
      </ul>
    </Section>
  );
}

function CommandLine({ command, all, tasks }: { command: Command; all: Command[]; tasks: Task[] }) {
  return (
    <li className="command" data-command={command.id} data-state={command.state}>
      <span className="command-title">{useTitle(command, all)}</span>
      <UndoButton command={command} all={all} />
      {!isOwn(command) && <Progress command={command} />}
      <span className="row-sub">
        {command.approved_by} · {clock(command.time)}
        {command.reason && ` · “${command.reason}”`}
        {command.detail && ` · ${command.detail}`}
      </span>
      {tasks.map((task) => (
        <TaskLine key={task.id} task={task} />
      ))}
      <Refusal of={`undo:${command.id}`} />
    </li>
  );
}

function useTitle(command: Command, all: Command[]): string {
  const measures = usePicture((picture) => picture.recommendations);
  const t = text();
  const of = undoes(command, all);
  const measure = measures?.get((of ?? command).recommendation || command.target);
  const title = measure?.title ?? (of ?? command).action;
  if (of) return t.undoOf(title);
  if (command.action === "recommendation.reject") return t.rejected(title);
  return measure?.title ?? t.actions[command.action] ?? `${command.action} ${command.target}`;
}

function UndoButton({ command, all }: { command: Command; all: Command[] }) {
  const measure = usePicture((picture) => picture.recommendations.get(command.recommendation));
  const then = usePage((page) => page.at !== null);
  const sending = usePage((page) => page.pending.has(`undo:${command.id}`));
  if (then || !isUndoable(command, measure, all)) return null;
  return (
    <button type="button" className="plain" disabled={sending} onClick={() => void undo(command)} data-action="undo">
      {sending ? text().sending : text().undo} <kbd>u</kbd>
    </button>
  );
}

/** sent → acknowledged → done, each with a tick when reached; or what went wrong. */
export function Progress({ command }: { command: Command }) {
  const words = text().commandState;
  if (wentWrong(command)) {
    return (
      <span className="progress wrong">
        <span>✕ {words[command.state]}</span>
      </span>
    );
  }
  const reached = stepsReached(command);
  return (
    <span className="progress">
      {STEPS.map((step, index) => (
        <span key={step} className={index < reached ? "reached" : ""}>
          {index < reached ? "✓" : "○"} {words[step]}
        </span>
      ))}
    </span>
  );
}

function TaskLine({ task }: { task: Task }) {
  const unit = usePicture((picture) => picture.units.get(task.unit)?.name);
  return (
    <span className="task" data-task={task.id}>
      {unit ?? task.unit}: {task.title}, <b>{text().taskState[task.state]}</b>
      {task.detail && <span className="row-sub"> · {task.detail}</span>}
    </span>
  );
}
