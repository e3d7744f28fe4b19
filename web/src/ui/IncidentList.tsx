import { useMemo } from "react";
import { byUrgency, isOpen } from "../logic/priority";
import { usePage, usePicture } from "../store/page";
import { text } from "../text";
import { IncidentRow } from "./IncidentRow";
import { Quiet } from "./Quiet";

/** Open incidents by urgency, then the closed ones folded away. */
export function IncidentList() {
  const incidents = usePicture((picture) => picture.incidents);
  const selected = usePage((page) => page.selected);
  const order = useMemo(() => [...(incidents?.values() ?? [])].sort(byUrgency), [incidents]);
  const open = order.filter(isOpen);
  const closed = order.filter((incident) => !isOpen(incident)).sort((a, b) => (b.closed ?? 0) - (a.closed ?? 0));
  return (
    <div className="rows">
      {open.length === 0 && <Quiet />}
      <ul data-open-incidents>
        {open.map((incident) => (
          <IncidentRow key={incident.id} incident={incident} selected={incident.id === selected} />
        ))}
      </ul>
      {closed.length > 0 && (
        <details className="closed-list">
          <summary>{text().closedCount(closed.length)}</summary>
          <ul>
            {closed.map((incident) => (
              <IncidentRow key={incident.id} incident={incident} selected={incident.id === selected} />
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
