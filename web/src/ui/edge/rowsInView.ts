import { type RefObject, useEffect, useState } from "react";
import { type Part, partOf } from "../../logic/devices";

/** A table this short is drawn whole. */
const SHORT = 60;
const PHONE = window.matchMedia("(max-width: 760px)");

/** Which rows of a long table are drawn: those in view of the box that scrolls; the row `shown` is brought there. */
export function useRowsInView(
  box: RefObject<HTMLElement | null>,
  body: RefObject<HTMLElement | null>,
  count: number,
  rows: { desk: number; phone: number },
  shown: number,
): Part {
  const [view, setView] = useState({ scrolled: 0, height: 800, row: PHONE.matches ? rows.phone : rows.desk });
  useEffect(() => {
    const scrolling = box.current;
    if (!scrolling) return;
    const look = () => {
      const scrolled = Math.max(0, scrolling.scrollTop - (body.current?.offsetTop ?? 0));
      const row = PHONE.matches ? rows.phone : rows.desk;
      setView({ scrolled: scrolled - (scrolled % row), height: scrolling.clientHeight, row });
    };
    const observer = new ResizeObserver(look);
    observer.observe(scrolling);
    scrolling.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      scrolling.removeEventListener("scroll", look);
    };
  }, [box, body, rows]);
  useEffect(() => {
    const [scrolling, inner] = [box.current, body.current];
    if (!scrolling || !inner || shown < 0) return;
    const top = inner.offsetTop + shown * view.row;
    const head = 2 * view.row;
    if (top < scrolling.scrollTop + head) scrolling.scrollTop = top - head;
    else if (top + view.row > scrolling.scrollTop + scrolling.clientHeight)
      scrolling.scrollTop = top + 2 * view.row - scrolling.clientHeight;
  }, [box, body, shown, view.row]);
  if (count <= SHORT) return { first: 0, last: count, above: 0, below: 0 };
  return partOf(count, view.row, view.scrolled, view.height);
}
