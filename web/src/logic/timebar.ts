/** Where things lie on the time bar. */

export interface Frame {
  start: number;
  end: number;
}

/**
 * The window that holds `now` with some room to the right. Its edges lie on a grid of an eighth of the span, so
 * it stands still for a while and then moves on by one step, instead of sliding all the time.
 */
export function frameOf(now: number, span: number): Frame {
  const step = span / 8;
  const end = (Math.floor(now / step + 0.5) + 1) * step;
  return { start: end - span, end };
}

/** Position 0–1 of an instant in the frame, held at its edges. */
export function shareOf({ start, end }: Frame, instant: number): number {
  return Math.min(1, Math.max(0, (instant - start) / (end - start)));
}

export function instantAt({ start, end }: Frame, share: number): number {
  return start + Math.min(1, Math.max(0, share)) * (end - start);
}

const STEPS_S = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600];

/** Round instants to write under the bar, at most `most` of them. */
export function ticksOf({ start, end }: Frame, most: number): number[] {
  const step = (STEPS_S.find((s) => (end - start) / (s * 1e9) <= most) ?? 86400) * 1e9;
  const ticks: number[] = [];
  for (let t = Math.ceil(start / step) * step; t < end; t += step) ticks.push(t);
  return ticks;
}

/** Bars 0–1 high; the square root keeps a single detection visible beside a burst. */
export function heightsOf(counts: readonly number[]): number[] {
  const most = Math.max(1, ...counts);
  return counts.map((count) => Math.sqrt(count / most));
}

export interface Lane {
  id: string;
  from: number;
  to: number;
  row: number;
}

/** Put spans into the first row in which they do not overlap; those beyond `rows` share the last one. */
export function lanesOf(spans: readonly { id: string; from: number; to: number }[], rows: number, gap: number): Lane[] {
  const free: number[] = new Array(rows).fill(Number.NEGATIVE_INFINITY);
  return [...spans]
    .sort((a, b) => a.from - b.from)
    .map((span) => {
      const found = free.findIndex((until) => until <= span.from);
      const row = found < 0 ? rows - 1 : found;
      free[row] = Math.max(free[row] ?? 0, span.to + gap);
      return { ...span, row };
    });
}
