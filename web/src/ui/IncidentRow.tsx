import { memo } from "react";
import { isOpen, isUnseen, priorityOf } from "../logic/priority";
import type { Incident } from "../model";
import { usePicture } from "../store/page";
import { select } from "../store/view";
import { text } from "../text";
import { Age } from "./Age";
import { Mark } from "./Mark";

interface Props {
  incident: Incident;
  selected: boolean;
}

/** One incident in the list; drawn again only when it or its selection changed. */
export const IncidentRow = memo(function IncidentRow({ incident, selected }: Props) {
  const priority = priorityOf(incident);
  const site = usePicture(({ sites }) => sites.find(({ id }) => id === incident.site)?.name) ?? incident.site;
  return (
    <li className="row-item">
      <button
        type="button"
        className={`row ${selected ? "selected" : ""}`}
        data-incident={incident.id}
        data-priority={priority}
        data-state={incident.state}
        aria-current={selected ? "true" : undefined}
        onClick={() => select(incident.id)}
      >
        <Mark priority={priority} closed={!isOpen(incident)} />
        <span className="row-title">{incident.title}</span>
        <Age since={incident.opened} end={incident.closed} />
        <span className="row-sub">{placeOf(incident, site) || text().priority[priority]}</span>
        <Seen incident={incident} />
      </button>
    </li>
  );
});

/** The place, or else the site, whichever the title does not say already. */
function placeOf({ title, place }: Incident, site: string): string {
  return [place?.name ?? "", site].find((name) => name && !title.includes(name)) ?? "";
}

function Seen({ incident }: { incident: Incident }) {
  if (!isOpen(incident)) return <span className="row-who">{incident.handled_by}</span>;
  if (isUnseen(incident)) return <span className="row-who unseen">{text().unseen}</span>;
  return <span className="row-who">{incident.handled_by || text().seen}</span>;
}
