import { useEffect } from "react";
import { create } from "zustand";
import { type Admission, type Device, type DeviceDetail, devicesApi, type Order, type Profile } from "../api/devices";
import { asFarAsKnown, type Choice, chosen, isWaiting } from "../logic/devices";
import { edge } from "../text/edge";
import { decide } from "./actions";
import { namesAway } from "./away";
import { useFollowing } from "./following";
import { usePage } from "./page";
import { goTo } from "./route";

/** How the devices are doing, asked for again and again while their page is open, and what is decided about them. */

const EVERY_MS = 2_000;

interface Devices {
  trouble: string;
  choice: Choice;
  profiles: Profile[];
  detail: DeviceDetail | null;
  /** Which form is open, on which device. */
  asking: { id: string; form: "approve" | "reject" | "maintain" | "resume" } | null;
}

export const useDevices = create<Devices>(() => ({
  trouble: "",
  choice: { words: "", health: null, sort: "health" },
  profiles: [],
  detail: null,
  asking: null,
}));

const { getState, setState } = useDevices;
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Rows that did not change stay the same object, so that only what moved is drawn again. */
export function kept(before: ReadonlyMap<string, Device> | null, now: readonly Device[]): ReadonlyMap<string, Device> {
  const rows = now.map((device) => {
    const known = before?.get(device.id);
    return [device.id, known && JSON.stringify(known) === JSON.stringify(device) ? known : device] as const;
  });
  const same = before?.size === rows.length && rows.every(([id, device]) => before.get(id) === device);
  return same ? before : new Map(rows);
}

const whereAway = () => new Map([...namesAway()].map(([site, name]) => [site, edge.devices.siteAway(name)]));

export async function fetchDevices(signal?: AbortSignal): Promise<void> {
  try {
    const all = asFarAsKnown(await devicesApi.all(signal), whereAway());
    usePage.setState(({ devices }) => ({ devices: kept(devices, all) }));
    if (getState().trouble) setState({ trouble: "" });
  } catch (error) {
    if (!signal?.aborted) setState({ trouble: reason(error) });
  }
}

async function fetchDetail(signal?: AbortSignal): Promise<void> {
  const { opened, devices } = usePage.getState();
  if (opened === null || !devices?.has(opened)) return;
  const detail = await devicesApi.one(opened, signal).catch(() => null);
  if (detail && !signal?.aborted) setState({ detail });
}

export function useDevicesLive(): void {
  const opened = usePage((page) => page.opened);
  useFollowing(fetchDevices, EVERY_MS);
  const there = usePage((page) => (opened !== null && page.devices?.has(opened)) ?? false);
  useFollowing(fetchDetail, EVERY_MS, opened, there);
  useEffect(() => {
    void devicesApi.profiles().then(
      (profiles) => setState({ profiles }),
      () => undefined,
    );
  }, []);
}

export const choose = (change: Partial<Choice>) => setState(({ choice }) => ({ choice: { ...choice, ...change } }));
export const ask = (asking: Devices["asking"]) => setState({ asking });

/** The table's rows: those that wait have a place of their own above it. */
export function rowsOf(devices: ReadonlyMap<string, Device>, choice: Choice): Device[] {
  return chosen(devices.values(), choice).filter((device) => choice.health === "held" || !isWaiting(device));
}

/** Escape: close the form that asks something. */
export function leaveAsking(): boolean {
  if (getState().asking === null) return false;
  setState({ asking: null });
  return true;
}

/** `j` and `k`. */
export function stepDevice(by: 1 | -1): void {
  const { devices, opened } = usePage.getState();
  const rows = rowsOf(devices ?? new Map(), getState().choice);
  const here = rows.findIndex(({ id }) => id === opened);
  const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
  if (next) goTo("devices", next.id);
}

/** The answer is seen in the table as soon as it is there. */
async function decideOn(key: string, send: () => ReturnType<typeof devicesApi.approve>): Promise<boolean> {
  const done = await decide(key, send, reason);
  if (done) setState({ asking: null });
  await Promise.all([fetchDevices(), fetchDetail()]);
  return done;
}

export const admit = (id: string, body: Admission) => decideOn(`device:${id}`, () => devicesApi.approve(id, body));
export const keepOut = (id: string, why: string) => decideOn(`device:${id}`, () => devicesApi.reject(id, why));
export const maintain = (id: string, why: string) => decideOn(`device:${id}`, () => devicesApi.maintain(id, why));
export const resume = (id: string, why: string) => decideOn(`device:${id}`, () => devicesApi.resume(id, why));
export const tell = (id: string, order: Order) =>
  decideOn(`tell:${id}:${order.action}`, () => devicesApi.tell(id, order));
