import { percent, withBand } from "../logic/figures";
import { isOpen, priorityOf } from "../logic/priority";
import { clock } from "../logic/time";
import type { Incident } from "../model";
import { usePicture } from "../store/page";
import { text } from "../text";
import { Age } from "./Age";
import { Mark } from "./Mark";

/** What, where, since when, how sure. */
export function Headline({ incident }: { incident: Incident }) {
  const site = usePicture((picture) => picture.sites.find(({ id }) => id === incident.site)?.name);
  const t = text();
  const priority = priorityOf(incident);
  const places = new Set([incident.place?.name ?? "", site ?? incident.site]);
  const where = [...places].filter((name) => name && !incident.title.includes(name));
  return (
    <header className="headline">
      <Mark priority={priority} closed={!isOpen(incident)} />
      <div>
        <h2>{incident.title}</h2>
        {where.length > 0 && <p className="where">{where.join(" · ")}</p>}
      </div>
      <p className="facts">
        <span className={`do-word p${priority}`}>{t.priority[priority]}</span>
        <span>
          {t.since} {clock(incident.opened)} (<Age since={incident.opened} end={incident.closed} />)
        </span>
        <span>
          {t.severityLabel} {t.severity[incident.severity]}
        </span>
      </p>
      <Sureness incident={incident} />
      <p className="row-sub">{t.restsOn(incident.detections, incident.sources.length)}</p>
    </header>
  );
}

/** The probability as a point in its 90 % band. */
function Sureness({ incident }: { incident: Incident }) {
  const { probability, low, high, certainty } = incident;
  const t = text();
  return (
    <div className="sure">
      <span>
        <b>{withBand(incident)}</b> {t.sureLabel}, {t.certainty[certainty]}
      </span>
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={t.bandLabel(percent(probability), percent(low), percent(high))}
      >
        <rect className="band-all" x="0" y="4" width="100" height="2" rx="1" />
        <rect className="band" x={low * 100} y="2.5" width={Math.max(1, (high - low) * 100)} height="5" rx="1" />
        <rect className="band-mean" x={probability * 100 - 0.5} y="0" width="1" height="10" />
      </svg>
    </div>
  );
}
