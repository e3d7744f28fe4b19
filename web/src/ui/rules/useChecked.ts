import { useEffect, useState } from "react";
import type { Checked, Query } from "../../api/rules";
import { rulesApi } from "../../api/rules";
import { named } from "../../store/rules";

/** Typing pauses: then it is checked. */
const PAUSE_MS = 300;

export interface Checking {
  /** What the server said of the newest text that it has seen. */
  checked: Checked | null;
  /** Whether that is about what stands there now. */
  current: boolean;
  trouble: string;
}

/** What is wrong with a rule while it is written, or how it would run. */
export function useChecked(query: Query): Checking {
  const [answer, setAnswer] = useState<{ of: string; checked: Checked | null; trouble: string } | null>(null);
  const text = JSON.stringify(named(query));
  useEffect(() => {
    const asking = new AbortController();
    const ask = async () => {
      try {
        const checked = await rulesApi.check(JSON.parse(text) as Query, asking.signal);
        setAnswer({ of: text, checked, trouble: "" });
      } catch (error) {
        if (asking.signal.aborted) return;
        setAnswer({ of: text, checked: null, trouble: error instanceof Error ? error.message : String(error) });
      }
    };
    const timer = window.setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      window.clearTimeout(timer);
      asking.abort();
    };
  }, [text]);
  return { checked: answer?.checked ?? null, current: answer?.of === text, trouble: answer?.trouble ?? "" };
}
