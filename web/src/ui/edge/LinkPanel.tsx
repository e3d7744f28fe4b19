import { LINK, LINK_SERIES, linkState } from "../../logic/links";
import { useTickingLive } from "../../store/clock";
import { usePicture } from "../../store/page";
import { edge } from "../../text/edge";
import { LinkMark, LinkWords, useLinks } from "./Links";
import { LiveValues } from "./LiveValues";

const t = edge.links;
const LABELS = LINK_SERIES.map((name) => ({ name, label: t.figures[name] }));

/** Right: one line to an edge site, in words first, then every figure along the last hour. */
export function LinkPanel({ site }: { site: string }) {
  const [known] = useLinks(site);
  const link = known ?? { site, figures: {} };
  const state = useTickingLive((now) => linkState(link, now));
  const name = usePicture(({ sites }) => sites.find(({ id }) => id === site)?.name) ?? site;
  const up = link.figures.up;
  return (
    <main className="side" aria-label={`${t.open} ${name}`} id="story" data-link-panel={site}>
      <header className="device-head">
        <h2>{name}</h2>
        <p className="device-state">
          <LinkMark state={state} /> <b>{t.state[state]}</b>
        </p>
        <p>{t.explain[state]}</p>
        <p>
          <LinkWords link={link} state={state} />
        </p>
        {state !== "away" && up && <p className="row-sub">{up.value ? t.up.yes : t.up.no}</p>}
      </header>
      <LiveValues source={LINK + site} labels={LABELS} />
    </main>
  );
}
