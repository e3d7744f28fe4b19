import { useEffect, useRef } from "react";
import { usePage } from "../store/page";
import { endSearch, search } from "../store/view";
import { text } from "../text";

/** `/` brings the cursor here; Escape leaves. */
export function SearchBox() {
  const [query, searching] = [usePage((page) => page.query), usePage((page) => page.searching)];
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (searching) input.current?.focus();
    else input.current?.blur();
  }, [searching]);
  return (
    <search className="search">
      <input
        ref={input}
        type="search"
        value={query}
        placeholder={text().search}
        aria-label={`${text().search}: ${text().searchHint}`}
        onFocus={() => search(query)}
        onChange={(event) => search(event.target.value)}
        onBlur={() => query || endSearch()}
      />
      <kbd>/</kbd>
    </search>
  );
}
