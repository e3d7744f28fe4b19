import type { LookHead, Mark, Point, Zone } from "../../api/cameras";
import { LINES, wayIn } from "../../logic/cameras";
import type { Overlays } from "../../store/cameras";

interface Props {
  look: LookHead;
  zones: readonly Zone[];
  overlays: Overlays;
  aspect: number;
}

/** People, alarms, zones and the ground, over a picture. Every line is dark and light, so that it stands out anywhere. */
export function PictureOverlay({ look, zones, overlays, aspect }: Props) {
  const { marks } = look;
  return (
    <>
      <svg className="overlay" viewBox={`0 0 ${aspect} 1`} preserveAspectRatio="none" aria-hidden="true">
        {overlays.grid && <Ground look={look} aspect={aspect} />}
        {overlays.zones && zones.map((zone) => <Outline key={zone.id} zone={zone} aspect={aspect} />)}
        {overlays.people && marks.map((mark) => !mark.alarm && <Box key={mark.key} mark={mark} aspect={aspect} />)}
        {overlays.alarms && marks.map((mark) => mark.alarm && <Box key={mark.key} mark={mark} aspect={aspect} />)}
      </svg>
      {overlays.zones && zones.map((zone) => <ZoneName key={zone.id} zone={zone} />)}
      {overlays.alarms && marks.map((mark) => mark.alarm && <AlarmName key={mark.key} mark={mark} />)}
    </>
  );
}

function Ground({ look, aspect }: { look: LookHead; aspect: number }) {
  const d = look.grid.map(([x1, y1, x2, y2]) => `M${x1 * aspect} ${y1}L${x2 * aspect} ${y2}`).join("");
  return <path className="overlay-grid" d={d} />;
}

export const pathOf = (points: readonly Point[], aspect: number, closed: boolean) =>
  points.map(([x, y], at) => `${at ? "L" : "M"}${x * aspect} ${y}`).join("") + (closed ? "Z" : "");

export function Outline({ zone, aspect }: { zone: Zone; aspect: number }) {
  const line = LINES.has(zone.kind);
  const arrow = line ? wayIn(zone.outline, aspect) : null;
  const d = pathOf(zone.outline, aspect, !line) + (arrow ? head(arrow, aspect) : "");
  return (
    <g className={line ? "overlay-line" : "overlay-zone"}>
      <path className="under" d={d} />
      <path d={d} />
    </g>
  );
}

function head([from, to]: [Point, Point], aspect: number): string {
  const [x, y, dx, dy] = [to[0] * aspect, to[1], (to[0] - from[0]) * aspect, to[1] - from[1]];
  const wings = [1, -1].map(
    (side) => `M${x} ${y}L${x - dx * 0.35 + dy * 0.3 * side} ${y - dy * 0.35 - dx * 0.3 * side}`,
  );
  return `M${from[0] * aspect} ${from[1]}L${x} ${y}${wings.join("")}`;
}

function Box({ mark, aspect }: { mark: Mark; aspect: number }) {
  const [x, y, w, h] = mark.box;
  const box = { x: x * aspect, y, width: w * aspect, height: h };
  return (
    <g className={mark.alarm ? "overlay-alarm" : "overlay-person"}>
      <rect className="under" {...box} />
      <rect {...box} />
    </g>
  );
}

const percent = (share: number) => `${Math.min(98, Math.max(0, share * 100))}%`;

function ZoneName({ zone }: { zone: Zone }) {
  const top = zone.outline.reduce((best, point) => (point[1] < best[1] ? point : best), zone.outline[0] ?? [0, 0]);
  return (
    <span className="overlay-name" style={{ left: percent(top[0]), top: percent(top[1]) }}>
      {zone.name || zone.id}
    </span>
  );
}

function AlarmName({ mark }: { mark: Mark }) {
  const [x, y, w, h] = mark.box;
  const side = x + w / 2 > 0.6 ? { right: percent(1 - x - w) } : { left: percent(x) };
  const place = y > 0.08 ? { bottom: percent(1 - y) } : { top: percent(Math.min(y + h, 0.9)) };
  return (
    <span className="overlay-name alarm" style={{ ...side, ...(h > 0.9 ? { top: "0" } : place) }}>
      ▲ {mark.text}
    </span>
  );
}
