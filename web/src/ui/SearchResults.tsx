import { type Hit, searchIn } from "../logic/search";
import { lookAt } from "../map/lookAt";
import { shownIn, usePage } from "../store/page";
import { endSearch, select } from "../store/view";
import { text } from "../text";

const MOST = 60;

/** Everything found, in place of the list. */
export function SearchResults() {
  const query = usePage((page) => page.query);
  const shown = usePage(shownIn);
  const hits = shown ? searchIn(shown, query, MOST) : [];
  if (!query.trim()) return <p className="hint">{text().searchHint}</p>;
  return (
    <>
      <p className="hint" role="status">
        {hits.length ? text().results(hits.length) : text().noResults}
      </p>
      <ul>
        {hits.map((hit) => (
          <li key={`${hit.what}:${hit.id}`}>
            <button type="button" className="row found" onClick={() => open(hit)}>
              <span className="row-title">{hit.title}</span>
              <span className="row-sub">
                {text().what[hit.what]}
                {hit.detail && ` · ${hit.detail}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function open(hit: Hit): void {
  endSearch();
  if (hit.what === "incident") select(hit.id);
  else usePage.setState({ room: "map" });
  lookAt.place(hit.place);
}
