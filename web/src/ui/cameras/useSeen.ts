import { useMemo, useState } from "react";

const SETTLE_MS = 400;

/** Watch a tile until the returned function is called. */
export type Watch = (tile: Element | null) => (() => void) | undefined;

/** The ids of the tiles that are in view, once the scrolling has come to rest. */
export function useSeen(): [ReadonlySet<string>, Watch] {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const watch = useMemo(() => {
    const now = new Set<string>();
    let timer = 0;
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const id = (target as HTMLElement).dataset.camera ?? "";
          if (isIntersecting) now.add(id);
          else now.delete(id);
        }
        window.clearTimeout(timer);
        timer = window.setTimeout(() => setSeen(new Set(now)), SETTLE_MS);
      },
      { rootMargin: "80px" },
    );
    return (tile: Element | null) => {
      if (!tile) return undefined;
      observer.observe(tile);
      return () => {
        observer.unobserve(tile);
        now.delete((tile as HTMLElement).dataset.camera ?? "");
      };
    };
  }, []);
  return [seen, watch];
}
