/** Times and ages as people read them. Instants are ns UTC, spans are ns. */

export const SECOND = 1e9;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });

const ms = (ns: number) => ns / 1e6;

/** 03:12:07, in the operator's own time zone. */
export const clock = (ns: number) => clockFormat.format(ms(ns));
/** 03:12 */
export const clockMinutes = (ns: number) => minuteFormat.format(ms(ns));
/** 2026-03-14 */
export const day = (ns: number) => dayFormat.format(ms(ns));

/** 0:41, 12:05, then 2 h 05, then 3 d. Never negative: clocks of two machines may differ a little. */
export function age(span: number): string {
  const seconds = Math.max(0, Math.floor(span / SECOND));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${pad(minutes % 60)}`;
  return `${Math.floor(hours / 24)} d`;
}

/** 12 s, 3 min, 2 h, 4 d: one rough figure, for words such as "silent". */
export function roughly(span: number): string {
  const seconds = Math.max(0, Math.round(span / SECOND));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
