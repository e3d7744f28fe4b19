import { type ReactNode, useRef } from "react";
import type { Derives, Problem, Query, Says } from "../../api/rules";
import { useRules } from "../../store/rules";
import { text } from "../../text";
import { edge } from "../../text/edge";
import { Section } from "../Section";
import { Field } from "./Field";
import { reasonFor } from "./RuleEditor";
import { Amount } from "./Timing";

const t = edge.rules;
const NONE: readonly string[] = [];
const SEVERITIES = ["Extreme", "Severe", "Moderate", "Minor"] as const;

interface Props {
  query: Query;
  columns: readonly string[];
  problems: readonly Problem[];
  set: (part: Partial<Query>) => void;
}

/** What becomes of the rows: a detection, a series of its own, or both. */
export function Outputs({ query, columns, problems, set }: Props) {
  const { detection, series } = query;
  return (
    <Section title={t.outTitle}>
      <Choice
        label={t.detect}
        on={Boolean(detection)}
        turn={(on) => set({ detection: on ? { kind: "threshold_exceeded", text: "" } : null })}
      >
        {detection && (
          <Detection
            says={detection}
            columns={columns}
            problems={problems}
            set={(part) => set({ detection: { ...detection, ...part } })}
          />
        )}
      </Choice>
      <Choice
        label={t.derive}
        on={Boolean(series)}
        turn={(on) => set({ series: on ? { property: "", value: columns[0] ?? "", unit: "1" } : null })}
      >
        {series && (
          <Derived
            derives={series}
            columns={columns}
            problems={problems}
            set={(part) => set({ series: { ...series, ...part } })}
          />
        )}
      </Choice>
    </Section>
  );
}

function Choice(props: { label: string; on: boolean; turn: (on: boolean) => void; children: ReactNode }) {
  return (
    <div className="choice">
      <label className="check">
        <input type="checkbox" checked={props.on} onChange={(event) => props.turn(event.target.checked)} />
        {props.label}
      </label>
      {props.on && <div className="choice-more">{props.children}</div>}
    </div>
  );
}

interface PartProps {
  columns: readonly string[];
  problems: readonly Problem[];
}

function Detection({ says, columns, problems, set }: PartProps & { says: Says; set: (part: Partial<Says>) => void }) {
  const kinds = useRules((state) => state.words?.kinds) ?? NONE;
  const all = kinds.includes(says.kind) ? kinds : [says.kind, ...kinds];
  return (
    <>
      <Field label={t.kind} wrong={reasonFor(problems, "detection.kind")}>
        {(field) => (
          <select {...field} value={says.kind} onChange={(event) => set({ kind: event.target.value })} data-kind>
            {all.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        )}
      </Field>
      <Sentence says={says} columns={columns} problems={problems} set={set} />
      <div className="pair">
        <Field label={t.severity}>
          {(field) => (
            <select
              {...field}
              value={says.severity ?? ""}
              onChange={(event) => set({ severity: (event.target.value || null) as Says["severity"] & string })}
            >
              <option value="">{t.severityOfKind}</option>
              {SEVERITIES.map((one) => (
                <option key={one} value={one}>
                  {text().severity[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Amount
          label={t.confidence}
          value={says.confidence ?? 0.9}
          wrong={reasonFor(problems, "detection.confidence")}
          set={(confidence) => set({ confidence })}
        />
      </div>
      <div className="pair">
        <Amount
          label={t.hold}
          value={says.hold_s ?? 60}
          wrong={reasonFor(problems, "detection.hold_s")}
          set={(hold_s) => set({ hold_s })}
        />
        <Amount
          label={t.update}
          value={says.update_s ?? 60}
          wrong={reasonFor(problems, "detection.update_s")}
          set={(update_s) => set({ update_s })}
        />
      </div>
    </>
  );
}

/** The text, and the rule's columns to press into it. */
function Sentence({ says, columns, problems, set }: PartProps & { says: Says; set: (part: Partial<Says>) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const put = (column: string) => {
    const at = input.current?.selectionStart ?? says.text.length;
    set({ text: `${says.text.slice(0, at)}{${column}}${says.text.slice(at)}` });
    input.current?.focus();
  };
  return (
    <>
      <Field label={t.says} wrong={reasonFor(problems, "detection.text")}>
        {(field) => (
          <input
            {...field}
            ref={input}
            value={says.text}
            maxLength={500}
            onChange={(event) => set({ text: event.target.value })}
            data-says
          />
        )}
      </Field>
      {columns.length > 0 && (
        <p className="column-buttons">
          <span className="row-sub">{t.columns}</span>
          {columns.map((column) => (
            <button key={column} type="button" onClick={() => put(column)}>
              {`{${column}}`}
            </button>
          ))}
        </p>
      )}
    </>
  );
}

interface DerivedProps extends PartProps {
  derives: Derives;
  set: (part: Partial<Derives>) => void;
}

function Derived({ derives, columns, problems, set }: DerivedProps) {
  const all = columns.includes(derives.value) ? columns : [derives.value, ...columns];
  return (
    <>
      <Field label={t.property} wrong={reasonFor(problems, "series.property")}>
        {(field) => (
          <input
            {...field}
            value={derives.property}
            maxLength={200}
            onChange={(event) => set({ property: event.target.value })}
          />
        )}
      </Field>
      <div className="pair">
        <Field label={t.value} wrong={reasonFor(problems, "series.value")}>
          {(field) => (
            <select {...field} value={derives.value} onChange={(event) => set({ value: event.target.value })}>
              {all.map((column) => (
                <option key={column}>{column}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t.unit} wrong={reasonFor(problems, "series.unit")}>
          {(field) => (
            <input {...field} value={derives.unit ?? "1"} onChange={(event) => set({ unit: event.target.value })} />
          )}
        </Field>
      </div>
    </>
  );
}
