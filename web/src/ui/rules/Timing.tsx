import { useState } from "react";
import type { Query } from "../../api/rules";
import { edge } from "../../text/edge";
import { Section } from "../Section";
import { Field } from "./Field";

const t = edge.rules;

/** How the rule understands time. */
export function Timing({ query, set }: { query: Query; set: (part: Partial<Query>) => void }) {
  const time = query.time ?? "event";
  return (
    <Section title={t.timeTitle}>
      {(["event", "arrival"] as const).map((one) => (
        <label key={one} className="check">
          <input type="radio" name="rule-time" checked={time === one} onChange={() => set({ time: one })} />
          {one === "event" ? t.byEvent : t.byArrival}
        </label>
      ))}
      {time === "event" && (
        <div className="pair">
          <Amount label={t.lateS} value={query.late_s ?? 2} set={(late_s) => set({ late_s })} />
          <Amount label={t.idleS} value={query.idle_s ?? 5} set={(idle_s) => set({ idle_s })} />
        </div>
      )}
    </Section>
  );
}

interface AmountProps {
  label: string;
  value: number;
  wrong?: string;
  set: (value: number) => void;
}

/** A number that may be half typed: it counts as soon as it is one. */
export function Amount({ label, value, wrong = "", set }: AmountProps) {
  const [typed, setTyped] = useState(String(value));
  const number = Number(typed.replace(",", "."));
  const good = typed.trim() !== "" && Number.isFinite(number) && number >= 0;
  return (
    <Field label={label} wrong={good ? wrong : edge.devices.needsNumber}>
      {(field) => (
        <input
          {...field}
          inputMode="decimal"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            const next = Number(event.target.value.replace(",", "."));
            if (event.target.value.trim() && Number.isFinite(next) && next >= 0) set(next);
          }}
        />
      )}
    </Field>
  );
}
