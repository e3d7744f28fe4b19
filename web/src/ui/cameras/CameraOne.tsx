import type { Camera } from "../../api/cameras";
import { addressOf } from "../../logic/address";
import { may } from "../../logic/roles";
import { type Overlays, overlay, useCameras } from "../../store/cameras";
import { useDrawing } from "../../store/drawing";
import { useLook, useLooks } from "../../store/looks";
import { usePage } from "../../store/page";
import { cameras as t } from "../../text/cameras";
import { Alarms } from "./Alarms";
import { CameraHealth } from "./CameraHealth";
import { DrawingCanvas } from "./DrawingCanvas";
import { FalseAlarms } from "./FalseAlarms";
import { LivePicture } from "./LivePicture";
import { StandingMark } from "./StandingMark";
import { TryOut } from "./TryOut";
import { Zones } from "./Zones";

/** One camera: its live picture with what is known of it, and beside that its health, its alarms, its zones. */
export function CameraOne({ opened, covered }: { opened: string; covered: boolean }) {
  const found = useCameras((state) =>
    state.detail?.camera.id === opened ? state.detail.camera : state.cameras?.find(({ id }) => id === opened),
  );
  const known = useCameras((state) => state.cameras !== null);
  return (
    <main
      className="side camera-one"
      aria-label={found?.name ?? t.title}
      id="story"
      data-covered={covered || undefined}
    >
      <nav className="camera-nav">
        <a className="button" href={addressOf("cameras")}>
          ‹ {t.back} <kbd>Esc</kbd>
        </a>
      </nav>
      {found ? <One camera={found} /> : <p className="empty">{known ? t.gone(opened) : t.loading}</p>}
    </main>
  );
}

function One({ camera }: { camera: Camera }) {
  const sees = usePage((page) => may(page.session, "seePictures"));
  const writes = usePage((page) => may(page.session, "writeRules"));
  const overlays = useCameras((state) => state.overlays);
  const drawing = useDrawing((state) => state.zone !== null);
  useLooks(sees && camera.shows ? camera.id : "", 1280, 5);
  const shown = drawing ? { ...overlays, zones: false } : overlays;
  return (
    <div className="camera-columns" data-camera-one={camera.id}>
      <div className="camera-stage">
        <header className="camera-head">
          <h2>{camera.name}</h2>
          <StandingMark state={camera.state} />
          {camera.why && <span>{camera.why}</span>}
        </header>
        <LivePicture camera={camera} overlays={shown} asked>
          {drawing && <DrawingCanvas camera={camera} />}
        </LivePicture>
        <Overlaid camera={camera} overlays={overlays} />
      </div>
      <div className="camera-facts">
        {drawing && <Zones camera={camera} />}
        <Alarms camera={camera} />
        {!drawing && <Zones camera={camera} />}
        <FalseAlarms camera={camera} />
        <CameraHealth camera={camera} />
        {writes && <TryOut camera={camera} />}
      </div>
    </div>
  );
}

const LAYERS: (keyof Overlays)[] = ["people", "alarms", "zones", "grid"];

/** What is drawn over the picture. */
function Overlaid({ camera, overlays }: { camera: Camera; overlays: Overlays }) {
  const look = useLook(camera.id);
  return (
    <>
      <fieldset className="overlays bare">
        <legend className="unseen-label">{t.overlays}</legend>
        {LAYERS.map((name) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={overlays[name]}
              onChange={(event) => overlay({ [name]: event.target.checked })}
            />
            {t.overlay[name]}
          </label>
        ))}
        <span className="row-sub wall-note">{t.recorded}</span>
      </fieldset>
      {overlays.grid && look && <p className="row-sub">{look.grid_m ? t.gridSays(String(look.grid_m)) : t.noGrid}</p>}
    </>
  );
}
