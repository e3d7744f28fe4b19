import "maplibre-gl/dist/maplibre-gl.css";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { type Page, shownIn, usePage } from "../store/page";
import { goTo } from "../store/route";
import { select, toggleTilt } from "../store/view";
import { text } from "../text";
import { lookAt } from "./lookAt";
import {
  assetsLayer,
  chosenLayer,
  devicesLayer,
  extentLayer,
  NOTHING,
  risksLayer,
  sourcesLayer,
  unitsLayer,
} from "./overlays";
import { CityMapView } from "./view";

/** The map in the middle: follows the store by itself, so that a fact reaches it without redrawing the page. */
export default function CityMap() {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<CityMapView | null>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    if (!box.current) return;
    try {
      return mount(box.current, setView);
    } catch {
      setFailed(true);
      usePage.setState({ mapReady: true });
    }
  }, []);

  return (
    <section className="map" aria-label={text().mapLabel} data-map>
      <div ref={box} className="map-box" />
      {failed && <p className="map-failed">{text().mapFailed}</p>}
      {view && <MapButtons view={view} />}
    </section>
  );
}

function MapButtons({ view }: { view: CityMapView }) {
  const tilted = usePage((page) => page.tilted);
  const t = text();
  return (
    <div className="map-buttons">
      <button type="button" onClick={() => view.zoom(1)} aria-label={t.zoomIn} title={t.zoomIn}>
        +
      </button>
      <button type="button" onClick={() => view.zoom(-1)} aria-label={t.zoomOut} title={t.zoomOut}>
        −
      </button>
      <button type="button" onClick={() => view.whole()} aria-label={t.whole} title={t.whole}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" />
        </svg>
      </button>
      <button type="button" onClick={toggleTilt} aria-pressed={tilted}>
        {tilted ? t.flat : t.tilt}
      </button>
    </div>
  );
}

function mount(box: HTMLElement, ready: (view: CityMapView) => void): () => void {
  const page = usePage.getState();
  const centre = page.live?.city.place ?? { lat: 0, lon: 0 };
  const view = new CityMapView(box, centre, page.theme, page.tilted, {
    incident: select,
    source: (id) => {
      if (usePage.getState().view === "devices") goTo("devices", id);
      else usePage.setState({ panel: "sources", room: "story" });
    },
  });
  draw(view, page, null);
  const stop = usePage.subscribe((now, before) => draw(view, now, before));
  const observer = new ResizeObserver(() => view.resize());
  observer.observe(box);
  lookAt.use((place) => view.show(place));
  void open(view).then(() => ready(view));
  return () => {
    stop();
    observer.disconnect();
    view.remove();
  };
}

async function open(view: CityMapView): Promise<void> {
  await api
    .map()
    .then((city) => view.setCity(city))
    .catch(() => undefined);
  await view.drawn();
  usePage.setState({ mapReady: true });
}

/** Hand the map only what changed. */
function draw(view: CityMapView, page: Page, before: Page | null): void {
  const [shown, was] = [shownIn(page), before && shownIn(before)];
  view.setTheme(page.theme);
  view.setTilt(page.tilted);
  if (!shown) return;
  const turned = page.view !== before?.view;
  if (shown.units !== was?.units) view.set("units", unitsLayer(shown));
  if (shown.assets !== was?.assets) view.set("assets", assetsLayer(shown));
  if (page.view === "devices") drawDevices(view, page, before, turned);
  else drawIncidents(view, page, before, turned);
}

/** Beside the devices' table no incident is drawn: the map says how they are, and where. */
function drawDevices(view: CityMapView, page: Page, before: Page | null, turned: boolean): void {
  if (turned) {
    for (const overlay of ["extent", "chosen", "risks"] as const) view.set(overlay, NOTHING);
    view.setIncidents([], null);
  }
  const moved = page.opened !== before?.opened;
  if (turned || moved || page.devices !== before?.devices)
    view.set("sources", devicesLayer(page.devices?.values() ?? [], page.opened));
  const place = page.devices?.get(page.opened ?? "")?.place;
  if (place && (moved || (before?.devices === null && page.devices !== null))) view.show(place);
}

function drawIncidents(view: CityMapView, page: Page, before: Page | null, turned: boolean): void {
  const [shown, was] = [shownIn(page), before && shownIn(before)];
  if (!shown) return;
  const moved = page.selected !== before?.selected;
  const incident = page.selected ? shown.incidents.get(page.selected) : undefined;
  const other = shown.incidents !== was?.incidents || moved || turned;
  if (other) {
    view.setIncidents(shown.incidents.values(), page.selected);
    view.set("extent", extentLayer(incident));
    view.set("chosen", chosenLayer(incident));
  }
  if (other || shown.sources !== was?.sources) view.set("sources", sourcesLayer(shown, new Set(incident?.sources)));
  if (moved || turned || shown.risks !== was?.risks) view.set("risks", risksLayer(shown, incident));
  if (moved && incident?.place) view.show(incident.place);
}
