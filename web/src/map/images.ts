import type { Health } from "../api/devices";
import { needsSomebody } from "../logic/devices";
import { HEALTH_SIGNS } from "../logic/signs";
import type { Palette } from "./palette";

/** The small signs on the map, drawn when the map first asks for them. */

const RATIO = 2;
const SIDES: Record<string, number> = { unit: 32, device: 24 };
type Ink = CanvasRenderingContext2D;

function sensor(ink: Ink, p: Palette, state: string): void {
  ink.beginPath();
  ink.arc(8, 8, state === "talking" ? 4.2 : 2.6, 0, 2 * Math.PI);
  paint(ink, p, state);
}

/** A lens on a body, seen from the side: told from a sensor without colour. */
function camera(ink: Ink, p: Palette, state: string): void {
  const s = state === "talking" ? 1.3 : 1;
  ink.translate(8, 8);
  ink.scale(s, s);
  ink.beginPath();
  ink.rect(-4, -2.4, 5, 4.8);
  ink.moveTo(1.6, 0);
  ink.lineTo(4.4, -2.4);
  ink.lineTo(4.4, 2.4);
  ink.closePath();
  paint(ink, p, state);
}

/** Fresh is filled, late is hollow, silent is hollow and struck through. */
function paint(ink: Ink, p: Palette, state: string): void {
  const late = state === "silent" || state === "stale";
  ink.lineWidth = 2.6;
  ink.strokeStyle = p.halo;
  ink.stroke();
  ink.fillStyle = state === "talking" ? p.talking : late ? p.halo : p.dot;
  ink.fill();
  if (!late) return;
  ink.lineWidth = 1.2;
  ink.strokeStyle = p.late;
  ink.stroke();
  if (state !== "silent") return;
  ink.setTransform(RATIO, 0, 0, RATIO, 0, 0);
  ink.beginPath();
  ink.moveTo(2.5, 13.5);
  ink.lineTo(13.5, 2.5);
  ink.stroke();
}

/** A round body with a nose where it is heading: full while free, ringed while busy, hollow off duty. */
function unit(ink: Ink, p: Palette, state: string, heading: boolean): void {
  ink.lineJoin = "round";
  if (heading) {
    ink.beginPath();
    ink.moveTo(16, 0.5);
    ink.lineTo(22.5, 11);
    ink.lineTo(9.5, 11);
    ink.closePath();
    ink.fillStyle = p.unit;
    ink.strokeStyle = p.halo;
    ink.lineWidth = 2;
    ink.stroke();
    ink.fill();
  }
  ink.beginPath();
  ink.arc(16, 16, 6.5, 0, 2 * Math.PI);
  ink.fillStyle = state === "free" ? p.unit : p.halo;
  ink.strokeStyle = p.halo;
  ink.lineWidth = 4;
  ink.stroke();
  ink.fill();
  ink.strokeStyle = p.unit;
  ink.lineWidth = 2;
  if (state === "off") ink.setLineDash([2, 2]);
  ink.stroke();
  if (state !== "busy") return;
  ink.beginPath();
  ink.arc(16, 16, 2.6, 0, 2 * Math.PI);
  ink.fillStyle = p.unit;
  ink.fill();
}

/** The same sign as in the table of devices; ringed while it is the one that is open. */
function device(ink: Ink, p: Palette, health: Health, open: boolean): void {
  const { stroke, fill } = HEALTH_SIGNS[health];
  const line = needsSomebody(health) ? p.late : p.talking;
  ink.translate(4, 4);
  ink.lineJoin = ink.lineCap = "round";
  ink.beginPath();
  ink.arc(8, 8, open ? 11 : 8.5, 0, 2 * Math.PI);
  ink.fillStyle = p.halo;
  ink.fill();
  if (open) {
    ink.lineWidth = 2;
    ink.strokeStyle = p.talking;
    ink.stroke();
  }
  ink.fillStyle = health === "ok" && !open ? p.dot : line;
  ink.fill(new Path2D(fill));
  ink.lineWidth = 1.6;
  ink.strokeStyle = health === "ok" && !open ? p.dot : line;
  ink.stroke(new Path2D(stroke));
}

function asset(ink: Ink, p: Palette): void {
  ink.beginPath();
  ink.rect(5, 5, 6, 6);
  ink.lineWidth = 1.2;
  ink.strokeStyle = p.asset;
  ink.fillStyle = p.halo;
  ink.fill();
  ink.stroke();
}

/** The sign of that name (`camera-stale`, `unit-free-heading`, `device-late`), or null for a name we do not know. */
export function drawSign(name: string, palette: Palette): ImageData | null {
  const [kind = "", state = "", more = ""] = name.split("-");
  const side = (SIDES[kind] ?? 16) * RATIO;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const ink = canvas.getContext("2d");
  if (!ink) return null;
  ink.scale(RATIO, RATIO);
  if (kind === "sensor") sensor(ink, palette, state);
  else if (kind === "camera") camera(ink, palette, state);
  else if (kind === "unit") unit(ink, palette, state, more === "heading");
  else if (kind === "asset") asset(ink, palette);
  else if (kind === "device" && state in HEALTH_SIGNS) device(ink, palette, state as Health, more === "open");
  else return null;
  return ink.getImageData(0, 0, side, side);
}

export const SIGN_RATIO = RATIO;
