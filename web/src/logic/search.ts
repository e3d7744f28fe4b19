import type { Picture } from "./picture";
import { byUrgency } from "./priority";

/** Search everything that has a name. */

export interface Hit {
  what: "incident" | "source" | "asset" | "site" | "unit";
  id: string;
  title: string;
  detail: string;
  place: { lat: number; lon: number } | null;
}

/** Lower case without accents: an operator types "San Mames" for "San Mamés". */
export const plain = (words: string) =>
  words
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase();

function* everything(picture: Picture): Generator<Hit> {
  for (const i of [...picture.incidents.values()].sort(byUrgency)) {
    const place = i.place ?? null;
    yield { what: "incident", id: i.id, title: i.title, detail: place?.name ?? "", place };
  }
  for (const s of picture.sites) yield { what: "site", id: s.id, title: s.name, detail: "", place: s.place };
  for (const a of picture.assets.values())
    yield { what: "asset", id: a.id, title: a.name, detail: a.site, place: a.place };
  for (const u of picture.units.values())
    yield { what: "unit", id: u.id, title: u.name, detail: u.role, place: u.place };
  for (const s of picture.sources.values())
    yield { what: "source", id: s.id, title: s.name || s.id, detail: s.id, place: s.place };
}

/** Everything in which each word of the query occurs, at most `most`, incidents first. */
export function searchIn(picture: Picture, query: string, most: number): Hit[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const hits: Hit[] = [];
  for (const hit of everything(picture)) {
    const hay = plain(`${hit.title} ${hit.detail} ${hit.id}`);
    if (words.every((word) => hay.includes(word)) && hits.push(hit) >= most) break;
  }
  return hits;
}
