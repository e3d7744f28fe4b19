/** The page's address: which of its four pages is open, and what on it. */

/** The four pages. */
export type View = "picture" | "cameras" | "devices" | "rules";

export const VIEWS: readonly View[] = ["picture", "cameras", "devices", "rules"];

export function routeOf(hash: string): { view: View; opened: string | null } {
  const [name = "", opened = ""] = hash.replace(/^#\/?/, "").split("/");
  const view = VIEWS.find((one) => one === name) ?? "picture";
  return { view, opened: view !== "picture" && opened ? decode(opened) : null };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function addressOf(view: View, opened: string | null = null): string {
  return opened === null ? `#/${view}` : `#/${view}/${encodeURIComponent(opened)}`;
}
