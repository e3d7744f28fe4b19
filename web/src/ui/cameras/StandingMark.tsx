import type { Standing } from "../../api/cameras";
import { needsSomebody, STANDING_SIGNS } from "../../logic/cameras";
import { cameras } from "../../text/cameras";

/** Shape, word, and a colour only where somebody is needed. */
export function StandingMark({ state }: { state: Standing }) {
  const { stroke, fill } = STANDING_SIGNS[state];
  return (
    <span className="health" data-standing={state} data-needs={needsSomebody(state) || undefined}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {fill && <path className="health-fill" d={fill} />}
        <path className="health-line" d={stroke} />
      </svg>
      {cameras.state[state]}
    </span>
  );
}
