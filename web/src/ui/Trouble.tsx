import { text } from "../text";

/** What could not be fetched and why, with a button that asks again. */
export function Trouble({ words, again }: { words: string; again: () => void }) {
  return (
    <p className="refusal" role="alert">
      {words}{" "}
      <button type="button" onClick={again}>
        {text().again}
      </button>
    </p>
  );
}
