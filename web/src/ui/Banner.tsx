import { clock, roughly } from "../logic/time";
import { useTickingLive } from "../store/clock";
import { usePage } from "../store/page";
import { backToLive } from "../store/travel";
import { text } from "../text";

/** One line under the top bar whenever the page is not simply live: what it shows instead, and since when. */
export function Banner() {
  const [at, trouble] = [usePage((page) => page.at), usePage((page) => page.trouble)];
  const line = usePage((page) => page.line);
  const ago = useTickingLive((now) => roughly(now - line.lostAt));
  const t = text();
  if (line.state === "down") {
    return (
      <p className="banner lost" role="alert" data-line="down">
        {t.lost(ago, clock(line.lostAt))}
      </p>
    );
  }
  if (at !== null || trouble) {
    return (
      <p className="banner past" role="status" data-then={at ?? undefined}>
        <span>
          {at !== null && t.thenBanner(clock(at))} {trouble && t.trouble(trouble)}
        </span>
        <button type="button" onClick={backToLive}>
          {t.backToLive} <kbd>l</kbd>
        </button>
      </p>
    );
  }
  return null;
}
