import { usePage } from "../store/page";
import { text } from "../text";

/** Why the last try of that decision failed, where it was made, until the next try. */
export function Refusal({ of }: { of: string }) {
  const reason = usePage((page) => page.refusals.get(of));
  return reason ? (
    <p className="refusal" role="alert">
      {text().notDone(reason)}
    </p>
  ) : null;
}
