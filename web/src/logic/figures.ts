import type { Incident, Risk } from "../model";

/** Numbers as an operator reads them, always with their unit or band. */

export const percent = (p: number) => `${Math.round(p * 100)}%`;

/** 82% (70–90): never a probability without its band. */
export function withBand({ probability, low, high }: Pick<Incident | Risk, "probability" | "low" | "high">): string {
  return `${percent(probability)} (${Math.round(low * 100)}–${Math.round(high * 100)})`;
}

/** 40 m, 1.2 km */
export function metres(m: number): string {
  return m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(1)} km`;
}

/** About 320: expected people, rounded so that it does not pretend to be a count. */
export function people(n: number): string {
  if (n < 10) return String(Math.round(n));
  if (n < 100) return String(Math.round(n / 5) * 5);
  return String(Math.round(n / 10) * 10);
}
