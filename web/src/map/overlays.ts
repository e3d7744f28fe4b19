import type { Device } from "../api/devices";
import type { Picture } from "../logic/picture";
import { isCamera } from "../logic/quiet";
import type { Incident, Place } from "../model";
import { ellipseRing, pixelsPerMetreAtZoom0 } from "./geometry";

/** The picture's tables as GeoJSON for the map's own layers. */

type Properties = Record<string, string | number | boolean>;

export const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

function point(place: Pick<Place, "lat" | "lon">, id: string, properties: Properties): GeoJSON.Feature {
  const geometry: GeoJSON.Point = { type: "Point", coordinates: [place.lon, place.lat] };
  return { type: "Feature", properties: { id, ...properties }, geometry };
}

const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({
  type: "FeatureCollection",
  features,
});

export function sourcesLayer({ sources }: Pick<Picture, "sources">, talking: ReadonlySet<string>) {
  const features = [];
  for (const source of sources.values()) {
    if (!source.place) continue;
    const kind = isCamera(source) ? "camera" : "sensor";
    const state = source.state === "silent" || source.state === "stale" ? source.state : "fresh";
    const speaks = talking.has(source.id);
    features.push(
      point(source.place, source.id, {
        icon: `${kind}-${speaks && state === "fresh" ? "talking" : state}`,
        name: source.name || source.id,
        speaks,
        order: speaks ? 2 : state === "fresh" ? 0 : 1,
      }),
    );
  }
  return collection(features);
}

/** Devices that stand somewhere, each with the sign of its health; the one that is open with its name. */
export function devicesLayer(devices: Iterable<Device>, opened: string | null) {
  const features = [];
  for (const { id, name, place, health } of devices) {
    if (!place) continue;
    const open = id === opened;
    const order = open ? 2 : health === "ok" ? 0 : 1;
    features.push(
      point(place, id, { icon: `device-${health}${open ? "-open" : ""}`, name: name || id, speaks: open, order }),
    );
  }
  return collection(features);
}

export function unitsLayer({ units }: Pick<Picture, "units">) {
  const features = [];
  for (const unit of units.values()) {
    if (!unit.place) continue;
    const moving = unit.heading_deg !== null;
    features.push(
      point(unit.place, unit.id, {
        icon: `unit-${unit.state}-${moving ? "heading" : "still"}`,
        heading: unit.heading_deg ?? 0,
        name: unit.name,
      }),
    );
  }
  return collection(features);
}

export function assetsLayer({ assets, sites }: Pick<Picture, "assets" | "sites">) {
  const named = new Set([...assets.values()].map((asset) => asset.name));
  return collection([
    ...[...assets.values()].map((asset) => point(asset.place, asset.id, { name: asset.name, what: "asset" })),
    ...sites
      .filter((s) => !named.has(s.name))
      .map((site) => point(site.place, site.id, { name: site.name, what: "site" })),
  ]);
}

/** Soft discs around the assets that the incident endangers; the more risk, the stronger. */
export function risksLayer({ risks, assets }: Pick<Picture, "risks" | "assets">, incident: Incident | undefined) {
  const features = [];
  for (const risk of risks.values()) {
    const asset = assets.get(risk.asset);
    if (!asset || risk.incident !== incident?.id || risk.score < 0.005) continue;
    const scale = pixelsPerMetreAtZoom0(asset.place.lat);
    const radius = Math.max(30, asset.radius_m) * 1.5 * scale;
    features.push(point(asset.place, risk.id, { radius, strength: 0.1 + 0.4 * Math.sqrt(Math.min(1, risk.score)) }));
  }
  return collection(features);
}

/** Where the incident may be: its outline, or the ellipse in which it lies with 95 % probability. */
export function extentLayer(incident: Incident | undefined) {
  const place = incident?.place;
  const ring = place ? ringOf(place) : null;
  if (!ring) return NOTHING;
  const geometry: GeoJSON.Polygon = { type: "Polygon", coordinates: [ring] };
  return collection([{ type: "Feature", properties: {}, geometry }]);
}

/** Where the chosen incident's mark and name stand, so that the map's own names keep clear of them. */
export function chosenLayer(incident: Incident | undefined) {
  return incident?.place ? collection([point(incident.place, incident.id, { name: incident.title })]) : NOTHING;
}

function ringOf(place: Place): [number, number][] | null {
  const [first] = place.ring ?? [];
  if (place.ring && first) return [...place.ring, first];
  const { ellipse } = place;
  return ellipse ? ellipseRing(place, ellipse.semi_major_m, ellipse.semi_minor_m, ellipse.bearing_deg ?? 0) : null;
}
