import { type RefObject, useLayoutEffect, useRef, useState } from "react";
import type { Offer } from "../../logic/sql";
import { edge } from "../../text/edge";

const t = edge.rules;

interface Props {
  id: string;
  offers: readonly Offer[];
  at: number;
  mark: RefObject<HTMLElement | null>;
  take: (offer: Offer) => void;
}

/** Ways to go on, under the word that is being written. */
export function Offers({ id, offers, at, mark, take }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    const [spot, paper] = [mark.current, list.current?.offsetParent as HTMLElement | null];
    if (!spot || !paper) return;
    const room = paper.clientWidth - (list.current?.offsetWidth ?? 0);
    setPlace({ left: Math.max(0, Math.min(spot.offsetLeft, room)), top: spot.offsetTop + 25 });
  }, [mark, offers]);
  useLayoutEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <div ref={list} className="offers" role="listbox" id={`${id}offers`} aria-label={t.sql} style={place}>
      {offers.map((offer, i) => (
        <div
          key={`${offer.what} ${offer.label}`}
          id={`${id}offer${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === at}
          className="offer"
          // The press would take the cursor out of the text.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(offer)}
          onKeyDown={undefined}
        >
          <b>{offer.label}</b>{" "}
          <span className="row-sub">{[t.what[offer.what], offer.detail].filter(Boolean).join(" · ")}</span>
        </div>
      ))}
    </div>
  );
}
