import { useEffect } from "react";

/** Ask now and every `everyMs`, one question at a time, while the page is shown. */
export function useFollowing(ask: (signal: AbortSignal) => Promise<void>, everyMs: number, ...of: unknown[]): void {
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const again = async () => {
      if (!document.hidden) await ask(stop.signal);
      if (!stop.signal.aborted) timer = window.setTimeout(() => void again(), everyMs);
    };
    void again();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, of);
}
