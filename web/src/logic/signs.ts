import type { Health } from "../api/devices";

/** The sign of each health in a 16 × 16 box, as strokes and as what is filled: told apart without colour. */
export interface Sign {
  stroke: string;
  fill: string;
}

const RING = "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Z";

const GAPS =
  "M13.2 9.9A5.5 5.5 0 0 1 9.9 13.2M6.1 13.2A5.5 5.5 0 0 1 2.8 9.9M2.8 6.1A5.5 5.5 0 0 1 6.1 2.8M9.9 2.8A5.5 5.5 0 0 1 13.2 6.1";

export const HEALTH_SIGNS: Record<Health, Sign> = {
  ok: { stroke: RING, fill: RING },
  late: { stroke: RING, fill: "M8 2.5a5.5 5.5 0 0 0 0 11Z" },
  silent: { stroke: `${RING}M2.5 13.5l11-11`, fill: "" },
  faulty: { stroke: "M8 1.8 14.6 13.6H1.4ZM8 6.2v3.4M8 11.4v.6", fill: "" },
  maintenance: { stroke: "M2.5 2.5h11v11h-11ZM5 8h6M8 5v6", fill: "" },
  held: { stroke: "M8 1.5 14.5 8 8 14.5 1.5 8ZM6.4 6.6a1.6 1.6 0 1 1 2.2 1.5c-.4.2-.6.5-.6 1M8 11v.3", fill: "" },
  unknown: { stroke: GAPS, fill: "" },
  rejected: { stroke: `${RING}M4.5 8h7`, fill: "" },
};
