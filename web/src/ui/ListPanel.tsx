import { usePage } from "../store/page";
import { text } from "../text";
import { IncidentList } from "./IncidentList";
import { SearchBox } from "./SearchBox";
import { SearchResults } from "./SearchResults";

/** Left: what is going on, or what the search found. */
export function ListPanel() {
  const searching = usePage((page) => page.searching);
  return (
    <nav className="list" aria-label={text().incidents}>
      <SearchBox />
      {searching ? <SearchResults /> : <IncidentList />}
    </nav>
  );
}
