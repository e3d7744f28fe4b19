import { byUrgency, isOpen } from "../logic/priority";
import type { Incident } from "../model";
import { type Ask, type Panel, type Room, shownIn, usePage } from "./page";

/** How the operator moves about. */

const { getState, setState } = usePage;

export function select(id: string | null): void {
  setState({ selected: id, panel: "story", ask: null, deciding: null, ...(id ? { room: "story" as Room } : {}) });
}

/** The incident that is open on the right. */
export function selectedIncident(): Incident | undefined {
  const page = getState();
  return page.selected ? shownIn(page)?.incidents.get(page.selected) : undefined;
}

export function openIncidents(): Incident[] {
  const shown = shownIn(getState());
  return shown ? [...shown.incidents.values()].filter(isOpen).sort(byUrgency) : [];
}

/** `j` and `k`: one further down or up in the order of the list. */
export function step(by: 1 | -1): void {
  const order = openIncidents();
  if (!order.length) return;
  const here = order.findIndex((incident) => incident.id === getState().selected);
  const next = here < 0 ? 0 : Math.min(order.length - 1, Math.max(0, here + by));
  select(order[next]?.id ?? null);
  document.querySelector<HTMLElement>(`[data-incident="${CSS.escape(order[next]?.id ?? "")}"]`)?.focus();
}

export const togglePanel = (panel: Panel) =>
  setState((page) => ({ panel: page.panel === panel ? "story" : panel, room: "story" }));
export const openRoom = (room: Room) => setState({ room });
export const ask = (form: Ask | null) => setState({ ask: form });
export const toggleTheme = () => setState(({ theme }) => ({ theme: theme === "dark" ? "light" : "dark" }));
export const toggleSound = () => setState(({ sound }) => ({ sound: !sound }));
export const toggleTilt = () => setState(({ tilted }) => ({ tilted: !tilted }));
export const search = (query: string) => setState({ query, searching: true });
export const endSearch = () => setState({ query: "", searching: false });
