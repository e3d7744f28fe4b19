import { type FormEvent, useId, useState } from "react";
import type { Camera, Zone } from "../../api/cameras";
import { faultOf, idOf, LINES, PRIVACY_MASK, withoutRepeats, ZONE_KINDS, zoneToml } from "../../logic/cameras";
import { saveZone } from "../../store/cameras";
import { describe, leaveDrawing, useDrawing } from "../../store/drawing";
import { usePage } from "../../store/page";
import { cameras as t } from "../../text/cameras";
import { Refusal } from "../Refusal";
import { Section } from "../Section";

const HOURS = "([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d";

/** What is being drawn: its name, what it is for, when; and whether its outline can be. */
export function ZoneForm({ camera, zone }: { camera: Camera; zone: Zone }) {
  const known = useDrawing((state) => state.known);
  const sending = usePage((page) => page.pending.has("zone:save"));
  const [reason, setReason] = useState("");
  const finished: Zone = {
    ...zone,
    hours: zone.kind === PRIVACY_MASK ? "" : zone.hours,
    id: known ? zone.id : idOf(zone.name),
    outline: withoutRepeats(zone.outline, LINES.has(zone.kind)),
  };
  const fault = faultOf(zone.outline, zone.kind);
  const taken = !known && camera.zones.some(({ id }) => id === finished.id);
  const ready = !fault && !taken && finished.id !== "" && reason.trim() !== "" && !sending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) void saveZone(finished, reason.trim());
  };
  return (
    <Section title={t.drawTitle(known ? zone.name || zone.id : "")}>
      <form className="zone-form" onSubmit={submit} data-zone-form>
        <p className="row-sub">{t.canvasHow}</p>
        <p className={fault ? "field-wrong" : ""} role="status" data-fault={fault ?? "none"}>
          {fault ? t.faults[fault] : t.drawnFine(finished.outline.length)}
        </p>
        <Words label={t.name} hint={t.nameHint} value={zone.name} most={100} set={(name) => describe({ name })} />
        {taken && <p className="field-wrong">{t.idTaken}</p>}
        <Kind kind={zone.kind} />
        {zone.kind !== PRIVACY_MASK && (
          <Words
            label={t.hoursLabel}
            hint={t.hoursHint}
            value={zone.hours}
            most={11}
            pattern={HOURS}
            set={(hours) => describe({ hours })}
          />
        )}
        <Words label={t.why} value={reason} most={500} set={setReason} />
        <div className="buttons">
          <button type="submit" className="primary" disabled={!ready} data-action="save-zone">
            {t.save}
          </button>
          <button type="button" onClick={leaveDrawing}>
            {t.cancel}
          </button>
        </div>
        <Refusal of="zone:save" />
        <p className="row-sub">{t.holds}</p>
        <Toml zone={finished} />
      </form>
    </Section>
  );
}

interface WordsProps {
  label: string;
  hint?: string;
  value: string;
  most: number;
  pattern?: string;
  set: (value: string) => void;
}

function Words({ label, hint, value, most, pattern, set }: WordsProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={value}
        maxLength={most}
        autoComplete="off"
        {...(pattern ? { pattern } : {})}
        {...(hint ? { "aria-describedby": `${id}-hint` } : {})}
        onChange={(event) => set(event.target.value)}
      />
      {hint && (
        <span id={`${id}-hint`} className="row-sub">
          {hint}
        </span>
      )}
    </div>
  );
}

function Kind({ kind }: { kind: string }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t.kind}</label>
      <select id={id} value={kind} onChange={(event) => describe({ kind: event.target.value })}>
        {ZONE_KINDS.map((one) => (
          <option key={one} value={one}>
            {t.kinds[one]}
          </option>
        ))}
      </select>
    </div>
  );
}

function Toml({ zone }: { zone: Zone }) {
  const [copied, setCopied] = useState(false);
  const written = zoneToml(zone, true);
  return (
    <details className="toml">
      <summary>{t.asToml}</summary>
      <pre>{written}</pre>
      <button type="button" onClick={() => void navigator.clipboard.writeText(written).then(() => setCopied(true))}>
        {copied ? t.copied : t.copy}
      </button>
    </details>
  );
}
