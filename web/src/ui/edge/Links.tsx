import { useState } from "react";
import { api } from "../../api/client";
import type { SeriesName } from "../../api/types";
import { addressOf } from "../../logic/address";
import { percent } from "../../logic/figures";
import {
  LINK,
  LINK_SERIES,
  type Link,
  type LinkFigures,
  type LinkState,
  linkHeard,
  linkSites,
  linkState,
  trip,
} from "../../logic/links";
import { roughly } from "../../logic/time";
import { useTickingLive } from "../../store/clock";
import { useFollowing } from "../../store/following";
import { useNewest } from "../../store/newest";
import { usePage, usePicture } from "../../store/page";
import { edge } from "../../text/edge";

const t = edge.links;
const NAMES_EVERY_MS = 15_000;
const FIGURES_EVERY_MS = 5_000;

/** Lines to the edge sites, if there are any: one row each. */
export function Links() {
  const links = useLinks();
  const opened = usePage((page) => page.opened);
  if (!links.length) return null;
  return (
    <section className="links" aria-label={t.title}>
      <h3>{t.title}</h3>
      <ul>
        {links.map((link) => (
          <LinkRow key={link.site} link={link} opened={opened === LINK + link.site} />
        ))}
      </ul>
    </section>
  );
}

/** Every line and its newest figures. */
export function useLinks(only: string | null = null): Link[] {
  const [names, setNames] = useState<SeriesName[]>([]);
  useFollowing(
    (signal) =>
      api.seriesNames(signal).then(
        (all) => setNames(all.filter(({ source }) => source.startsWith(LINK))),
        () => undefined,
      ),
    NAMES_EVERY_MS,
  );
  const sites = linkSites(names).filter((site) => only === null || site === only);
  const wanted = names.filter(
    ({ source, property }) =>
      sites.includes(source.slice(LINK.length)) && (LINK_SERIES as readonly string[]).includes(property),
  );
  const values = useNewest(wanted, FIGURES_EVERY_MS);
  return sites.map((site) => {
    const figures: LinkFigures = {};
    for (const name of LINK_SERIES) {
      const point = values.get(`${LINK}${site}/${name}`);
      if (point) figures[name] = { value: point[1], time: point[0] };
    }
    return { site, figures };
  });
}

function LinkRow({ link, opened }: { link: Link; opened: boolean }) {
  const state = useTickingLive((now) => linkState(link, now));
  const name = usePicture(({ sites }) => sites.find(({ id }) => id === link.site)?.name) ?? link.site;
  return (
    <li data-link={link.site} data-state={state} className={opened ? "selected" : ""}>
      <a href={addressOf("devices", LINK + link.site)} aria-current={opened ? "true" : undefined}>
        <LinkMark state={state} /> {name}
      </a>
      <span className="link-words">
        <b>{t.state[state]}</b> <LinkWords link={link} state={state} />
      </span>
    </li>
  );
}

/** A line between two ends: whole, thinned, dotted, broken. */
export function LinkMark({ state }: { state: LinkState }) {
  const between = { all: "M5 8h14", thinned: "M5 8h4m2 0h2m2 0h4", urgent: "M11 8h2", away: "M9 4l6 8m0-8-6 8" }[state];
  return (
    <svg className="link-mark" viewBox="0 0 24 16" aria-hidden="true" data-state={state}>
      <path d={`M3 5.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4ZM21 5.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z`} />
      <path d={between} />
    </svg>
  );
}

export function LinkWords({ link, state }: { link: Link; state: LinkState }) {
  const heard = linkHeard(link);
  const silent = useTickingLive((now) => (heard ? t.since(roughly(now - heard)) : t.never));
  if (state === "away") return <span className="row-sub">{silent}</span>;
  const { round_trip, loss, queue, queue_age } = link.figures;
  const words = [
    round_trip && t.trip(trip(round_trip.value)),
    loss && t.loss(percent(loss.value)),
    queue && t.queue(Math.round(queue.value)),
    queue && queue.value > 0 && queue_age && t.queueAge(roughly(queue_age.value * 1e9)),
  ];
  return <span className="row-sub">{words.filter(Boolean).join(" · ")}</span>;
}
