import type { SourceState } from "../api/types";
import { countLate, freshnessOf } from "../logic/quiet";
import { useAway } from "../store/away";
import { usePage, usePicture } from "../store/page";
import { text } from "../text";

/** "All quiet" is a claim: made only while everything that should watch does. */
export function Quiet() {
  const sources = usePicture((picture) => picture.sources);
  const down = usePage((page) => page.at === null && page.line.state === "down");
  const { needed, late } = freshnessOf(sources?.values() ?? []);
  const away = useAway();
  const t = text();
  if (down) return <Words title={t.quietLost} />;
  if (away.length) return <Words title={t.quietAway(away.map(({ name }) => name))} why={lateToo(late)} />;
  if (late.length) return <Words title={t.quietBut(countLate(late))} why={t.quietButWhy} />;
  if (!needed) return <Words title={t.noSources} />;
  return <Words title={t.allQuiet} why={t.allQuietWhy(needed)} />;
}

/** A site is away: what else is late is said below it. */
function lateToo(late: SourceState[]): string {
  const t = text();
  return late.length ? `${t.lateToo(countLate(late))} ${t.quietAwayWhy}` : t.quietAwayWhy;
}

function Words({ title, why = "" }: { title: string; why?: string }) {
  return (
    <div className="quiet" role="status" data-quiet>
      <p>{title}</p>
      {why && <p className="row-sub">{why}</p>}
    </div>
  );
}
