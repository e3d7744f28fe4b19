import { useMemo, useRef } from "react";
import type { Rule } from "../../api/rules";
import { addressOf } from "../../logic/address";
import { may } from "../../logic/roles";
import { NEW_RULE, rulesWith } from "../../logic/rules";
import { usePage } from "../../store/page";
import { fetchRules, shownRules, undoLast, useRules } from "../../store/rules";
import { edge } from "../../text/edge";
import { useRowsInView } from "../edge/rowsInView";
import { Refusal } from "../Refusal";

const t = edge.rules;
const ROW = { desk: 84, phone: 84 };

/** Left: every rule in SQL with what it has looked at and put out; those with faults first. */
export function RuleList() {
  const { rules, decided, filter, trouble } = useRules();
  const opened = usePage((page) => page.opened);
  const all = useMemo(() => shownRules({ rules, decided }), [rules, decided]);
  const shown = useMemo(() => rulesWith(all, filter), [all, filter]);
  const box = useRef<HTMLElement>(null);
  const rows = useRef<HTMLUListElement>(null);
  const part = useRowsInView(box, rows, shown.length, ROW, opened ? shown.findIndex(({ id }) => id === opened) : -1);
  return (
    <section className="list rules" aria-label={t.title} ref={box} data-rules={rules?.size}>
      <Head />
      <Undone />
      {trouble && (
        <p className="refusal" role="alert">
          {t.failed(trouble)}{" "}
          <button type="button" onClick={() => void fetchRules()}>
            {t.again}
          </button>
        </p>
      )}
      {!rules && !trouble && (
        <p className="empty" role="status">
          {t.loading}
        </p>
      )}
      <ul ref={rows} className="rule-rows" style={{ paddingTop: part.above, paddingBottom: part.below }}>
        {shown.slice(part.first, part.last).map((rule) => (
          <RuleRow key={rule.id} rule={rule} opened={rule.id === opened} waits={decided.has(rule.id)} />
        ))}
      </ul>
      {rules && !shown.length && (
        <div className="empty">
          <p>{all.length ? t.noneFit : t.none}</p>
          {!all.length && <p className="row-sub">{t.noneHow}</p>}
        </div>
      )}
    </section>
  );
}

function Head() {
  const filter = useRules((state) => state.filter);
  const writes = usePage((page) => may(page.session, "writeRules"));
  return (
    <header className="edge-head">
      <h2>{t.title}</h2>
      <span className="find">
        <input
          type="search"
          value={filter}
          placeholder={t.filter}
          aria-label={`${t.filter}: ${t.filterHint}`}
          onChange={(event) => useRules.setState({ filter: event.target.value })}
          data-filter
        />
        <kbd>/</kbd>
      </span>
      {writes && (
        <a className="button" href={addressOf("rules", NEW_RULE)} data-new-rule>
          {t.write}
        </a>
      )}
    </header>
  );
}

/** What was done last, and the way back; it stays until the next thing is done. */
function Undone() {
  const undo = useRules((state) => state.undo);
  const sending = usePage((page) => page.pending.has("rule:undo"));
  if (!undo) return null;
  const words = { save: t.saved, remove: t.removed, undo: t.undone }[undo.did](undo.id);
  return (
    <p className="done-line" role="status" data-undo={undo.did}>
      <span>✓ {words}</span>
      {undo.did !== "undo" && (
        <button type="button" disabled={sending} onClick={() => void undoLast()} data-action="undo-rule">
          {t.undo}
        </button>
      )}
      <Refusal of="rule:undo" />
    </p>
  );
}

function RuleRow({ rule, opened, waits }: { rule: Rule; opened: boolean; waits: boolean }) {
  const draft = useRules((state) => state.drafts.has(rule.id));
  const { rows = 0, passed = 0, emitted = 0, late = 0, faults = 0 } = rule.counts;
  const marks = [waits ? t.under : "", draft ? t.draft : ""].filter(Boolean).join(", ");
  return (
    <li className={`rule-row ${opened ? "selected" : ""}`} data-rule={rule.id}>
      <a href={addressOf("rules", rule.id)} aria-current={opened ? "true" : undefined}>
        {rule.id}
      </a>
      <span className="rule-marks">{marks || t.origin[rule.origin]}</span>
      <span className="rule-text">{rule.query.text || rule.query.detection?.text || rule.query.sql}</span>
      <span className="row-sub">
        {t.counts(rows, passed, emitted)}
        {late > 0 && ` · ${t.late(late)}`}
        {faults > 0 && <b className="warn"> · ▲ {t.faults(faults, rule.reason)}</b>}
      </span>
    </li>
  );
}
