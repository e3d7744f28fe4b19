import type { Health } from "../../api/devices";
import { needsSomebody } from "../../logic/devices";
import { HEALTH_SIGNS } from "../../logic/signs";
import { edge } from "../../text/edge";

/** Shape, word, and a colour only where somebody is needed. */
export function HealthMark({ health, bare = false }: { health: Health; bare?: boolean }) {
  const { stroke, fill } = HEALTH_SIGNS[health];
  return (
    <span className="health" data-health={health} data-needs={needsSomebody(health) || undefined}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {fill && <path className="health-fill" d={fill} />}
        <path className="health-line" d={stroke} />
      </svg>
      {!bare && edge.devices.health[health]}
    </span>
  );
}
