import { create } from "zustand";
import type { Device } from "../api/devices";
import type { Session } from "../api/types";
import type { View } from "../logic/address";
import type { Picture } from "../logic/picture";
import { remember, remembered } from "./memory";

/** The one store of the page: what is known (live and then), how the line is, and how the operator looks at it. */

export type Theme = "dark" | "light";
export type Panel = "story" | "sources" | "keys";
/** On a phone one of these fills the screen; on a desk all are there. */
export type Room = "list" | "map" | "story";
export type Ask = "note" | "close" | "hand-over";

export interface Line {
  state: "connecting" | "up" | "down";
  /** When it was lost, and what the city's clock said then (ns). */
  lostAt: number;
}

export interface Page {
  session: Session | null | "unknown";
  loginTrouble: string;
  live: Picture | null;
  /** The picture as it was known at `at`, while the operator looks back. */
  past: Picture | null;
  at: number | null;
  /** The instant just asked for, until its picture is there: the handle is on it, the page is not. */
  seeking: number | null;
  line: Line;
  trouble: string;
  view: View;
  /** The camera, the device, the link or the rule that is open on its page. */
  opened: string | null;
  /** How the devices are doing, while their page is open. */
  devices: ReadonlyMap<string, Device> | null;
  selected: string | null;
  panel: Panel;
  room: Room;
  theme: Theme;
  sound: boolean;
  tilted: boolean;
  span: number;
  searching: boolean;
  query: string;
  /** Which inline form is open on the selected incident. */
  ask: Ask | null;
  /** Which measure's reason is being asked for: its id, and what the reason is for. */
  deciding: { id: string; verdict: "approve" | "reject" } | null;
  /** What the server is being asked right now, by key. */
  pending: ReadonlySet<string>;
  /** Why the last try failed, by key. */
  refusals: ReadonlyMap<string, string>;
  mapReady: boolean;
}

const kept = remembered();

export const usePage = create<Page>(() => ({
  session: "unknown",
  loginTrouble: "",
  live: null,
  past: null,
  at: null,
  seeking: null,
  line: { state: "connecting", lostAt: 0 },
  trouble: "",
  view: "picture",
  opened: null,
  devices: null,
  selected: kept.selected ?? null,
  panel: kept.panel ?? "story",
  room: "list",
  theme: kept.theme ?? preferredTheme(),
  sound: kept.sound ?? true,
  tilted: kept.tilted ?? false,
  span: kept.span ?? 3600e9,
  searching: false,
  query: "",
  ask: null,
  deciding: null,
  pending: new Set(),
  refusals: new Map(),
  mapReady: false,
}));

function preferredTheme(): Theme {
  return window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

usePage.subscribe(({ selected, panel, theme, sound, tilted, span }) => {
  remember({ selected, panel, theme, sound, tilted, span });
});

/** What is to be shown: then while looking back, else live. */
export const shownIn = (page: Page): Picture | null => (page.at === null ? page.live : page.past);
/** Decisions belong to now: none while looking back, or on the way there. */
export const mayDecide = (page: Page): boolean => page.at === null && page.seeking === null;
export const usePicture = <T>(pick: (picture: Picture) => T): T | undefined =>
  usePage((page) => {
    const shown = shownIn(page);
    return shown ? pick(shown) : undefined;
  });
