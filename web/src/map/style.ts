import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "../store/page";
import { NOTHING } from "./overlays";
import { PALETTES, type Palette } from "./palette";

/** The look of the map: one style for each theme, drawn from the city's own geometry. No tiles, no fonts fetched. */

export type Overlay = "sources" | "units" | "assets" | "risks" | "extent" | "chosen";
export type Data = Record<"city" | Overlay, GeoJSON.FeatureCollection>;

const FONT = ["Inter Variable", "system-ui", "sans-serif"];
const is = (layer: string): FilterSpecification => ["==", ["get", "layer"], layer];

/** A width in pixels that doubles with each zoom level, so that it is one width in metres. */
function ground(metres: number, least: number): ["interpolate", ["exponential", number], ["zoom"], ...number[]] {
  const at16 = metres / 1.7;
  return ["interpolate", ["exponential", 2], ["zoom"], 12, Math.max(least, at16 / 16), 16, at16, 20, at16 * 16];
}

function base(p: Palette): LayerSpecification[] {
  const fill = (id: string, color: string): LayerSpecification => ({
    ...{ id, type: "fill", source: "city", filter: is(id), paint: { "fill-color": color } },
  });
  const line = (id: string, layer: string, color: string, metres: number, least: number): LayerSpecification => ({
    ...{ id, type: "line", source: "city", filter: is(layer), layout: { "line-cap": "round", "line-join": "round" } },
    paint: { "line-color": color, "line-width": ground(metres, least) },
  });
  return [
    { id: "ground", type: "background", paint: { "background-color": p.ground } },
    fill("green", p.green),
    fill("square", p.square),
    fill("water", p.water),
    line("road-edge", "road", p.roadEdge, 11, 1.4),
    line("road", "road", p.road, 8.5, 0.8),
    line("rail", "rail", p.rail, 2, 1),
  ];
}

function risk(p: Palette): LayerSpecification[] {
  const radius = (zoom: number): ["*", ["get", "radius"], number] => ["*", ["get", "radius"], 2 ** zoom];
  return [
    {
      ...{ id: "risks", type: "circle", source: "risks" },
      paint: {
        "circle-color": p.risk,
        "circle-blur": 0.9,
        "circle-opacity": ["get", "strength"],
        "circle-pitch-alignment": "map",
        "circle-radius": ["interpolate", ["exponential", 2], ["zoom"], 0, radius(0), 22, radius(22)],
      },
    },
  ];
}

function buildings(p: Palette, tilted: boolean): LayerSpecification[] {
  return [
    {
      ...{ id: "building", type: "fill", source: "city", filter: is("building") },
      layout: { visibility: tilted ? "none" : "visible" },
      paint: { "fill-color": p.building, "fill-outline-color": p.buildingEdge },
    },
    {
      ...{ id: "building-3d", type: "fill-extrusion", source: "city", filter: is("building") },
      layout: { visibility: tilted ? "visible" : "none" },
      paint: {
        "fill-extrusion-color": p.buildingEdge,
        "fill-extrusion-height": ["coalesce", ["get", "height_m"], 8],
        "fill-extrusion-opacity": 0.85,
      },
    },
  ];
}

function marks(p: Palette, theme: Theme): LayerSpecification[] {
  const paint = { "text-color": p.label, "text-halo-color": p.halo, "text-halo-width": 1.4 };
  return [
    {
      ...{ id: "zone", type: "line", source: "city", filter: is("zone") },
      paint: { "line-color": p.zone, "line-width": 1.2, "line-dasharray": [3, 2] },
    },
    { id: "extent-fill", type: "fill", source: "extent", paint: { "fill-color": p.strongLabel, "fill-opacity": 0.07 } },
    {
      ...{ id: "extent", type: "line", source: "extent" },
      paint: { "line-color": p.strongLabel, "line-width": 1.4, "line-dasharray": [2, 2] },
    },
    {
      ...{ id: "sources", type: "symbol", source: "sources" },
      layout: {
        "icon-image": ["concat", `${theme}/`, ["get", "icon"]],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["get", "order"],
        "text-field": ["case", ["get", "speaks"], ["get", "name"], ""],
        "text-font": FONT,
        "text-size": 11,
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 0.9,
        "text-justify": "auto",
        "text-optional": true,
      },
      paint,
    },
    {
      ...{ id: "units", type: "symbol", source: "units" },
      layout: {
        "icon-image": ["concat", `${theme}/`, ["get", "icon"]],
        "icon-rotate": ["get", "heading"],
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": 12,
        "text-anchor": "top",
        "text-offset": [0, 1],
        "text-optional": true,
      },
      paint: { ...paint, "text-color": p.unit },
    },
  ];
}

/** Draws nothing; it only takes the room of what the page itself lays over the map. The topmost layer goes first. */
function room(theme: Theme): LayerSpecification {
  return {
    ...{ id: "chosen", type: "symbol", source: "chosen" },
    layout: {
      "icon-image": `${theme}/asset`,
      "icon-size": 2.4,
      "icon-allow-overlap": true,
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": 14,
      "text-anchor": "left",
      "text-offset": [1.6, 0],
      "text-max-width": 40,
      "text-allow-overlap": true,
    },
    paint: { "icon-opacity": 0, "text-opacity": 0 },
  };
}

function labels(p: Palette, theme: Theme): LayerSpecification[] {
  const name: ExpressionSpecification = ["get", "name"];
  const text = { "text-font": FONT, "text-field": name, "text-max-width": 8 };
  const halo = { "text-halo-color": p.halo, "text-halo-width": 1.5 };
  return [
    {
      ...{ id: "label", type: "symbol", source: "city", filter: is("label") },
      layout: { ...text, "text-size": ["interpolate", ["linear"], ["zoom"], 13, 11, 17, 14] },
      paint: { ...halo, "text-color": p.label },
    },
    {
      ...{ id: "assets", type: "symbol", source: "assets" },
      layout: {
        ...text,
        "icon-image": `${theme}/asset`,
        "icon-optional": true,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13, 12, 17, 15],
        "text-anchor": "bottom",
        "text-offset": [0, -0.6],
      },
      paint: { ...halo, "text-color": p.strongLabel },
    },
  ];
}

export function cityStyle(theme: Theme, tilted: boolean, data: Partial<Data>): StyleSpecification {
  const p = PALETTES[theme];
  const source = (name: keyof Data) => ({ type: "geojson" as const, data: data[name] ?? NOTHING });
  return {
    version: 8,
    sources: {
      city: source("city"),
      risks: source("risks"),
      extent: source("extent"),
      sources: source("sources"),
      units: source("units"),
      assets: source("assets"),
      chosen: source("chosen"),
    },
    layers: [...base(p), ...risk(p), ...buildings(p, tilted), ...labels(p, theme), ...marks(p, theme), room(theme)],
    light: { anchor: "map", intensity: 0.25 },
  };
}
