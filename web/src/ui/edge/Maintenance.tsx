import type { Device } from "../../api/devices";
import { isStranger } from "../../logic/devices";
import { may } from "../../logic/roles";
import { ask, maintain, resume, useDevices } from "../../store/devices";
import { usePage } from "../../store/page";
import { edge } from "../../text/edge";
import { ReasonForm } from "../ReasonForm";
import { Refusal } from "../Refusal";
import { Section } from "../Section";

const t = edge.devices;

/** Whether somebody works on it, and the way in and out of that. */
export function Maintenance({ device }: { device: Device }) {
  const session = usePage((page) => page.session);
  const sending = usePage((page) => page.pending.has(`device:${device.id}`));
  const form = useDevices((state) => (state.asking?.id === device.id ? state.asking.form : null));
  const on = device.health === "maintenance";
  if (!on && (device.health === "held" || device.health === "rejected")) return null;
  const next = on ? "resume" : "maintain";
  return (
    <Section title={t.maintainTitle}>
      <p>{on ? t.maintainOn(device.by || "?") : t.maintainOff}</p>
      {!may(session, "manageDevices") && <p className="row-sub duty">{t.onlyAdmin}</p>}
      {may(session, "manageDevices") && form !== next && (
        <div className="buttons">
          <button
            type="button"
            disabled={sending}
            onClick={() => ask({ id: device.id, form: next })}
            data-action={next}
          >
            {on ? t.resume : t.maintain}
          </button>
        </div>
      )}
      {form === next && (
        <ReasonForm
          key={next}
          question={on ? t.resumeWhy : t.maintainWhy}
          verb={on ? t.resumeNow : t.maintainNow}
          done={(reason) => void (on ? resume(device.id, reason) : maintain(device.id, reason))}
          cancel={() => ask(null)}
        />
      )}
      {!isStranger(device) && <Refusal of={`device:${device.id}`} />}
    </Section>
  );
}
