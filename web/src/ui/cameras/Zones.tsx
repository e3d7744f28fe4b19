import type { Camera, Zone } from "../../api/cameras";
import { may } from "../../logic/roles";
import { removeZone, removing, undoZone, useCameras } from "../../store/cameras";
import { drawAgain, drawNew, useDrawing } from "../../store/drawing";
import { usePage } from "../../store/page";
import { cameras as t } from "../../text/cameras";
import { DoneLine } from "../DoneLine";
import { ReasonForm } from "../ReasonForm";
import { Refusal } from "../Refusal";
import { Section } from "../Section";
import { ZoneForm } from "./ZoneForm";

/** The zones and lines of a camera, and the way to draw, change and take away one. */
export function Zones({ camera }: { camera: Camera }) {
  const drawing = useDrawing((state) => state.zone);
  const draws = usePage((page) => may(page.session, "writeRules"));
  if (drawing) return <ZoneForm camera={camera} zone={drawing} />;
  return (
    <Section title={t.zonesTitle}>
      <Undone />
      {!camera.zones.length && <p>{t.noZones}</p>}
      <ul className="zones">
        {camera.zones.map((zone) => (
          <One key={zone.id} zone={zone} draws={draws} />
        ))}
      </ul>
      {draws ? (
        <button type="button" onClick={() => drawNew(camera.id)} data-action="draw-zone">
          {t.draw}
        </button>
      ) : (
        <p className="row-sub duty">{t.onlyWriters}</p>
      )}
    </Section>
  );
}

const kindWords = (kind: string) => (t.kinds as Record<string, string>)[kind] ?? kind;

function One({ zone, draws }: { zone: Zone; draws: boolean }) {
  const asking = useCameras((state) => state.removing === zone.id);
  return (
    <li data-zone={zone.id}>
      <b>{zone.name || zone.id}</b>
      <span className="row-sub">
        {kindWords(zone.kind)} · {t.hours(zone.hours)}
      </span>
      {draws && !asking && (
        <div className="buttons">
          <button type="button" onClick={() => drawAgain(zone)} data-action="change-zone">
            {t.change}
          </button>
          <button type="button" onClick={() => removing(zone.id)} data-action="remove-zone">
            {t.remove}
          </button>
        </div>
      )}
      {asking && (
        <ReasonForm
          question={t.removeWhy(zone.name || zone.id)}
          verb={t.remove}
          done={(reason) => void removeZone(zone, reason)}
          cancel={() => removing(null)}
        />
      )}
      <Refusal of={`zone:${zone.id}`} />
    </li>
  );
}

function Undone() {
  const undo = useCameras((state) => state.undo);
  if (!undo) return null;
  const words = { save: t.saved, remove: t.removed, undo: t.undone }[undo.did](undo.zone.name || undo.zone.id);
  return <DoneLine did={undo.did} words={words} what="zone" undo={() => void undoZone()} />;
}
