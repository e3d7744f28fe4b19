import { type GeoJSONSource, Map as LibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Incident, Place } from "../model";
import type { Theme } from "../store/page";
import { type Box, boxOf } from "./geometry";
import { drawSign, SIGN_RATIO } from "./images";
import { IncidentMarkers } from "./incidentMarkers";
import { PALETTES } from "./palette";
import { cityStyle, type Data, type Overlay } from "./style";

setWorkerUrl(workerUrl);

/** The map itself, outside React: it draws what it is handed and says what was picked. */

/** An incident is looked at from at least this near; nearer than `NEAR_ENOUGH` the map keeps its zoom. */
const CLOSE = 16.2;
const NEAR_ENOUGH = 15.4;
const TILT_DEG = 52;
const EASE_MS = 350;
const LOADING = ["render", "sourcedata", "idle"] as const;
/** An incident this close to the edge (share of the width) is brought to the middle. */
const EDGE = 0.15;

export interface Picks {
  incident(id: string): void;
  source(id: string): void;
}

export class CityMapView {
  private readonly map: LibreMap;
  private readonly markers: IncidentMarkers;
  private readonly data: Partial<Data> = {};
  private readonly drawnAs = new Map<Overlay, string>();
  private theme: Theme;
  private tilted: boolean;
  /** Only a style that has been loaded can be changed in part. */
  private styled = false;
  private box: Box | null = null;
  private readonly still = window.matchMedia("(prefers-reduced-motion: reduce)");

  constructor(container: HTMLElement, centre: Place, theme: Theme, tilted: boolean, picks: Picks) {
    this.theme = theme;
    this.tilted = tilted;
    this.map = new LibreMap({
      container,
      style: cityStyle(theme, tilted, {}),
      center: [centre.lon, centre.lat],
      zoom: 14.5,
      pitch: tilted ? TILT_DEG : 0,
      maxZoom: 20,
      attributionControl: false,
      fadeDuration: 0,
      // The page's own keys move through incidents; the map's arrow keys work while it has the focus.
      keyboard: true,
    });
    this.map.on("style.load", () => {
      this.styled = true;
    });
    this.map.setMissingStyleImageResolver((name) => this.addSign(name));
    this.map.on("click", "sources", ({ features }) => picks.source(String(features?.[0]?.properties.id ?? "")));
    this.hoverNames();
    this.markers = new IncidentMarkers(this.map, picks.incident);
  }

  /** Resolves when the city that was handed in is on the screen. Things may go on moving meanwhile. */
  drawn(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.map.getSource("city") || !this.map.isSourceLoaded("city")) return;
        for (const event of LOADING) this.map.off(event, look);
        resolve();
      };
      for (const event of LOADING) this.map.on(event, look);
      this.map.triggerRepaint();
    });
  }

  private addSign(name: string): void {
    const [theme = "", sign = ""] = name.split("/");
    const image = drawSign(sign, PALETTES[theme === "light" ? "light" : "dark"]);
    if (image && !this.map.hasImage(name)) this.map.addImage(name, image, { pixelRatio: SIGN_RATIO });
  }

  /** The name of the source under the pointer, as the map's own tooltip. */
  private hoverNames(): void {
    const canvas = this.map.getCanvas();
    this.map.on("mousemove", "sources", ({ features }) => {
      canvas.title = String(features?.[0]?.properties.name ?? "");
      canvas.style.cursor = "pointer";
    });
    this.map.on("mouseleave", "sources", () => {
      canvas.title = "";
      canvas.style.cursor = "";
    });
  }

  setCity(city: GeoJSON.FeatureCollection): void {
    this.data.city = city;
    this.box = boxOf(city);
    this.restyle();
    this.whole(false);
  }

  set(overlay: Overlay, features: GeoJSON.FeatureCollection): void {
    // Most messages change nothing that is drawn, and a map drawn again for nothing keeps the page from the screen.
    const drawn = JSON.stringify(features);
    if (this.drawnAs.get(overlay) === drawn) return;
    this.drawnAs.set(overlay, drawn);
    this.data[overlay] = features;
    const source = this.map.getSource<GeoJSONSource>(overlay);
    if (source) source.setData(features);
    else this.map.once("styledata", () => this.map.getSource<GeoJSONSource>(overlay)?.setData(features));
  }

  setIncidents(incidents: Iterable<Incident>, selected: string | null): void {
    this.markers.update(incidents, selected);
  }

  setTheme(theme: Theme): void {
    if (theme === this.theme) return;
    this.theme = theme;
    this.restyle();
  }

  setTilt(tilted: boolean): void {
    if (tilted === this.tilted) return;
    this.tilted = tilted;
    this.restyle();
    this.map.easeTo({ pitch: tilted ? TILT_DEG : 0, bearing: tilted ? -18 : 0, duration: this.ease() });
  }

  private restyle(): void {
    this.map.setStyle(cityStyle(this.theme, this.tilted, this.data), { diff: this.styled });
  }

  private ease(): number {
    return this.still.matches ? 0 : EASE_MS;
  }

  whole(eased = true): void {
    if (this.box) this.map.fitBounds(this.box, { padding: 24, duration: eased ? this.ease() : 0, ...this.attitude() });
  }

  private attitude() {
    return { pitch: this.tilted ? TILT_DEG : 0, bearing: this.tilted ? -18 : 0 };
  }

  zoom(by: number): void {
    this.map.zoomTo(this.map.getZoom() + by, { duration: this.ease() });
  }

  /** Bring a place into view; the map does not move when it is well in view already. */
  show({ lat, lon }: Pick<Place, "lat" | "lon">): void {
    const { x, y } = this.map.project([lon, lat]);
    const { clientWidth: w, clientHeight: h } = this.map.getContainer();
    const inside = x > w * EDGE && x < w * (1 - EDGE) && y > h * EDGE && y < h * (1 - EDGE);
    const near = this.map.getZoom() >= NEAR_ENOUGH;
    if (inside && near) return;
    this.map.easeTo({
      center: [lon, lat],
      zoom: near ? this.map.getZoom() : CLOSE,
      duration: this.ease(),
    });
  }

  resize(): void {
    this.map.resize();
  }

  remove(): void {
    this.map.remove();
  }
}
