import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { IncidentDetail } from "../api/types";
import { usePage } from "./page";

/** Changes come in bursts while an incident grows: ask once they pause. */
const PAUSE_MS = 250;

/** What only the incident's own page says: detections and who did what. The last answer stays until the next. */
export function useDetail(id: string, version: string): IncidentDetail | null {
  const at = usePage((page) => page.at);
  const [detail, setDetail] = useState<IncidentDetail | null>(null);
  useEffect(() => {
    const asking = new AbortController();
    const ask = () =>
      api
        .incident(id, at, asking.signal)
        .then(setDetail)
        .catch(() => undefined);
    const timer = window.setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      window.clearTimeout(timer);
      asking.abort();
    };
  }, [id, version, at]);
  return detail && detail.incident.id === id ? detail : null;
}
