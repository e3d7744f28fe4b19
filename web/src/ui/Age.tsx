import { age } from "../logic/time";
import { useTicking } from "../store/clock";

/** How long ago something was, ticking; until `end` when it is over. */
export function Age({ since, end = null }: { since: number; end?: number | null }) {
  const shown = useTicking((now) => age((end ?? now) - since));
  return <time className="age">{shown}</time>;
}
