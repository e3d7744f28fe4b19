import { type FormEvent, useId, useState } from "react";
import type { CommandSpec, Device, Parameter, ParameterValue } from "../../api/devices";
import { parameterValue, unitWords } from "../../logic/devices";
import { may } from "../../logic/roles";
import { tell } from "../../store/devices";
import { usePage } from "../../store/page";
import { text } from "../../text";
import { edge } from "../../text/edge";
import { Refusal } from "../Refusal";
import { Section } from "../Section";

const t = edge.devices;

/** What its profile says that it can be told, each with its parameters. */
export function DeviceOrders({ device, specs }: { device: Device; specs: readonly CommandSpec[] }) {
  const session = usePage((page) => page.session);
  const offered = specs.filter(({ name }) => device.commands.includes(name));
  if (!offered.length) return null;
  return (
    <Section title={t.tellTitle}>
      {!may(session, "tellDevices") && <p className="row-sub duty">{t.onlyOperator}</p>}
      {may(session, "tellDevices") && offered.map((spec) => <Order key={spec.name} device={device} spec={spec} />)}
    </Section>
  );
}

function Order({ device, spec }: { device: Device; spec: CommandSpec }) {
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [tried, setTried] = useState(false);
  const sending = usePage((page) => page.pending.has(`tell:${device.id}:${spec.name}`));
  const why = useId();
  const parameters = spec.parameters ?? [];
  const read = parameters.map((one) => ({ one, ...givenValue(one, typed[one.name] ?? "") }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (read.some(({ wrong }) => wrong)) return;
    const given = read.flatMap(({ one, value }) => (value === undefined ? [] : [[one.name, value] as const]));
    const sent: Record<string, ParameterValue> = Object.fromEntries(given);
    void tell(device.id, { action: spec.name, parameters: sent, reason: (typed[why] ?? "").trim() }).then((done) => {
      if (done) setTyped({});
      setTried(false);
    });
  };
  return (
    <form className="order" onSubmit={submit} data-order={spec.name} noValidate>
      <h4>
        {spec.label || spec.name} {spec.label && <span className="row-sub">{spec.name}</span>}
      </h4>
      {spec.idempotent === false && <p className="row-sub">{t.tellOnce}</p>}
      {read.map(({ one, wrong }) => (
        <Field
          key={one.name}
          spec={one}
          typed={typed[one.name] ?? ""}
          wrong={tried ? wrong : undefined}
          type={(value) => setTyped({ ...typed, [one.name]: value })}
        />
      ))}
      <label htmlFor={why}>{t.whyTell}</label>
      <input
        id={why}
        value={typed[why] ?? ""}
        maxLength={500}
        autoComplete="off"
        onChange={(event) => setTyped({ ...typed, [why]: event.target.value })}
      />
      <div className="buttons">
        <button type="submit" disabled={sending}>
          {sending ? text().sending : t.tell}
        </button>
      </div>
      <Refusal of={`tell:${device.id}:${spec.name}`} />
    </form>
  );
}

/** What is left empty is not sent, where that is allowed. */
function givenValue(spec: Parameter, typed: string): ReturnType<typeof parameterValue> {
  if (!typed && spec.required === false) return {};
  if (!typed && spec.type === "string") return { wrong: "number" };
  return parameterValue(spec, typed);
}

interface FieldProps {
  spec: Parameter;
  typed: string;
  wrong: "number" | "range" | undefined;
  type: (value: string) => void;
}

function Field({ spec, typed, wrong, type }: FieldProps) {
  const own = useId();
  const unit = unitWords(spec.unit ?? "1");
  const range = spec.range ? t.needsRange(...spec.range) : "";
  const hint = [unit, range, spec.required === false ? t.optional : ""].filter(Boolean).join(", ");
  const numeric = !spec.type || spec.type === "float" || spec.type === "int";
  const words = wrong === "range" ? range : wrong && numeric ? t.needsNumber : wrong ? t.chooseOne : "";
  const common = {
    id: own,
    value: typed,
    "aria-invalid": wrong ? true : undefined,
    "aria-describedby": wrong ? `${own}w` : undefined,
  };
  const options = spec.type === "bool" ? ["true", "false"] : (spec.choices ?? []);
  return (
    <>
      <label htmlFor={own}>
        {spec.label || spec.name} {hint && <span className="row-sub">({hint})</span>}
      </label>
      {options.length ? (
        <select {...common} onChange={(event) => type(event.target.value)}>
          <option value="">{t.chooseOne}</option>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          inputMode={numeric ? "decimal" : "text"}
          autoComplete="off"
          onChange={(event) => type(event.target.value)}
        />
      )}
      {words && (
        <p className="field-wrong" id={`${own}w`}>
          {words}
        </p>
      )}
    </>
  );
}
