import { addressOf } from "../logic/address";
import { LINK } from "../logic/links";
import { useAway } from "../store/away";
import { text } from "../text";

/** In the top bar: edge sites from which nothing comes; a press opens their line. */
export function SitesAway() {
  const away = useAway();
  const [first] = away;
  if (!first) return null;
  return (
    <a
      className="sites-away"
      href={addressOf("devices", LINK + first.site)}
      title={away.map(({ name }) => name).join(", ")}
      data-sites-away={away.length}
    >
      <span aria-hidden="true">◐ </span>
      {away.length === 1 ? text().siteAway(first.name) : text().sitesAway(away.length)}
    </a>
  );
}
