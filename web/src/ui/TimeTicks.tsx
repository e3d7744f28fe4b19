import { clockMinutes } from "../logic/time";
import { type Frame, shareOf, ticksOf } from "../logic/timebar";

const MOST = 9;

/** Round times under the bar. */
export function TimeTicks({ frame }: { frame: Frame }) {
  return (
    <div className="ticks" aria-hidden="true">
      {ticksOf(frame, MOST).map((instant) => (
        <span key={instant} style={{ left: `${shareOf(frame, instant) * 100}%` }}>
          {clockMinutes(instant)}
        </span>
      ))}
    </div>
  );
}
