import { isOpen, isUnseen } from "../logic/priority";
import type { Incident } from "../model";
import { onIncident } from "../store/actions";
import { type Ask, usePage } from "../store/page";
import { ask } from "../store/view";
import { text } from "../text";
import { ReasonForm } from "./ReasonForm";
import { Refusal } from "./Refusal";

/** What can be done with the incident itself: acknowledge, hand over, note, close or open again. */
export function IncidentActions({ incident }: { incident: Incident }) {
  const form = usePage((page) => page.ask);
  const then = usePage((page) => page.at !== null);
  if (then) return <p className="no-deciding">{text().notThen}</p>;
  return (
    <div className="actions">
      {isOpen(incident) ? <OpenButtons incident={incident} form={form} /> : <ReopenButton incident={incident} />}
      {form && <AskForm incident={incident} form={form} />}
      {(["acknowledge", "note", "close", "reopen"] as const).map((verb) => (
        <Refusal key={verb} of={`${verb}:${incident.id}`} />
      ))}
    </div>
  );
}

function OpenButtons({ incident, form }: { incident: Incident; form: Ask | null }) {
  const sending = usePage((page) => page.pending.has(`acknowledge:${incident.id}`));
  const t = text();
  const toggle = (to: Ask) => ask(form === to ? null : to);
  return (
    <div className="buttons">
      {isUnseen(incident) && (
        <button
          type="button"
          className="primary"
          disabled={sending}
          data-action="acknowledge"
          onClick={() => void onIncident(incident, "acknowledge")}
        >
          {sending ? t.sending : t.acknowledge} <kbd>a</kbd>
        </button>
      )}
      <button type="button" aria-expanded={form === "hand-over"} onClick={() => toggle("hand-over")}>
        {t.handOver} <kbd>h</kbd>
      </button>
      <button type="button" aria-expanded={form === "note"} onClick={() => toggle("note")}>
        {t.note} <kbd>n</kbd>
      </button>
      <button type="button" aria-expanded={form === "close"} onClick={() => toggle("close")}>
        {t.close} <kbd>c</kbd>
      </button>
    </div>
  );
}

function ReopenButton({ incident }: { incident: Incident }) {
  return (
    <div className="buttons">
      <button type="button" onClick={() => void onIncident(incident, "reopen")}>
        {text().reopen}
      </button>
    </div>
  );
}

function AskForm({ incident, form }: { incident: Incident; form: Ask }) {
  const t = text();
  const question = { note: t.askNote, close: t.askClose, "hand-over": t.askHandOver }[form];
  const done = (reason: string) => {
    if (form === "close") void onIncident(incident, "close", reason);
    else void onIncident(incident, "note", form === "hand-over" ? t.handOverPrefix + reason : reason);
  };
  const verb = { note: t.save, close: t.close, "hand-over": t.handOver }[form];
  return <ReasonForm key={form} question={question} verb={verb} done={done} cancel={() => ask(null)} />;
}
