import type { Words } from "../words";
import { ApiError, call, seg } from "./client";
import type { City } from "./types";

/** What the HTTP API says of cameras. Times are ns UTC, points are fractions of the picture. */

export type Standing = "fresh" | "late" | "silent" | "tampered" | "ended" | "failed" | "starting";
export type Verdict = "false_alarm" | "true_alarm" | "withdrawn";
export type Cause = "" | "shadow" | "light" | "animal" | "weather" | "standing_person" | "thing_of_the_place" | "other";
export type Point = readonly [number, number];

export interface Zone {
  id: string;
  source: string;
  name: string;
  outline: readonly Point[];
  kind: string;
  /** "HH:MM-HH:MM" UTC; empty: always. */
  hours: string;
}

export interface Judgement {
  command: string;
  verdict: Verdict;
  cause: Cause;
  by: string;
  time: number;
  reason: string;
}

export interface Alarm {
  happening: string;
  camera: string;
  kind: string;
  title: string;
  severity: string;
  began: number;
  last: number;
  phase: "start" | "update" | "end";
  confidence: number;
  text: string;
  bbox_px: number[];
  /** Name and media type of the blurred picture and clip. */
  evidence: [string, string][];
  judged: Judgement | null;
}

export interface Camera {
  id: string;
  name: string;
  site: string;
  place: City["place"] | null;
  state: Standing;
  why: string;
  last_frame: number;
  people: number | null;
  open: number;
  last: Alarm | null;
  /** Whether pictures of it may be looked at; else `why_not`. */
  shows: boolean;
  why_not: string;
  per_s: number;
  dropped_per_s: number;
  dropped: number;
  reconnects: number;
  delay_ms: number;
  zones: Zone[];
}

export interface AlarmCount {
  kind: string;
  title: string;
  alarms: number;
  judged: number;
  false: number;
  false_share: number | null;
}

export interface CameraDetail {
  camera: Camera;
  alarms: Alarm[];
  counts: AlarmCount[];
}

export interface Mark {
  key: string;
  box: [number, number, number, number];
  text: string;
  alarm: boolean;
}

/** One live picture, everybody in it blurred, and what is to be drawn over it. */
export interface LookHead {
  camera: string;
  time: number;
  width: number;
  height: number;
  marks: Mark[];
  grid: [number, number, number, number][];
  grid_m: number;
}

export interface ReplaySetting {
  name: string;
  value: number;
  least: number | null;
  most: number | null;
  whole: boolean;
}

export interface ReplayOffer {
  recordings: string[];
  settings: ReplaySetting[];
}

export interface ReplayAlarm {
  kind: string;
  title: string;
  /** Seconds since the recording began. */
  began: number;
  ended: number;
  confidence: number;
  text: string;
  raised: "both" | "now" | "changed";
}

export interface Replay {
  id: string;
  camera: string;
  recording: string;
  settings: Record<string, number>;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done_s: number;
  of_s: number;
  alarms: ReplayAlarm[];
  detail: string;
}

type Made = Promise<Words["command"]>;
const zoneAt = (id: string) => `/api/zones/${seg(id)}`;

export const camerasApi = {
  all: (signal?: AbortSignal) => call<Camera[]>("GET", "/api/cameras", { signal }),
  one: (id: string, signal?: AbortSignal) => call<CameraDetail>("GET", `/api/cameras/${seg(id)}`, { signal }),
  judge: (happening: string, verdict: Verdict, cause: Cause = ""): Made =>
    call("POST", `/api/alarms/${seg(happening)}/judge`, { body: { verdict, cause } }),
  offer: (id: string, signal?: AbortSignal) => call<ReplayOffer>("GET", `/api/cameras/${seg(id)}/replays`, { signal }),
  runAgain: (id: string, recording: string, settings: Record<string, number>) =>
    call<Replay>("POST", `/api/cameras/${seg(id)}/replays`, { body: { recording, settings } }),
  replay: (id: string, signal?: AbortSignal) => call<Replay>("GET", `/api/replays/${seg(id)}`, { signal }),
  stopReplay: (id: string) => call<Replay>("DELETE", `/api/replays/${seg(id)}`),
  putZone: (zone: Zone, reason: string): Made => call("PUT", zoneAt(zone.id), { body: { zone, reason } }),
  removeZone: (id: string, reason: string): Made => call("DELETE", zoneAt(id), { body: { reason } }),
};

/** Live pictures of these cameras, over one connection, until it ends. Throws when it is refused or breaks off. */
export async function* looks(
  cameras: readonly string[],
  width: number,
  perS: number,
  signal: AbortSignal,
): AsyncGenerator<[LookHead, Blob]> {
  const asked = new URLSearchParams({ cameras: cameras.join(","), width: String(width), per_s: String(perS) });
  const response = await fetch(`/api/looks?${asked}`, { credentials: "same-origin", signal });
  if (!response.ok || !response.body) throw new ApiError(response.status, response.statusText);
  const parts = new Parts();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parts.add(value);
    for (let part = parts.next(); part; part = parts.next()) yield part;
  }
}

const LARGEST = 4 << 20;

/** Cuts what comes into parts: the length of the head (4 bytes, the most significant first), the head, then a picture
 * in the same way.
 */
export class Parts {
  private held = new Uint8Array();

  add(more: Uint8Array): void {
    const both = new Uint8Array(this.held.length + more.length);
    both.set(this.held);
    both.set(more, this.held.length);
    this.held = both;
  }

  /** The next whole part, or null while it is not all there. */
  next(): [LookHead, Blob] | null {
    const head = this.sized(0);
    const picture = head && this.sized(head.end);
    if (!head || !picture) return null;
    const read = JSON.parse(new TextDecoder().decode(head.bytes)) as LookHead;
    const blob = new Blob([picture.bytes.slice()], { type: "image/jpeg" });
    this.held = this.held.slice(picture.end);
    return [read, blob];
  }

  private sized(at: number): { bytes: Uint8Array; end: number } | null {
    if (this.held.length < at + 4) return null;
    const size = new DataView(this.held.buffer, this.held.byteOffset).getUint32(at);
    if (size > LARGEST) throw new Error("this is no live picture");
    const end = at + 4 + size;
    return this.held.length < end ? null : { bytes: this.held.subarray(at + 4, end), end };
  }
}
