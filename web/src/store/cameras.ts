import { useEffect } from "react";
import { create } from "zustand";
import {
  type Camera,
  type CameraDetail,
  type Cause,
  camerasApi,
  type Standing,
  type Verdict,
  type Zone,
} from "../api/cameras";
import { camerasWith } from "../logic/cameras";
import { cameras as words } from "../text/cameras";
import { decide } from "./actions";
import { leaveDrawing, useDrawing } from "./drawing";
import { useFollowing } from "./following";
import { usePage } from "./page";
import { goTo } from "./route";

/** How the cameras are doing, asked for again and again while their page is open, and what is decided about them. */

const EVERY_MS = 2_000;

export interface Overlays {
  people: boolean;
  alarms: boolean;
  zones: boolean;
  grid: boolean;
}

interface Cameras {
  cameras: Camera[] | null;
  trouble: string;
  filter: string;
  state: Standing | null;
  detail: CameraDetail | null;
  overlays: Overlays;
  /** The alarm of which somebody says what it was, and the zone that is to go. */
  judging: string | null;
  removing: string | null;
  undo: { did: "save" | "remove" | "undo"; zone: Zone; before: Zone | null } | null;
}

export const useCameras = create<Cameras>(() => ({
  cameras: null,
  trouble: "",
  filter: "",
  state: null,
  detail: null,
  overlays: { people: true, alarms: true, zones: true, grid: false },
  judging: null,
  removing: null,
  undo: null,
}));

const { getState, setState } = useCameras;
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

export async function fetchCameras(signal?: AbortSignal): Promise<void> {
  try {
    setState({ cameras: await camerasApi.all(signal), trouble: "" });
  } catch (error) {
    if (!signal?.aborted) setState({ trouble: reason(error) });
  }
}

async function fetchDetail(signal?: AbortSignal): Promise<void> {
  const { opened } = usePage.getState();
  if (opened === null || !isThere(opened)) return;
  const detail = await camerasApi.one(opened, signal).catch(() => null);
  if (detail && !signal?.aborted) setState({ detail });
}

const isThere = (camera: string | null) => getState().cameras?.some(({ id }) => id === camera) ?? false;

export function useCamerasLive(): void {
  const opened = usePage((page) => page.opened);
  const there = useCameras(() => isThere(opened));
  useFollowing(fetchCameras, EVERY_MS);
  useFollowing(fetchDetail, EVERY_MS, opened, there);
  useEffect(() => {
    setState({ judging: null, removing: null, ...(getState().detail?.camera.id === opened ? {} : { detail: null }) });
    return () => void leaveDrawing();
  }, [opened]);
}

export const shownCameras = ({ cameras, filter, state }: Pick<Cameras, "cameras" | "filter" | "state">) =>
  camerasWith(cameras ?? [], filter, state);

/** `j` and `k`. */
export function stepCamera(by: 1 | -1): void {
  const rows = shownCameras(getState());
  const here = rows.findIndex(({ id }) => id === usePage.getState().opened);
  const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
  if (next) goTo("cameras", next.id);
}

/** Escape: out of the innermost thing, in the end back to the wall. */
export function leaveCamera(): boolean {
  const { judging, removing } = getState();
  if (useDrawing.getState().zone) return leaveDrawing();
  if (judging !== null || removing !== null) setState({ judging: null, removing: null });
  else if (usePage.getState().opened !== null) goTo("cameras");
  else return false;
  return true;
}

export const overlay = (change: Partial<Overlays>) =>
  setState(({ overlays }) => ({ overlays: { ...overlays, ...change } }));
export const judging = (happening: string | null) => setState({ judging: happening });
export const removing = (zone: string | null) => setState({ removing: zone });

async function done(key: string, send: () => ReturnType<typeof camerasApi.judge>): Promise<boolean> {
  const well = await decide(key, send, reason);
  await Promise.all([fetchCameras(), fetchDetail()]);
  return well;
}

export async function judge(happening: string, verdict: Verdict, cause: Cause = ""): Promise<void> {
  if (await done(`judge:${happening}`, () => camerasApi.judge(happening, verdict, cause))) setState({ judging: null });
}

const zoneNamed = (id: string): Zone | null => getState().detail?.camera.zones.find((zone) => zone.id === id) ?? null;

export async function saveZone(zone: Zone, why: string): Promise<void> {
  const before = zoneNamed(zone.id);
  if (!(await done("zone:save", () => camerasApi.putZone(zone, why)))) return;
  setState({ undo: { did: "save", zone, before } });
  leaveDrawing();
}

export async function removeZone(zone: Zone, why: string): Promise<void> {
  if (!(await done(`zone:${zone.id}`, () => camerasApi.removeZone(zone.id, why)))) return;
  setState({ removing: null, undo: { did: "remove", zone, before: zone } });
}

/** Put back what there was before, with a decision of its own. */
export async function undoZone(): Promise<void> {
  const { undo } = getState();
  if (!undo || undo.did === "undo") return;
  const why = words.undoReason[undo.did];
  const { zone, before } = undo;
  const send = () => (before ? camerasApi.putZone(before, why) : camerasApi.removeZone(zone.id, why));
  if (await done("zone:undo", send)) setState({ undo: { did: "undo", zone, before: null } });
}
