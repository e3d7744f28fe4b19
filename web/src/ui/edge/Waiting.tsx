import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { Device } from "../../api/devices";
import { addressOf } from "../../logic/address";
import { isWaiting } from "../../logic/devices";
import { may } from "../../logic/roles";
import { roughly } from "../../logic/time";
import { useTickingLive } from "../../store/clock";
import { admit, ask, keepOut, useDevices } from "../../store/devices";
import { usePage } from "../../store/page";
import { text } from "../../text";
import { edge } from "../../text/edge";
import { ReasonForm } from "../ReasonForm";
import { Refusal } from "../Refusal";
import { HealthMark } from "./HealthMark";

const t = edge.devices;
/** More of them are found by the filter "waits for approval". */
const MOST = 20;

/** On top of everything: devices that nobody has described, and that speak. */
export function Waiting({ devices }: { devices: ReadonlyMap<string, Device> }) {
  const [waiting, only] = [[...devices.values()].filter(isWaiting), useDevices((state) => state.choice.health)];
  const decides = usePage((page) => may(page.session, "manageDevices"));
  if (!waiting.length || (only !== null && only !== "held")) return null;
  return (
    <section className="waiting" aria-label={t.waitingTitle(waiting.length)}>
      <h3>{t.waitingTitle(waiting.length)}</h3>
      {!decides && <p className="row-sub duty">{t.onlyAdmin}</p>}
      <ul>
        {waiting.slice(0, MOST).map((device) => (
          <li key={device.id} data-waiting={device.id}>
            <HealthMark health="held" bare />
            <div className="waiting-who">
              <a href={addressOf("devices", device.id)}>{device.id}</a>
              <p className="row-sub">
                {[device.site, device.via, t.waitingMessages(device.held)].filter(Boolean).join(" · ")} ·{" "}
                <FirstSeen at={device.since} />
              </p>
              <Said said={device.said} />
            </div>
            {decides && <Admit id={device.id} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function FirstSeen({ at }: { at: number }) {
  return <>{useTickingLive((now) => t.first(t.ago(roughly(now - at))))}</>;
}

function Said({ said }: { said: Device["said"] }) {
  const all = Object.entries(said);
  if (!all.length) return null;
  return (
    <p className="said">
      {t.waitingSays} {all.map(([name, value]) => `${name} ${value}`).join(" · ")}
    </p>
  );
}

/** The two buttons and their forms, in place. `only`: keeping out is all that is left to decide. */
export function Admit({ id, only = false }: { id: string; only?: boolean }) {
  const asking = useDevices((state) => (state.asking?.id === id ? state.asking.form : null));
  const session = usePage((page) => page.session);
  const sending = usePage((page) => page.pending.has(`device:${id}`));
  if (!may(session, "manageDevices")) return <p className="row-sub duty">{t.onlyAdmin}</p>;
  const cancel = () => ask(null);
  return (
    <div className="admit">
      {asking !== "approve" && asking !== "reject" && (
        <div className="buttons">
          {!only && (
            <button type="button" disabled={sending} onClick={() => ask({ id, form: "approve" })} data-action="let-in">
              {t.letIn}
            </button>
          )}
          <button type="button" disabled={sending} onClick={() => ask({ id, form: "reject" })} data-action="keep-out">
            {t.keepOut}
          </button>
        </div>
      )}
      {asking === "approve" && <AdmitForm id={id} cancel={cancel} />}
      {asking === "reject" && (
        <ReasonForm
          question={t.keepOutWhy}
          verb={t.keepOutNow}
          done={(reason) => void keepOut(id, reason)}
          cancel={cancel}
        />
      )}
      <Refusal of={`device:${id}`} />
    </div>
  );
}

function AdmitForm({ id, cancel }: { id: string; cancel: () => void }) {
  const profiles = useDevices((state) => state.profiles);
  const sending = usePage((page) => page.pending.has(`device:${id}`));
  const [said, setSaid] = useState({ profile: "", name: "", reason: "" });
  const first = useRef<HTMLSelectElement>(null);
  const own = useId();
  useEffect(() => first.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void admit(id, { profile: said.profile, name: said.name.trim(), reason: said.reason.trim() });
  };
  return (
    <form className="reason" onSubmit={submit} aria-label={t.letInTitle(id)}>
      <label htmlFor={`${own}p`}>{t.kindOf}</label>
      <select
        id={`${own}p`}
        ref={first}
        value={said.profile}
        onChange={(event) => setSaid({ ...said, profile: event.target.value })}
      >
        <option value="">{t.kindUnknown}</option>
        {profiles.map(({ name, label }) => (
          <option key={name} value={name}>
            {label ? `${name}: ${label}` : name}
          </option>
        ))}
      </select>
      <label htmlFor={`${own}n`}>{t.callIt}</label>
      <input
        id={`${own}n`}
        value={said.name}
        maxLength={100}
        autoComplete="off"
        onChange={(event) => setSaid({ ...said, name: event.target.value })}
      />
      <label htmlFor={`${own}r`}>{t.whyIn}</label>
      <input
        id={`${own}r`}
        value={said.reason}
        maxLength={500}
        autoComplete="off"
        onChange={(event) => setSaid({ ...said, reason: event.target.value })}
      />
      <div className="buttons">
        <button type="submit" className="primary" disabled={sending}>
          {t.letInNow} <kbd>⏎</kbd>
        </button>
        <button type="button" onClick={cancel}>
          {text().cancel} <kbd>Esc</kbd>
        </button>
      </div>
    </form>
  );
}
