import type { Page } from "./page";

/** The page after a shift change as you left it: a few choices kept in the browser, never facts. */

export type Kept = Pick<Page, "selected" | "panel" | "theme" | "sound" | "tilted" | "span">;

const KEY = "s4.page";

export function remembered(): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Kept>;
  } catch {
    return {};
  }
}

let last = "";

export function remember(kept: Kept): void {
  const text = JSON.stringify(kept);
  if (text === last) return;
  last = text;
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // Storage may be full or forbidden: the page works without.
  }
}
