import { DEFAULTS, type Words } from "./words";

/** A fact with every field there: what was left out on the wire is filled in from `DEFAULTS`. */
export type Full<W extends keyof Words> = Required<Words[W]>;

export type Incident = Full<"incident">;
export type Risk = Full<"risk">;
export type Recommendation = Full<"recommendation">;
export type Command = Full<"command">;
export type Task = Full<"task">;
export type Unit = Full<"unit">;
export type Detection = Full<"detection">;
export type Asset = Full<"asset">;
export type { Evidence, Place, Severity, StoryLine, Urgency } from "./words";

/** Fill in the fields that the wire left out. */
export function complete<W extends keyof Words>(word: W, fact: Words[W]): Full<W> {
  return { ...DEFAULTS[word], ...fact } as unknown as Full<W>;
}
