import { countLate, freshnessOf } from "../logic/quiet";
import { usePage, usePicture } from "../store/page";
import { text } from "../text";

/** "All quiet" is a claim: made only while everything that should watch does. */
export function Quiet() {
  const sources = usePicture((picture) => picture.sources);
  const down = usePage((page) => page.at === null && page.line.state === "down");
  const { needed, late } = freshnessOf(sources?.values() ?? []);
  const t = text();
  if (down) return <Words title={t.quietLost} />;
  if (late.length) return <Words title={t.quietBut(countLate(late))} why={t.quietButWhy} />;
  if (!needed) return <Words title={t.noSources} />;
  return <Words title={t.allQuiet} why={t.allQuietWhy(needed)} />;
}

function Words({ title, why = "" }: { title: string; why?: string }) {
  return (
    <div className="quiet" role="status" data-quiet>
      <p>{title}</p>
      {why && <p className="row-sub">{why}</p>}
    </div>
  );
}
