/** A small made-up city around a river bend, as GeoJSON, for working on the page without a server. */

export const CENTRE = { lat: 43.2627, lon: -2.9345 };

let seed = 7;
export function chance(): number {
  seed = (seed * 1664525 + 1013904223) % 2 ** 32;
  return seed / 2 ** 32;
}

const M = 111_320;
export function at(east: number, north: number): [number, number] {
  return [CENTRE.lon + east / (M * Math.cos((CENTRE.lat * Math.PI) / 180)), CENTRE.lat + north / M];
}

export const place = (east: number, north: number, name = "") => {
  const [lon, lat] = at(east, north);
  return { lat, lon, name };
};

type Ring = [number, number][];
const polygon = (layer: string, ring: Ring, more: object = {}): GeoJSON.Feature => ({
  type: "Feature",
  properties: { layer, ...more },
  geometry: { type: "Polygon", coordinates: [[...ring, ring[0] as [number, number]].map(([e, n]) => at(e, n))] },
});
const line = (layer: string, path: Ring, more: object = {}): GeoJSON.Feature => ({
  type: "Feature",
  properties: { layer, ...more },
  geometry: { type: "LineString", coordinates: path.map(([e, n]) => at(e, n)) },
});
const label = (name: string, east: number, north: number): GeoJSON.Feature => ({
  type: "Feature",
  properties: { layer: "label", name },
  geometry: { type: "Point", coordinates: at(east, north) },
});
const box = (e: number, n: number, w: number, h: number): Ring => [
  [e, n],
  [e + w, n],
  [e + w, n + h],
  [e, n + h],
];

const STREET = 92;
const riverNorth = (east: number) => 330 + 120 * Math.sin(east / 420);

function blocks(): GeoJSON.Feature[] {
  const features: GeoJSON.Feature[] = [];
  for (let e = -900; e < 900; e += STREET) {
    for (let n = -620; n < 640; n += STREET) {
      const inSquare = e > -140 && e < 50 && n > -130 && n < 60;
      const inStadium = e > 420 && e < 700 && n > -420 && n < -140;
      const inPark = e < -480 && n > -300 && n < 20;
      if (inSquare || inStadium || inPark || Math.abs(n + 40 - riverNorth(e)) < 110) continue;
      for (const [de, dn] of [
        [8, 8],
        [46, 8],
        [8, 46],
        [46, 46],
      ] as const) {
        if (chance() < 0.08) continue;
        const [w, h] = [28 + chance() * 7, 28 + chance() * 7];
        features.push(polygon("building", box(e + de, n + dn, w, h), { height_m: Math.round(8 + chance() * 22) }));
      }
    }
  }
  return features;
}

function streets(): GeoJSON.Feature[] {
  const features: GeoJSON.Feature[] = [];
  for (let e = -900; e <= 930; e += STREET)
    features.push(
      line("road", [
        [e, -640],
        [e, 660],
      ]),
    );
  for (let n = -620; n <= 660; n += STREET)
    features.push(
      line("road", [
        [-920, n],
        [940, n],
      ]),
    );
  return features;
}

function river(): GeoJSON.Feature {
  const east = Array.from({ length: 49 }, (_, i) => -1000 + i * 42);
  const upper: Ring = east.map((e) => [e, riverNorth(e) + 38]);
  const lower: Ring = east.map((e): [number, number] => [e, riverNorth(e) - 38]).reverse();
  return polygon("water", [...upper, ...lower], { name: "Ibaia" });
}

function stadium(): Ring {
  return Array.from({ length: 40 }, (_, i) => {
    const a = (2 * Math.PI * i) / 40;
    return [560 + 105 * Math.cos(a), -270 + 82 * Math.sin(a)] as [number, number];
  });
}

export function cityMap(): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: [
      ...streets(),
      polygon("green", box(-660, -290, 250, 290), { name: "Park" }),
      polygon("square", box(-132, -122, 176, 176), { name: "Plaza Nueva" }),
      polygon("green", box(420, -420, 280, 290)),
      river(),
      line("rail", [
        [-920, -560],
        [-300, -520],
        [300, -470],
        [940, -480],
      ]),
      polygon("building", stadium(), { height_m: 31, name: "Stadium" }),
      polygon("building", box(-330, -560, 150, 46), { height_m: 14, name: "Station" }),
      ...blocks(),
      polygon("zone", box(440, -400, 60, 40), { name: "Stadium N2" }),
      polygon("zone", box(-90, -80, 60, 60), { name: "Stage" }),
      label("Park", -535, -150),
      label("Ibaia", -600, riverNorth(-600)),
    ],
  };
}
