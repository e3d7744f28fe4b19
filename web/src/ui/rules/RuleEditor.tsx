import { useId } from "react";
import type { Problem, Query } from "../../api/rules";
import { may } from "../../logic/roles";
import { isRuleName, NEW_RULE } from "../../logic/rules";
import { usePage } from "../../store/page";
import { change, discard, remove, runningRule, save, tryOut, useRules } from "../../store/rules";
import { text } from "../../text";
import { edge } from "../../text/edge";
import { ReasonForm } from "../ReasonForm";
import { Refusal } from "../Refusal";
import { Section } from "../Section";
import { Field } from "./Field";
import { Outputs } from "./Outputs";
import { SqlField } from "./SqlField";
import { Timing } from "./Timing";
import { TryIt } from "./TryIt";
import { useChecked } from "./useChecked";
import { Verdict } from "./Verdict";

const t = edge.rules;

interface Props {
  opened: string;
  query: Query;
  running: boolean;
}

/** Right: one rule. What it says, what is wrong with it, what it would have done, and the way to make it run. */
export function RuleEditor({ opened, query, running }: Props) {
  const writes = usePage((page) => may(page.session, "writeRules"));
  const checking = useChecked(query);
  const verdict = useId();
  const readOnly = !writes || Boolean(query.command);
  const set = (part: Partial<Query>) => change(opened, { ...query, ...part });
  const problems = checking.checked?.problems ?? [];
  return (
    <main className="side rule-side" aria-label={query.id || t.newTitle} id="story" data-rule-editor={opened}>
      <header className="device-head">
        <h2>{opened === NEW_RULE ? t.newTitle : opened}</h2>
        {!writes && <p className="row-sub">{t.onlyWriters}</p>}
        {query.command && <p>{t.commands(query.command.action, query.command.target)}</p>}
      </header>
      <div className="rule-columns">
        <div className="rule-write">
          <div className="rule-form">
            {opened === NEW_RULE && <Name query={query} set={set} />}
            <Field label={t.text} wrong={reasonFor(problems, "text")}>
              {(field) => (
                <input
                  {...field}
                  value={query.text ?? ""}
                  maxLength={500}
                  readOnly={readOnly}
                  onChange={(event) => set({ text: event.target.value })}
                />
              )}
            </Field>
            <SqlField
              sql={query.sql}
              problems={problems}
              readOnly={readOnly}
              change={(sql) => set({ sql })}
              run={() => writes && void tryOut(query, "hour")}
              describedBy={verdict}
            />
            <Verdict id={verdict} checking={checking} sql={query.sql} />
          </div>
          {writes && <TryIt query={query} blocked={problems.length > 0} />}
        </div>
        <div className="rule-more">
          <fieldset disabled={readOnly} className="bare">
            <Outputs query={query} columns={checking.checked?.columns ?? []} problems={problems} set={set} />
            <Timing query={query} set={set} />
          </fieldset>
          {writes && !query.command && <Keep opened={opened} query={query} running={running} problems={problems} />}
        </div>
      </div>
    </main>
  );
}

export const reasonFor = (problems: readonly Problem[], field: string) =>
  problems.find((one) => one.field === field)?.reason ?? "";

function Name({ query, set }: { query: Query; set: (part: Partial<Query>) => void }) {
  const taken = useRules((state) => query.id !== "" && runningRule(state, query.id) !== undefined);
  const wrong = taken ? t.idTaken : query.id && !isRuleName(query.id) ? t.idHint : "";
  return (
    <Field label={`${t.id} (${t.idHint})`} wrong={wrong}>
      {(field) => (
        <input
          {...field}
          value={query.id}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set({ id: event.target.value })}
          data-rule-name
        />
      )}
    </Field>
  );
}

/** Save, remove, discard: each asks why where it is a decision. */
function Keep({ opened, query, running, problems }: Props & { problems: readonly Problem[] }) {
  const asking = useRules((state) => state.asking);
  const changed = useRules((state) => state.drafts.has(opened)) || opened === NEW_RULE;
  const taken = useRules((state) => opened === NEW_RULE && runningRule(state, query.id) !== undefined);
  const sending = usePage((page) => page.pending.has(`rule:${opened}`));
  const ask = (form: "save" | "remove" | null) => useRules.setState({ asking: form });
  const ready = isRuleName(query.id) && !taken && problems.length === 0 && changed;
  return (
    <Section title={t.saveNow}>
      {asking === null && (
        <div className="buttons">
          <button
            type="button"
            className="primary"
            disabled={!ready || sending}
            onClick={() => ask("save")}
            data-action="save-rule"
          >
            {sending ? text().sending : t.save}
          </button>
          {running && (
            <button type="button" disabled={sending} onClick={() => ask("remove")} data-action="remove-rule">
              {t.remove}
            </button>
          )}
          {changed && (
            <button type="button" className="plain" onClick={() => discard(opened)}>
              {t.discard}
            </button>
          )}
        </div>
      )}
      {asking && (
        <ReasonForm
          key={asking}
          question={asking === "save" ? t.saveWhy : t.removeWhy}
          verb={asking === "save" ? t.saveNow : t.removeNow}
          done={(reason) => void (asking === "save" ? save(opened, query, reason) : remove(opened, reason))}
          cancel={() => ask(null)}
        />
      )}
      <Refusal of={`rule:${opened}`} />
    </Section>
  );
}
