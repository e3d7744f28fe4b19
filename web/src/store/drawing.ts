import { create } from "zustand";
import type { Point, Zone } from "../api/cameras";
import { clamp, MOST_POINTS, moved, samePoint } from "../logic/cameras";

/** The zone or line that somebody is drawing, point by point, with the mouse or by key. */

interface Drawing {
  zone: Zone | null;
  /** The point that the arrow keys move. */
  at: number;
  /** Whether it was there before: then its id stays. */
  known: boolean;
}

export const useDrawing = create<Drawing>(() => ({ zone: null, at: 0, known: false }));
const { getState, setState } = useDrawing;

const MIDDLE: Point = [0.5, 0.5];

export function drawNew(camera: string): void {
  const zone = { id: "", source: camera, name: "", outline: [MIDDLE], kind: "zone_intrusion", hours: "" };
  setState({ zone, at: 0, known: false });
}

export const drawAgain = (zone: Zone) => setState({ zone, at: zone.outline.length - 1, known: true });

export function leaveDrawing(): boolean {
  if (!getState().zone) return false;
  setState({ zone: null });
  return true;
}

export const describe = (change: Partial<Zone>) => setState(({ zone }) => ({ zone: zone && { ...zone, ...change } }));

function outline(points: readonly Point[], at: number): void {
  setState(({ zone }) => ({
    zone: zone && { ...zone, outline: points },
    at: Math.min(Math.max(at, 0), points.length - 1),
  }));
}

const points = (): readonly Point[] => getState().zone?.outline ?? [];

/** Add a point after the one that is moved; the first that is set by mouse replaces the one in the middle. */
export function addPoint(point: Point): void {
  const [now, { at }] = [points(), getState()];
  const fresh: Point = [clamp(point[0]), clamp(point[1])];
  if (now.length === 1 && samePoint(now[0], MIDDLE)) outline([fresh], 0);
  else if (now.length < MOST_POINTS) outline([...now.slice(0, at + 1), fresh, ...now.slice(at + 1)], at + 1);
}

export function movePoint(at: number, to: Point): void {
  outline(
    points().map((point, one) => (one === at ? [clamp(to[0]), clamp(to[1])] : point)),
    at,
  );
}

export const choosePoint = (at: number) => {
  const { length } = points();
  setState({ at: (at + length) % Math.max(length, 1) });
};

/** Take a point out; false when it is the last. */
export function takeOut(at: number): boolean {
  const now = points();
  if (now.length <= 1) return false;
  outline(
    now.filter((_, one) => one !== at),
    at - 1,
  );
  return true;
}

const STEP = 0.02;
const FINE = 0.004;
const WAYS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A key on the picture: whether it was one of the drawing's own. */
export function drawingKey(key: string, fine: boolean): boolean {
  const { at } = getState();
  const here = points()[at];
  if (!here) return false;
  const way = WAYS[key];
  const step = fine ? FINE : STEP;
  if (way) movePoint(at, moved(here, way[0] * step, way[1] * step));
  else if (key === "Enter") nextPoint(here);
  else if (key === "Escape") return takeOut(at);
  else if (key === "Delete" || key === "Backspace") takeOut(at);
  else if (key === "[" || key === "]") choosePoint(at + (key === "]" ? 1 : -1));
  else return false;
  return true;
}

/** The next point begins where this one is, and is moved from there. */
function nextPoint(here: Point): void {
  const [now, { at }] = [points(), getState()];
  if (now.length < MOST_POINTS) outline([...now.slice(0, at + 1), here, ...now.slice(at + 1)], at + 1);
}
