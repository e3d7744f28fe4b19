import { useSyncExternalStore } from "react";
import { usePage } from "./page";

/** The city's clock: the server's time, carried on by the browser's own between its messages. */

let server = Date.now() * 1e6;
let heard = performance.now();
let speed = 1;

export function setClock(now: number, rate: number): void {
  server = now;
  heard = performance.now();
  speed = rate;
}

/** The city's time now, ns UTC, whatever the operator is looking at. */
export const liveNow = () => server + (performance.now() - heard) * 1e6 * speed;
export const clockSpeed = () => speed;

/** The instant that the page shows: now, or then. */
export const shownNow = () => usePage.getState().at ?? liveNow();

const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};
window.setInterval(tell, 500);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const stop = usePage.subscribe((page, before) => page.at !== before.at && listener());
  return () => {
    listeners.delete(listener);
    stop();
  };
}

/** Something that depends on the shown instant; redraws only when what it gives (a string, a number) changes. */
export function useTicking<T extends string | number | boolean>(of: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => of(shownNow()));
}

/** The same for the real instant: the top bar's clock and the time bar's "now" go on while looking back. */
export function useTickingLive<T extends string | number | boolean>(of: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => of(liveNow()));
}
