import { create } from "zustand";
import { api } from "../api/client";
import type { Timeline } from "../api/types";
import type { Frame } from "../logic/timebar";

/** The time bar's data: fetched once per window, then counted on from the live stream. */

export const BINS = 180;

export const useTimeline = create<{ timeline: Timeline | null }>(() => ({ timeline: null }));

let asking: AbortController | null = null;

export async function showSpan({ start, end }: Frame): Promise<void> {
  const known = useTimeline.getState().timeline;
  if (known && known.start === start && known.end === end) return;
  asking?.abort();
  asking = new AbortController();
  try {
    useTimeline.setState({ timeline: await api.timeline(start, end, BINS, asking.signal) });
  } catch {
    // Aborted, or the line is down: the bar keeps what it has, and the next window asks again.
  }
}

/** One more detection, live. */
export function onDetection({ time }: { time: number }): void {
  const { timeline } = useTimeline.getState();
  if (!timeline || time < timeline.start || time >= timeline.end) return;
  const bins = timeline.detections.length;
  const index = Math.floor(((time - timeline.start) / (timeline.end - timeline.start)) * bins);
  const detections = timeline.detections.slice();
  detections[index] = (detections[index] ?? 0) + 1;
  useTimeline.setState({ timeline: { ...timeline, detections } });
}
