import { usePage } from "../store/page";
import { text } from "../text";
import { Refusal } from "./Refusal";

interface Props {
  did: "save" | "remove" | "undo";
  words: string;
  /** What it undoes: `rule`, `zone`. */
  what: string;
  undo: () => void;
}

/** What was done last, and the way back; it stays until the next thing is done. */
export function DoneLine({ did, words, what, undo }: Props) {
  const key = `${what}:undo`;
  const sending = usePage((page) => page.pending.has(key));
  return (
    <p className="done-line" role="status" data-undo={did}>
      <span>✓ {words}</span>
      {did !== "undo" && (
        <button type="button" disabled={sending} onClick={undo} data-action={`undo-${what}`}>
          {text().undo}
        </button>
      )}
      <Refusal of={key} />
    </p>
  );
}
