import { memo, useMemo, useState } from "react";
import type { SourceState } from "../api/types";
import { plain } from "../logic/search";
import { roughly } from "../logic/time";
import { lookAt } from "../map/lookAt";
import { useTicking } from "../store/clock";
import { usePage, usePicture } from "../store/page";
import { togglePanel } from "../store/view";
import { text } from "../text";

const RANK = { silent: 0, stale: 1, fresh: 2, event: 3 };

/** Every source: is it talking, since when not, what did it send. The ones that worry come first. */
export function SourcesPanel() {
  const sources = usePicture((picture) => picture.sources);
  const [filter, setFilter] = useState("");
  const rows = useMemo(() => sorted(sources?.values() ?? [], plain(filter)), [sources, filter]);
  const t = text();
  return (
    <main className="side" aria-label={t.sourcesTitle} data-sources>
      <header className="panel-head">
        <h2>{t.sourcesTitle}</h2>
        <button type="button" className="icon" aria-label={t.closePanel} onClick={() => togglePanel("sources")}>
          ✕
        </button>
      </header>
      <LinkLine />
      <input
        type="search"
        className="filter"
        value={filter}
        placeholder={t.sourceFilter}
        aria-label={t.sourceFilter}
        onChange={(event) => setFilter(event.target.value)}
      />
      <ul className="sources">
        {rows.map((source) => (
          <SourceRow key={source.id} source={source} />
        ))}
      </ul>
    </main>
  );
}

function sorted(sources: Iterable<SourceState>, filter: string): SourceState[] {
  return [...sources]
    .filter((source) => !filter || plain(`${source.name} ${source.id} ${source.site} ${source.door}`).includes(filter))
    .sort((a, b) => RANK[a.state] - RANK[b.state] || (a.name || a.id).localeCompare(b.name || b.id));
}

function LinkLine() {
  const line = usePage((page) => page.line);
  const t = text();
  return (
    <p className="row-sub link-line">
      {t.linkTitle}: {line.state === "up" ? t.linkUp : t.connecting}
    </p>
  );
}

const SourceRow = memo(function SourceRow({ source }: { source: SourceState }) {
  const t = text();
  const heard = useTicking((now) => lastHeard(source, now));
  const number = (n: number) => n.toLocaleString("en-GB").replaceAll(",", " ");
  return (
    <li className="source" data-source={source.id} data-state={source.state}>
      <button type="button" className="plain" disabled={!source.place} onClick={() => lookAt.place(source.place)}>
        <span className="source-sign" aria-hidden="true" />
        <span className="row-title">{source.name || source.id}</span>
        <b className="source-state">{heard}</b>
        <span className="row-sub">
          {source.site} · {source.door} · {t.accepted(number(source.accepted))}
          {source.rejected > 0 && ` · ${t.rejectedCount(number(source.rejected))}`}
        </span>
        {source.detail && <span className="source-detail">{source.detail}</span>}
      </button>
    </li>
  );
});

function lastHeard({ state, last_seen: seen, fresh_s: needed }: SourceState, now: number): string {
  const t = text();
  if (!seen) return needed > 0 ? t.neverHeard : t.saysRarely;
  const ago = roughly(now - seen);
  if (state === "silent" || state === "stale") return t.silentFor(ago);
  return t.heardAgo(ago);
}
