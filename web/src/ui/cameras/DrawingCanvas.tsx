import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from "react";
import type { Camera, Point } from "../../api/cameras";
import { LINES, wayIn } from "../../logic/cameras";
import { addPoint, choosePoint, drawingKey, movePoint, useDrawing } from "../../store/drawing";
import { cameras as t } from "../../text/cameras";
import { Outline, pathOf } from "./PictureOverlay";

const NEAR_PX = 18;

/** Over the picture: the outline that is being drawn, with the mouse, a finger, or by key alone. */
export function DrawingCanvas({ camera }: { camera: Camera }) {
  const { zone, at } = useDrawing();
  const box = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const how = useId();
  useEffect(() => box.current?.focus(), []);
  if (!zone) return null;
  const { outline } = zone;
  const there = (event: PointerEvent): Point => {
    const { left, top, width, height } = (box.current as HTMLDivElement).getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };
  const begin = (event: PointerEvent) => {
    const near = nearest(outline, there(event), box.current as HTMLDivElement);
    if (near >= 0) choosePoint(near);
    else addPoint(there(event));
    setDragged(near >= 0 ? near : useDrawing.getState().at);
    box.current?.setPointerCapture(event.pointerId);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !drawingKey(event.key, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const [x, y] = (outline[at] ?? [0, 0]).map((share) => Math.round(share * 100));
  return (
    <>
      <div
        ref={box}
        className="drawing"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is drawn in by key
        tabIndex={0}
        aria-label={t.canvas}
        aria-describedby={how}
        onPointerDown={begin}
        onPointerMove={(event) => dragged !== null && movePoint(dragged, there(event))}
        onPointerUp={() => setDragged(null)}
        onPointerCancel={() => setDragged(null)}
        onKeyDown={press}
        data-points={outline.length}
      >
        <Shapes camera={camera} />
      </div>
      <p id={how} className="unseen-label">
        {t.canvasHow}
      </p>
      <p className="unseen-label" role="status">
        {t.point(at + 1, outline.length, x ?? 0, y ?? 0)}
      </p>
    </>
  );
}

function nearest(points: readonly Point[], [x, y]: Point, box: HTMLElement): number {
  const away = points.map(([px, py]) => Math.hypot((px - x) * box.clientWidth, (py - y) * box.clientHeight));
  const least = Math.min(...away);
  return least <= NEAR_PX ? away.indexOf(least) : -1;
}

function Shapes({ camera }: { camera: Camera }) {
  const { zone, at } = useDrawing();
  if (!zone) return null;
  const line = LINES.has(zone.kind);
  const arrow = line ? wayIn(zone.outline, 1) : null;
  const d = pathOf(zone.outline, 1, !line) + (arrow ? `M${arrow[0].join(" ")}L${arrow[1].join(" ")}` : "");
  return (
    <>
      <svg className="overlay" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {camera.zones.map((other) => other.id !== zone.id && <Outline key={other.id} zone={other} aspect={1} />)}
        <g className="drawn">
          <path className="under" d={d} />
          <path d={d} />
        </g>
      </svg>
      {zone.outline.map(([x, y], one) => (
        <span
          key={one}
          className="drawn-point"
          data-chosen={one === at || undefined}
          style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
          aria-hidden="true"
        >
          {one + 1}
        </span>
      ))}
    </>
  );
}
