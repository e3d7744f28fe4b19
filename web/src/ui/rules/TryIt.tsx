import type { Query, Trial } from "../../api/rules";
import { trip } from "../../logic/links";
import { cell, columnsIn, firedIn, SPANS, type Span, sameRule, strip } from "../../logic/rules";
import { clock, clockMinutes, day, HOUR } from "../../logic/time";
import { heightsOf } from "../../logic/timebar";
import { type Tried, tryOut, useRules } from "../../store/rules";
import { text } from "../../text";
import { edge } from "../../text/edge";
import { Section } from "../Section";

const t = edge.rules;
const BINS = 120;
const MOST_ROWS = 100;

/** What the rule would have done: over how long, when, and each row. */
export function TryIt({ query, blocked }: { query: Query; blocked: boolean }) {
  const [trying, tried] = [useRules((state) => state.trying), useRules((state) => state.tried)];
  const own = tried && tried.query.id === query.id ? tried : null;
  return (
    <Section title={t.tryTitle}>
      <div className="buttons try-spans">
        <span>{t.tryOver}</span>
        {(Object.keys(SPANS) as Span[]).map((span) => (
          <button
            key={span}
            type="button"
            disabled={trying || blocked}
            onClick={() => void tryOut(query, span)}
            data-try={span}
          >
            {t.spans[span]}
          </button>
        ))}
      </div>
      <div role="status">{trying && <p className="row-sub">{t.trying}</p>}</div>
      {own && !trying && <Result tried={own} stale={!sameRule(own.query, query)} />}
    </Section>
  );
}

function Result({ tried, stale }: { tried: Tried; stale: boolean }) {
  const { trial, trouble } = tried;
  if (!trial) {
    return (
      <p className="refusal" role="alert">
        {text().notDone(trouble)}
      </p>
    );
  }
  return (
    <div className={`trial ${stale ? "old" : ""}`} data-trial={trial.total}>
      {stale && <p className="warn">◆ {t.older}</p>}
      <p role="status">
        <b>{t.tried(trial.total, trial.happenings)}</b>{" "}
        <span className="row-sub">{t.triedOf(trial.readings, trip(trial.seconds))}</span>
      </p>
      {trial.until < tried.until && <p className="warn">◆ {t.stopped(`${day(trial.until)} ${clock(trial.until)}`)}</p>}
      <Strip tried={tried} trial={trial} />
      {trial.total > trial.made.length && <p className="row-sub">{t.firstOnly(trial.made.length)}</p>}
      {trial.made.length > 0 && <Rows trial={trial} />}
    </div>
  );
}

/** When it would have fired. */
function Strip({ tried: { since, until, span }, trial }: { tried: Tried; trial: Trial }) {
  const bars = heightsOf(firedIn(trial.made, since, until, BINS))
    .map((height, i) => (height ? `M${i + 0.05} 40V${40 - 4 - height * 34}h.9V40Z` : ""))
    .join("");
  const name = until - since > 25 * HOUR ? (ns: number) => day(ns).slice(5) : clockMinutes;
  return (
    <figure className="strip">
      <svg
        viewBox={`0 0 ${BINS} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.stripLabel(trial.total, t.spans[span])}
      >
        <path d={bars} />
      </svg>
      <div className="ticks" aria-hidden="true">
        {strip(since, until).map((tick) => (
          <span key={tick} style={{ left: `${((tick - since) / (until - since)) * 100}%` }}>
            {name(tick)}
          </span>
        ))}
      </div>
    </figure>
  );
}

function Rows({ trial }: { trial: Trial }) {
  const shown = trial.made.slice(0, MOST_ROWS);
  const columns = columnsIn(shown);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section className="trial-box" tabIndex={0} aria-label={t.tryTitle}>
      <table className="trial-rows">
        <thead>
          <tr>
            <th scope="col">{t.when}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ time, row }, i) => (
            <tr key={i}>
              <td title={day(time)}>{clock(time)}</td>
              {columns.map((column) => (
                <td key={column}>{cell(row[column])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {trial.total > shown.length && <p className="row-sub">{t.moreRows(trial.total - shown.length)}</p>}
    </section>
  );
}
