import { memo } from "react";
import { heightsOf } from "../logic/timebar";
import { useTimeline } from "../store/timeline";
import { text } from "../text";

/** How many detections there were, over the window. */
export const Histogram = memo(function Histogram({ until }: { until: number }) {
  const counts = useTimeline(({ timeline }) => timeline?.detections);
  if (!counts) return null;
  const shown = counts.slice(0, Math.ceil((until / 100) * counts.length));
  const bars = heightsOf(shown)
    .map((height, i) => (height ? `M${i + 0.1} 40V${40 - height * 38}h.8V40Z` : ""))
    .join("");
  return (
    <svg
      className="histogram"
      viewBox={`0 0 ${counts.length} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={text().detections}
    >
      <path d={bars} />
    </svg>
  );
});
