import type { Session } from "../api/types";

/** Who may do what, as far as the page offers it. The server decides; this only spares people a refusal. */

const MAY = {
  manageDevices: ["admin"],
  writeRules: ["admin", "supervisor"],
  tellDevices: ["operator", "supervisor"],
  judgeAlarms: ["operator", "supervisor"],
  seePictures: ["operator", "supervisor", "dpo"],
} as const satisfies Record<string, readonly string[]>;

export type Duty = keyof typeof MAY;

export const may = (session: Session | null | "unknown", duty: Duty): boolean =>
  session !== null && session !== "unknown" && (MAY[duty] as readonly string[]).includes(session.role);
