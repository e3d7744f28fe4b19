import type { Place } from "../model";

/** Shapes on the ground, in degrees. Good to a few metres within a city, which is all that a picture needs. */

const M_PER_DEG = 111_320;
type Position = [lon: number, lat: number];

/** The point `east` and `north` metres away. */
export function moved({ lat, lon }: Pick<Place, "lat" | "lon">, east: number, north: number): Position {
  return [lon + east / (M_PER_DEG * Math.cos((lat * Math.PI) / 180)), lat + north / M_PER_DEG];
}

const CORNERS = 48;

/** An ellipse as a closed ring; `bearing` of the major axis in degrees clockwise from north. */
export function ellipseRing(place: Place, major: number, minor: number, bearing: number): Position[] {
  const turn = (bearing * Math.PI) / 180;
  return Array.from({ length: CORNERS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    const [along, across] = [major * Math.cos(angle), minor * Math.sin(angle)];
    return moved(
      place,
      along * Math.sin(turn) + across * Math.cos(turn),
      along * Math.cos(turn) - across * Math.sin(turn),
    );
  });
}

export type Box = [west: number, south: number, east: number, north: number];

function* positions(coordinates: unknown): Generator<Position> {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === "number") yield coordinates as Position;
  else for (const part of coordinates) yield* positions(part);
}

/** The box around everything drawn. */
export function boxOf(features: GeoJSON.FeatureCollection): Box | null {
  let box: Box | null = null;
  for (const { geometry } of features.features) {
    if (!geometry || geometry.type === "GeometryCollection") continue;
    for (const [lon, lat] of positions(geometry.coordinates)) {
      box = box
        ? [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)]
        : [lon, lat, lon, lat];
    }
  }
  return box;
}

/** Metres to pixels at zoom 0 on the equator-scaled Mercator map of MapLibre (512 px tiles), at a latitude. */
export function pixelsPerMetreAtZoom0(lat: number): number {
  return 512 / (40_075_016.686 * Math.cos((lat * Math.PI) / 180));
}
