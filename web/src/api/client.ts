import type { Words } from "../words";
import type { IncidentDetail, PictureMessage, Series, SeriesName, Session, Timeline } from "./types";

/** An answer that was not a success: its status and the reason that the server gave. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

interface Options {
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export async function call<T>(method: string, path: string, { body, signal }: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-S4"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: signal ?? null };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(path, init);
  if (!response.ok) throw new ApiError(response.status, await reasonOf(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: { reason?: string } };
    return error?.reason ?? response.statusText;
  } catch {
    return response.statusText;
  }
}

export const seg = encodeURIComponent;
const whole = (ns: number) => BigInt(Math.round(ns)).toString();
const atQuery = (at: number | null) => (at === null ? "" : `?at=${whole(at)}`);

export type IncidentVerb = "acknowledge" | "close" | "reopen" | "note";

export const api = {
  me: () => call<Session>("GET", "/api/me"),
  login: (token: string) => call<Session>("POST", "/api/session", { body: { token } }),
  logout: () => call<void>("DELETE", "/api/session"),
  picture: (at: number | null = null, signal?: AbortSignal) =>
    call<PictureMessage>("GET", `/api/picture${atQuery(at)}`, { signal }),
  incident: (id: string, at: number | null, signal?: AbortSignal) =>
    call<IncidentDetail>("GET", `/api/incidents/${seg(id)}${atQuery(at)}`, { signal }),
  timeline: (start: number, end: number, bins: number, signal?: AbortSignal) =>
    call<Timeline>("GET", `/api/timeline?start=${whole(start)}&end=${whole(end)}&bins=${bins}`, { signal }),
  seriesNames: (signal?: AbortSignal) => call<SeriesName[]>("GET", "/api/series", { signal }),
  series: (name: SeriesName, start: number, end: number, points: number, signal?: AbortSignal) =>
    call<Series>(
      "GET",
      `/api/series/${seg(name.source)}/${seg(name.property)}?start=${whole(start)}&end=${whole(end)}&points=${points}`,
      { signal },
    ),
  map: () => call<GeoJSON.FeatureCollection>("GET", "/api/map"),
  approve: (id: string, revision: number, reason: string) =>
    call<Words["command"]>("POST", `/api/recommendations/${seg(id)}/approve`, { body: { revision, reason } }),
  reject: (id: string, revision: number, reason: string) =>
    call<Words["command"]>("POST", `/api/recommendations/${seg(id)}/reject`, { body: { revision, reason } }),
  onIncident: (id: string, verb: IncidentVerb, reason: string) =>
    call<Words["command"]>("POST", `/api/incidents/${seg(id)}/${verb}`, { body: { reason } }),
  undo: (id: string, reason: string) =>
    call<Words["command"]>("POST", `/api/commands/${seg(id)}/undo`, { body: { reason } }),
  evidenceUrl: (ref: string) => `/api/evidence/${seg(ref)}`,
};
