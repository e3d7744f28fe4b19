import { useMemo, useRef } from "react";
import type { Rule } from "../../api/rules";
import { addressOf } from "../../logic/address";
import { may } from "../../logic/roles";
import { NEW_RULE, rulesWith } from "../../logic/rules";
import { usePage } from "../../store/page";
import { fetchRules, shownRules, undoLast, useRules } from "../../store/rules";
import { edge } from "../../text/edge";
import { DoneLine } from "../DoneLine";
import { Empty } from "../Empty";
import { useRowsInView } from "../edge/rowsInView";
import { Fetching } from "../Fetching";
import { FindBox } from "../FindBox";
import { Trouble } from "../Trouble";

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
      {trouble && <Trouble words={t.failed(trouble)} again={() => void fetchRules()} />}
      {!rules && !trouble && <Fetching words={t.loading} />}
      <ul ref={rows} className="rule-rows" style={{ paddingTop: part.above, paddingBottom: part.below }}>
        {shown.slice(part.first, part.last).map((rule) => (
          <RuleRow key={rule.id} rule={rule} opened={rule.id === opened} waits={decided.has(rule.id)} />
        ))}
      </ul>
      {rules && !shown.length && <Empty words={all.length ? t.noneFit : t.none} how={all.length ? "" : t.noneHow} />}
    </section>
  );
}

function Head() {
  const filter = useRules((state) => state.filter);
  const writes = usePage((page) => may(page.session, "writeRules"));
  return (
    <header className="edge-head">
      <h2>{t.title}</h2>
      <FindBox
        label={t.filter}
        hint={t.filterHint}
        value={filter}
        change={(words) => useRules.setState({ filter: words })}
      />
      {writes && (
        <a className="button" href={addressOf("rules", NEW_RULE)} data-new-rule>
          {t.write}
        </a>
      )}
    </header>
  );
}

function Undone() {
  const undo = useRules((state) => state.undo);
  if (!undo) return null;
  const words = { save: t.saved, remove: t.removed, undo: t.undone }[undo.did](undo.id);
  return <DoneLine did={undo.did} words={words} what="rule" undo={() => void undoLast()} />;
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
