import type { ReactNode } from "react";

interface Props<State extends string> {
  label: string;
  /** The word for all of them, and how many they are. */
  all: string;
  total: number;
  /** Each state there is, and how many are in it. */
  counts: readonly (readonly [State, number])[];
  chosen: State | null;
  choose: (state: State | null) => void;
  mark: (state: State) => ReactNode;
}

/** How many are in each state; a press shows only those, the same once more shows all. */
export function StateFilter<State extends string>(props: Props<State>) {
  const { label, all, total, counts, chosen, choose, mark } = props;
  if (counts.length < 2) return null;
  return (
    <fieldset className="healths">
      <legend className="unseen-label">{label}</legend>
      <button type="button" aria-pressed={chosen === null} onClick={() => choose(null)}>
        {all} <b>{total}</b>
      </button>
      {counts.map(([one, n]) => (
        <button
          key={one}
          type="button"
          aria-pressed={chosen === one}
          onClick={() => choose(chosen === one ? null : one)}
          data-only={one}
        >
          {mark(one)} <b>{n}</b>
        </button>
      ))}
    </fieldset>
  );
}
