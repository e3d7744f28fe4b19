import type { Priority } from "./priority";

/** The outline of each priority's mark in a 24 × 24 box: the shape says it, the colour only helps. */
export const SHAPES: Record<Priority, string> = {
  1: "M12 1.8 23.2 21.6a.6.6 0 0 1-.5.9H1.3a.6.6 0 0 1-.5-.9Z",
  2: "M12 .9 23.1 12 12 23.1.9 12Z",
  3: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Z",
  4: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z",
};

/** Where the number sits: the middle of a triangle is lower than that of its box. */
export const NUMBER_Y: Record<Priority, number> = { 1: 18.6, 2: 16.2, 3: 16.2, 4: 16.2 };
