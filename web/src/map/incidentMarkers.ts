import { type Map as LibreMap, Marker } from "maplibre-gl";
import { byUrgency, isOpen, isUnseen, type Priority, priorityOf } from "../logic/priority";
import { NUMBER_Y, SHAPES } from "../logic/shapes";
import type { Incident } from "../model";
import { text } from "../text";
import { moved } from "./geometry";

/** Incidents on the map as buttons: a shape with its number, larger the sooner somebody has to act. */

const SVG = "http://www.w3.org/2000/svg";
/** More would hide the map; the list has all of them. */
const MOST = 250;
/** Incidents at one place stand in a ring of this radius around it. */
const RING_M = 14;
const NAME_TURNS = 0.62;

interface Shown {
  marker: Marker;
  button: HTMLButtonElement;
  key: string;
}

export class IncidentMarkers {
  private readonly shown = new Map<string, Shown>();
  private readonly map: LibreMap;
  /** Of the map, px; asked for only when it changes, since asking makes the browser lay out the page. */
  private width = 0;
  private selected: string | null = null;
  private readonly pick: (id: string) => void;

  constructor(map: LibreMap, pick: (id: string) => void) {
    this.map = map;
    this.pick = pick;
    map.on("moveend", () => this.turnName(this.selected));
    map.on("resize", () => {
      this.width = map.getContainer().clientWidth;
    });
    this.width = map.getContainer().clientWidth;
  }

  /** A name near the right edge stands left of its mark, so that it can be read. */
  private turnName(id: string | null): void {
    const shown = id === null ? undefined : this.shown.get(id);
    if (!shown) return;
    const { x } = this.map.project(shown.marker.getLngLat());
    shown.button.classList.toggle("name-left", x > this.width * NAME_TURNS);
  }

  update(incidents: Iterable<Incident>, selected: string | null): void {
    const wanted = [...incidents].filter((i) => i.place && (isOpen(i) || i.id === selected));
    const drawn = wanted.sort(byUrgency).slice(0, MOST);
    const left = new Set(this.shown.keys());
    const taken = new Map<string, number>();
    for (const incident of drawn) {
      this.put(incident, selected, taken);
      left.delete(incident.id);
    }
    for (const id of left) this.remove(id);
    this.selected = selected;
    this.turnName(selected);
  }

  private put(incident: Incident, selected: string | null, taken: Map<string, number>): void {
    const spot = spread(incident, taken);
    const key = `${incident.revision}:${incident.id === selected}:${spot}`;
    const shown = this.shown.get(incident.id) ?? this.create(incident, spot);
    if (shown.key === key) return;
    shown.key = key;
    shown.marker.setLngLat(spot);
    draw(shown.button, incident, incident.id === selected);
  }

  private create(incident: Incident, spot: [number, number]): Shown {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.pick(incident.id);
    });
    button.addEventListener("pointerenter", () => this.turnName(incident.id));
    const marker = new Marker({ element: button });
    const shown = { marker, button, key: "" };
    marker.setLngLat(spot).addTo(this.map);
    this.shown.set(incident.id, shown);
    return shown;
  }

  private remove(id: string): void {
    this.shown.get(id)?.marker.remove();
    this.shown.delete(id);
  }
}

function spread({ place }: Incident, taken: Map<string, number>): [number, number] {
  if (!place) return [0, 0];
  const spot = `${place.lat.toFixed(5)},${place.lon.toFixed(5)}`;
  const nth = taken.get(spot) ?? 0;
  taken.set(spot, nth + 1);
  if (!nth) return [place.lon, place.lat];
  const [angle, ring] = [(nth * Math.PI) / 3, RING_M * (1 + Math.floor((nth - 1) / 6))];
  return moved(place, ring * Math.sin(angle), ring * Math.cos(angle));
}

function draw(button: HTMLButtonElement, incident: Incident, selected: boolean): void {
  const priority = priorityOf(incident);
  button.dataset.priority = String(priority);
  button.dataset.marker = incident.id;
  button.classList.add("mark");
  button.classList.toggle("selected", selected);
  button.classList.toggle("unseen", isUnseen(incident));
  button.classList.toggle("closed", !isOpen(incident));
  button.style.zIndex = String(selected ? 9 : 5 - priority);
  button.setAttribute("aria-label", `${text().priorityLabel(priority)} ${incident.title}`);
  button.setAttribute("aria-pressed", String(selected));
  button.title = incident.title;
  button.replaceChildren(sign(priority), " ", name(incident.title));
}

function name(title: string): HTMLElement {
  const label = document.createElement("span");
  label.className = "mark-name";
  label.textContent = title;
  return label;
}

function sign(priority: Priority): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-1 -1 26 26");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[priority]);
  const number = document.createElementNS(SVG, "text");
  number.setAttribute("x", "12");
  number.setAttribute("y", String(NUMBER_Y[priority]));
  number.textContent = String(priority);
  svg.append(path, number);
  return svg;
}
