import { addressOf, routeOf, type View } from "../logic/address";
import { usePage } from "./page";
import { backToLive } from "./travel";

/** Which page of the four is open, and what on it: kept in the address, so that it can be linked and gone back to. */

export function goTo(view: View, opened: string | null = null): void {
  window.location.hash = addressOf(view, opened);
  follow();
}

/** Cameras, devices and rules are shown as they are now: whoever opens them comes back from the past. */
function follow(): void {
  const route = routeOf(window.location.hash);
  const before = usePage.getState();
  if (route.view === before.view && route.opened === before.opened) return;
  if (route.view !== "picture") backToLive();
  const room = route.opened !== null ? "story" : "list";
  const turned = route.view === before.view ? {} : { panel: "story" as const, ask: null, deciding: null };
  usePage.setState({ ...route, ...turned, room });
}

export function listenToAddress(): void {
  window.addEventListener("hashchange", follow);
  follow();
}
