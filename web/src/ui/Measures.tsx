import { proposed } from "../logic/about";
import { percent } from "../logic/figures";
import type { Recommendation } from "../model";
import { approve, reject } from "../store/actions";
import { usePage } from "../store/page";
import { text } from "../text";
import { ReasonForm } from "./ReasonForm";
import { Refusal } from "./Refusal";
import { Section } from "./Section";

/** What may be done, best first: one press does it, with its reasons beside it. */
export function Measures({ measures }: { measures: Recommendation[] }) {
  const open = proposed(measures);
  const t = text();
  return (
    <Section title={t.measuresTitle}>
      {open.length === 0 && <p className="row-sub">{t.noMeasures}</p>}
      <ol className="measures">
        {open.map((measure, index) => (
          <Measure key={measure.id} measure={measure} number={index + 1} />
        ))}
      </ol>
    </Section>
  );
}

function Measure({ measure, number }: { measure: Recommendation; number: number }) {
  const then = usePage((page) => page.at !== null);
  const sending = usePage((page) => page.pending.has(measure.id));
  const asked = usePage((page) => (page.deciding?.id === measure.id ? page.deciding.verdict : null));
  const t = text();
  return (
    <li className={`measure ${number === 1 ? "first" : ""}`} data-measure={measure.id}>
      <button
        type="button"
        className="measure-do"
        disabled={then || sending}
        onClick={() => void approve(measure)}
        data-action="approve"
      >
        <kbd>{number}</kbd>
        <span className="measure-title">{measure.title}</span>
        <span className="measure-gain">{sending ? t.sending : t.removes(percent(measure.benefit))}</span>
        {number === 1 && <kbd>⏎</kbd>}
      </button>
      <div className="measure-why">
        <p>
          {measure.reasons.slice(0, 3).join(" · ")}
          <span>
            {" · "}
            {t.effort(percent(measure.cost))}
            {!measure.reversible && ` · ${t.notReversible}`}
          </span>
        </p>
        <button
          type="button"
          className="plain"
          disabled={then || sending}
          data-action="reject"
          onClick={() => usePage.setState({ deciding: { id: measure.id, verdict: "reject" } })}
        >
          {t.reject}
        </button>
      </div>
      {asked && <Why key={asked} measure={measure} verdict={asked} />}
      <Refusal of={measure.id} />
    </li>
  );
}

function Why({ measure, verdict }: { measure: Recommendation; verdict: "approve" | "reject" }) {
  const t = text();
  return (
    <ReasonForm
      question={verdict === "reject" ? t.rejectWhy : t.approveWhy}
      verb={verdict === "reject" ? t.reject : t.approveNow}
      done={(reason) => void (verdict === "reject" ? reject(measure, reason) : approve(measure, reason))}
      cancel={() => usePage.setState({ deciding: null })}
    />
  );
}
