import type { Words } from "../words";
import { call, seg } from "./client";
import type { AuditEntry, City } from "./types";

/** What the HTTP API says of devices. Times are ns UTC. */

/** `unknown` is said by the page alone: nothing comes from the site of the device. */
export type Health = "ok" | "late" | "silent" | "faulty" | "maintenance" | "held" | "rejected" | "unknown";

export interface Device {
  id: string;
  name: string;
  site: string;
  place: City["place"] | null;
  door: string;
  /** The gateway or broker that brings it, when it does not connect by itself. */
  via: string;
  profile: string;
  maker: string;
  model: string;
  health: Health;
  /** Since when its health is that, and why. */
  since: number;
  detail: string;
  /** 0: never. */
  last_seen: number;
  accepted: number;
  refused: number;
  /** Why the last reading was refused. */
  reason: string;
  repeated: number;
  moved: number;
  left_out: number;
  held: number;
  battery: number | null;
  battery_low: boolean;
  /** By how much its clock is ahead of ours; negative: behind. */
  ahead_ms: number | null;
  per_s: number;
  /** What a held device said last, by property. */
  said: Record<string, string>;
  /** Who let it in, keeps it out or works on it. */
  by: string;
  /** What it can be told. */
  commands: string[];
}

export interface Resource {
  name: string;
  type?: "float" | "int" | "bool" | "string" | "event";
  unit?: string;
  range?: [number, number] | null;
  choices?: string[];
  label?: string;
}

export interface Parameter {
  name: string;
  type?: "float" | "int" | "bool" | "string";
  unit?: string;
  range?: [number, number] | null;
  choices?: string[];
  required?: boolean;
  label?: string;
}

export interface CommandSpec {
  name: string;
  label?: string;
  parameters?: Parameter[];
  idempotent?: boolean;
}

export interface Profile {
  name: string;
  label?: string;
  maker?: string;
  model?: string;
  resources: Resource[];
  commands?: CommandSpec[];
  battery?: { resource: string; low: number } | null;
}

export interface DeviceDetail {
  device: Device;
  profile: Profile | null;
  commands: Words["command"][];
  audit: AuditEntry[];
}

export interface Admission {
  profile: string;
  name: string;
  reason: string;
}

export type ParameterValue = number | string | boolean;

export interface Order {
  action: string;
  parameters: Record<string, ParameterValue>;
  reason: string;
}

type Made = Promise<Words["command"]>;
const at = (id: string) => `/api/devices/${seg(id)}`;

export const devicesApi = {
  all: (signal?: AbortSignal) => call<Device[]>("GET", "/api/devices", { signal }),
  one: (id: string, signal?: AbortSignal) => call<DeviceDetail>("GET", at(id), { signal }),
  profiles: (signal?: AbortSignal) => call<Profile[]>("GET", "/api/profiles", { signal }),
  approve: (id: string, body: Admission): Made => call("POST", `${at(id)}/approve`, { body }),
  reject: (id: string, reason: string): Made => call("POST", `${at(id)}/reject`, { body: { reason } }),
  maintain: (id: string, reason: string): Made => call("POST", `${at(id)}/maintain`, { body: { reason } }),
  resume: (id: string, reason: string): Made => call("POST", `${at(id)}/resume`, { body: { reason } }),
  tell: (id: string, body: Order): Made => call("POST", `${at(id)}/command`, { body }),
};
