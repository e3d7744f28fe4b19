import type { Priority } from "../logic/priority";
import { NUMBER_Y, SHAPES } from "../logic/shapes";
import { text } from "../text";

/** The sign of a priority: shape, number, then colour. */
export function Mark({ priority, closed = false }: { priority: Priority; closed?: boolean }) {
  return (
    <svg
      className={`sign ${closed ? "closed" : ""}`}
      data-priority={priority}
      viewBox="-1 -1 26 26"
      role="img"
      aria-label={text().priorityLabel(priority)}
    >
      <path d={SHAPES[priority]} />
      <text x="12" y={NUMBER_Y[priority]}>
        {priority}
      </text>
    </svg>
  );
}
