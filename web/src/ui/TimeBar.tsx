import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from "react";
import { clock, MINUTE, SECOND } from "../logic/time";
import { type Frame, frameOf, instantAt, shareOf } from "../logic/timebar";
import { useTickingLive } from "../store/clock";
import { usePage } from "../store/page";
import { showSpan } from "../store/timeline";
import { backToLive, travelBy, travelTo } from "../store/travel";
import { text } from "../text";
import { Histogram } from "./Histogram";
import { TimeSpans } from "./TimeSpans";
import { TimeTicks } from "./TimeTicks";

/** Bottom: what was when. Drag or step to any instant, and the whole page shows what was known then. */
export function TimeBar() {
  const span = usePage((page) => page.span);
  const end = useTickingLive((now) => frameOf(now, span).end);
  const frame: Frame = { start: end - span, end };
  useEffect(() => void showSpan({ start: end - span, end }), [span, end]);
  return (
    <section className="time" aria-label={text().timeTitle}>
      <SpanChoice />
      <Track frame={frame} />
    </section>
  );
}

function SpanChoice() {
  const span = usePage((page) => page.span);
  return (
    <div className="spans">
      {Object.entries(text().spans).map(([seconds, name]) => (
        <button
          key={seconds}
          type="button"
          aria-pressed={span === Number(seconds) * SECOND}
          onClick={() => usePage.setState({ span: Number(seconds) * SECOND })}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function Track({ frame }: { frame: Frame }) {
  const track = useRef<HTMLDivElement>(null);
  const now = useTickingLive((instant) => Math.round(shareOf(frame, instant) * 10000) / 100);
  const go = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (box) travelTo(instantAt(frame, (event.clientX - box.left) / box.width));
  };
  return (
    <div
      ref={track}
      className="track"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && go(event)}
    >
      <Histogram until={now} />
      <TimeSpans frame={frame} />
      <TimeTicks frame={frame} />
      <div className="not-yet" style={{ left: `${now}%` }} />
      <div className="now-line" style={{ left: `${now}%` }}>
        <span>{text().now}</span>
      </div>
      <Handle frame={frame} now={now} />
    </div>
  );
}

const STEP = 10 * SECOND;

/** Steps by key, in units of the small step. */
const MOVES = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
  ["PageDown", -60],
  ["PageUp", 60],
]);

function onHandleKey(event: KeyboardEvent): void {
  const steps = MOVES.get(event.key);
  if (steps === undefined && event.key !== "End") return;
  event.preventDefault();
  event.stopPropagation();
  if (steps === undefined) backToLive();
  else travelBy(steps * (event.shiftKey ? MINUTE : STEP));
}

function Handle({ frame, now }: { frame: Frame; now: number }) {
  const at = usePage((page) => page.seeking ?? page.at);
  const t = text();
  const left = at === null ? now : shareOf(frame, at) * 100;
  return (
    <div
      className={`handle ${at === null ? "" : "back"}`}
      style={{ left: `${left}%` }}
      role="slider"
      tabIndex={0}
      data-time-handle
      aria-label={t.timeSlider}
      aria-valuemin={0}
      aria-valuemax={now}
      aria-valuenow={left}
      aria-valuetext={at === null ? t.live : `${t.past} ${clock(at)}`}
      onKeyDown={onHandleKey}
    >
      {at !== null && <span>{clock(at)}</span>}
    </div>
  );
}
