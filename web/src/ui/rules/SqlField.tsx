import { type KeyboardEvent, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Problem } from "../../api/rules";
import { completionAt, type Offer, ownWords, spanAt, tokensOf } from "../../logic/sql";
import { useRules } from "../../store/rules";
import { edge } from "../../text/edge";
import { Offers } from "./Offers";

const t = edge.rules;
const NONE: ReadonlySet<string> = new Set();

interface Props {
  sql: string;
  problems: readonly Problem[];
  readOnly: boolean;
  change: (sql: string) => void;
  run: () => void;
  /** Ids of what stands below and says what is wrong. */
  describedBy: string;
}

/**
 * A plain text field, so that everything that works in one works here; behind it the same text in the same place is
 * drawn with its parts told apart and what is wrong underlined.
 */
export function SqlField({ sql, problems, readOnly, change, run, describedBy }: Props) {
  const { words, city } = useRules();
  const field = useRef<HTMLTextAreaElement>(null);
  const mark = useRef<HTMLSpanElement>(null);
  const [cursor, setCursor] = useState(sql.length);
  const [open, setOpen] = useState<"no" | "typed" | "asked">("no");
  const [picked, setPicked] = useState(0);
  const wanted = useRef<number | null>(null);
  const own = useId();
  const completion = useMemo(
    () => completionAt(sql, cursor, words, city, open === "asked"),
    [sql, cursor, words, city, open],
  );
  const offers = open === "no" ? [] : completion.offers;
  const at = Math.min(picked, offers.length - 1);

  useLayoutEffect(() => {
    if (wanted.current === null) return;
    field.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = null;
  });

  const take = (offer: Offer) => {
    const next = sql.slice(0, completion.start) + offer.insert + sql.slice(cursor);
    wanted.current = completion.start + offer.insert.length;
    setCursor(wanted.current);
    setOpen("no");
    change(next);
    field.current?.focus();
  };

  const onKey = (event: KeyboardEvent) => {
    const stop = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (event.ctrlKey && event.key === " ") {
      stop();
      setOpen("asked");
      setPicked(0);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      stop();
      run();
    } else if (offers.length) onOfferKey(event, stop);
  };

  const onOfferKey = (event: KeyboardEvent, stop: () => void) => {
    const offer = offers[at];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      stop();
      setPicked((at + (event.key === "ArrowDown" ? 1 : offers.length - 1)) % offers.length);
    } else if (event.key === "Enter" && !event.shiftKey && offer) {
      stop();
      take(offer);
    } else if (event.key === "Escape") {
      stop();
      setOpen("no");
    }
  };

  const sqlProblems = problems.filter(({ field: name, line }) => name === "sql" && line > 0);
  return (
    <div className="sql">
      <div className="sql-paper">
        <Backdrop sql={sql} problems={sqlProblems} cursor={completion.start} mark={mark} />
        <textarea
          ref={field}
          id={`${own}sql`}
          value={sql}
          readOnly={readOnly}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          autoCorrect="off"
          rows={1}
          aria-label={t.sql}
          aria-autocomplete="list"
          aria-controls={offers.length ? `${own}offers` : undefined}
          aria-activedescendant={offers.length ? `${own}offer${at}` : undefined}
          aria-invalid={sqlProblems.length > 0 || undefined}
          aria-describedby={`${own}keys ${describedBy}`}
          onKeyDown={onKey}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
          onBlur={() => setOpen("no")}
          onChange={(event) => {
            setCursor(event.target.selectionStart);
            setOpen("typed");
            setPicked(0);
            change(event.target.value);
          }}
          data-sql
        />
        {offers.length > 0 && <Offers id={own} offers={offers} at={at} mark={mark} take={take} />}
      </div>
      <p className="row-sub" id={`${own}keys`}>
        {t.sqlKeys}
      </p>
      <p className="unseen-label" role="status">
        {offers.length ? t.offers(offers.length) : ""}
      </p>
    </div>
  );
}

interface BackdropProps {
  sql: string;
  problems: readonly Problem[];
  cursor: number;
  mark: React.RefObject<HTMLSpanElement | null>;
}

/** The text once more: coloured, underlined, and with a mark where the offers are to hang. */
function Backdrop({ sql, problems, cursor, mark }: BackdropProps) {
  const words = useRules((state) => state.words);
  const keywords = useMemo(() => (words ? ownWords(words) : NONE), [words]);
  const pieces = useMemo(() => piecesOf(sql, keywords, problems, cursor), [sql, keywords, problems, cursor]);
  return (
    <pre className="sql-back" aria-hidden="true">
      {pieces.map((piece) => (
        <span key={piece.start} className={piece.className} title={piece.title}>
          {piece.start === cursor && <span ref={mark} />}
          {sql.slice(piece.start, piece.end)}
        </span>
      ))}
      {cursor >= sql.length && <span ref={mark} />}
      {"\n "}
    </pre>
  );
}

interface Piece {
  start: number;
  end: number;
  className: string;
  title: string | undefined;
}

/** Parts cut further wherever a problem begins or ends, and at the cursor. */
function piecesOf(sql: string, keywords: ReadonlySet<string>, problems: readonly Problem[], cursor: number): Piece[] {
  const wrong = problems.map((one) => ({ ...spanAt(sql, one.line, one.column), reason: one.reason }));
  const cuts = new Set([cursor, ...wrong.flatMap(({ start, end }) => [start, end])]);
  return tokensOf(sql, keywords).flatMap(({ part, start, end }) => {
    const inner = [...cuts].filter((cut) => cut > start && cut < end).sort((a, b) => a - b);
    const edges = [start, ...inner, end];
    return edges.slice(0, -1).map((from, i) => {
      const problem = wrong.find((one) => one.start <= from && from < one.end);
      return {
        start: from,
        end: edges[i + 1] ?? end,
        className: `sql-${part}${problem ? " sql-wrong" : ""}`,
        title: problem?.reason,
      };
    });
  });
}
