import { useMemo } from "react";
import { priorityOf } from "../logic/priority";
import { type Frame, lanesOf, shareOf } from "../logic/timebar";
import { useTickingLive } from "../store/clock";
import { usePage } from "../store/page";
import { select } from "../store/view";

const ROWS = 3;
/** Beyond this many, only the latest are drawn: the bar is for orientation, the list for each one. */
const MOST = 80;

/** Each incident from its opening to its end, in rows. Pointer only: the list is the way by keyboard. */
export function TimeSpans({ frame }: { frame: Frame }) {
  const incidents = usePage((page) => page.live?.incidents);
  const selected = usePage((page) => page.selected);
  const now = useTickingLive((instant) => Math.floor(instant / 5e9) * 5e9);
  const { start, end } = frame;
  const lanes = useMemo(() => {
    const inside = [...(incidents?.values() ?? [])]
      .map((incident) => ({ id: incident.id, from: incident.opened, to: incident.closed ?? now }))
      .filter((span) => span.to > start && span.from < end);
    return lanesOf(inside.slice(-MOST), ROWS, (end - start) / 100);
  }, [incidents, now, start, end]);
  return (
    <div className="time-spans" aria-hidden="true">
      {lanes.map(({ id, from, to, row }) => {
        const incident = incidents?.get(id);
        const [left, right] = [shareOf(frame, from) * 100, shareOf(frame, to) * 100];
        return (
          <i
            key={id}
            data-priority={incident ? priorityOf(incident) : 4}
            className={id === selected ? "selected" : ""}
            style={{ left: `${left}%`, width: `max(4px, ${right - left}%)`, top: `${row * 7}px` }}
            title={incident?.title}
            onPointerUp={() => select(id)}
          />
        );
      })}
    </div>
  );
}
