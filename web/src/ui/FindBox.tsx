interface Props {
  label: string;
  /** In what it looks. */
  hint: string;
  value: string;
  change: (words: string) => void;
}

/** The search field of a list; `/` brings the cursor here. */
export function FindBox({ label, hint, value, change }: Props) {
  return (
    <span className="find">
      <input
        type="search"
        value={value}
        placeholder={label}
        aria-label={`${label}: ${hint}`}
        onChange={(event) => change(event.target.value)}
        data-filter
      />
      <kbd>/</kbd>
    </span>
  );
}
