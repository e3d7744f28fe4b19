import { aboutIncident, proposed } from "../logic/about";
import { isUndoable } from "../logic/commands";
import { approve, onIncident, undo } from "../store/actions";
import { mayDecide, shownIn, usePage } from "../store/page";
import { goTo } from "../store/route";
import { backToLive } from "../store/travel";
import {
  ask,
  endSearch,
  search,
  selectedIncident,
  step,
  togglePanel,
  toggleSound,
  toggleTheme,
  toggleTilt,
} from "../store/view";
import { ownKeys } from "./own";

/** One key, one thing. Keys are silent while somebody types. */

const { getState, setState } = usePage;
const deciding = () => mayDecide(getState()) && getState().session !== null;

function about() {
  const [page, incident] = [getState(), selectedIncident()];
  const shown = shownIn(page);
  return incident && shown ? aboutIncident(shown, incident.id) : undefined;
}

function doMeasure(number: number): void {
  const measure = deciding() ? proposed(about()?.measures ?? [])[number - 1] : undefined;
  if (measure) void approve(measure);
}

function acknowledge(): void {
  const incident = selectedIncident();
  if (deciding() && incident?.state === "open") void onIncident(incident, "acknowledge");
}

function undoLast(): void {
  const [own, shown] = [about(), shownIn(getState())];
  const command = own?.commands.find((c) => isUndoable(c, shown?.recommendations.get(c.recommendation), own.commands));
  if (deciding() && command) void undo(command);
}

function askFor(form: "note" | "close" | "hand-over"): void {
  const incident = selectedIncident();
  if (deciding() && incident && incident.state !== "closed") ask(form);
}

function focusTime(): void {
  document.querySelector<HTMLElement>("[data-time-handle]")?.focus();
}

/** Out of the field that has the cursor, so that keys work again. */
function leaveField(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** Leave the innermost thing first. */
function leave(): void {
  const page = getState();
  if (page.ask || page.deciding) setState({ ask: null, deciding: null });
  else if (page.searching) endSearch();
  else if (page.panel !== "story") setState({ panel: "story" });
  else if (page.view !== "picture") ownKeys.leave() || leaveField();
  else if (page.at !== null) backToLive();
}

function focusFilter(): void {
  document.querySelector<HTMLElement>("[data-filter]")?.focus();
}

/** On every page. */
const COMMON: Record<string, () => void> = {
  p: () => goTo("picture"),
  w: () => goTo("cameras"),
  e: () => goTo("devices"),
  r: () => goTo("rules"),
  s: () => togglePanel("sources"),
  m: toggleSound,
  d: toggleTheme,
  "?": () => togglePanel("keys"),
};

const PICTURE: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  a: acknowledge,
  h: () => askFor("hand-over"),
  n: () => askFor("note"),
  c: () => askFor("close"),
  u: undoLast,
  t: focusTime,
  l: backToLive,
  v: toggleTilt,
  "/": () => search(""),
  Enter: () => doMeasure(1),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), () => doMeasure(n)])),
};

/** The pages of cameras, devices and rules: `j` and `k` go through their own lists. */
const EDGE: Record<string, () => void> = {
  j: () => ownKeys.step(1),
  k: () => ownKeys.step(-1),
  v: toggleTilt,
  "/": focusFilter,
};

function isTyping(target: Element): boolean {
  return target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

/** Enter on a button presses it, except on the list's row that is already selected: there it is "do the first". */
function isPressing(event: KeyboardEvent, target: Element): boolean {
  if (event.key !== "Enter") return false;
  const row = target.closest<HTMLElement>("[data-incident]");
  if (row) return row.dataset.incident !== getState().selected;
  return target.matches("button, a, summary, [role=slider]");
}

function onKey(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") leave();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(target)) return;
  if (isPressing(event, target)) return;
  const own = getState().view === "picture" ? PICTURE : EDGE;
  const act = own[event.key] ?? COMMON[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

export function listenToKeys(): () => void {
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
