import { useEffect, useSyncExternalStore } from "react";
import { type LookHead, looks } from "../api/cameras";

/** Live pictures of the cameras that are in view, over one connection; none while the page is hidden. */

export interface Shown extends LookHead {
  picture: ImageBitmap;
}

const AGAIN_MS = 1_500;
const newest = new Map<string, Shown>();
const listeners = new Set<() => void>();
let broken = false;

const tell = () => {
  for (const listener of listeners) listener();
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useLook = (camera: string): Shown | undefined => useSyncExternalStore(subscribe, () => newest.get(camera));
/** Whether the pictures stopped, and are being asked for again. */
export const useBroken = (): boolean => useSyncExternalStore(subscribe, () => broken);

/** Read as fast as they come, and draw what can be drawn: of each camera only the newest one waits, so that a slow
 * machine shows fewer pictures, and no older ones.
 */
async function follow(cameras: readonly string[], width: number, perS: number, signal: AbortSignal): Promise<void> {
  const waiting = new Map<string, [LookHead, Blob]>();
  const drawing = new Set<string>();
  const draw = async (camera: string) => {
    drawing.add(camera);
    for (let next = waiting.get(camera); next && !signal.aborted; next = waiting.get(camera)) {
      waiting.delete(camera);
      await show(...next, signal);
    }
    drawing.delete(camera);
  };
  for await (const part of looks(cameras, width, perS, signal)) {
    const { camera } = part[0];
    waiting.set(camera, part);
    if (!drawing.has(camera)) void draw(camera);
  }
}

async function show(head: LookHead, blob: Blob, signal: AbortSignal): Promise<void> {
  const picture = await createImageBitmap(blob).catch(() => null);
  if (!picture) return;
  if (signal.aborted) return picture.close();
  newest.get(head.camera)?.picture.close();
  newest.set(head.camera, { ...head, picture });
  broken = false;
  tell();
  await new Promise((drawn) => requestAnimationFrame(drawn));
}

async function keepFollowing(cameras: readonly string[], width: number, perS: number, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      await follow(cameras, width, perS, signal);
    } catch {
      if (signal.aborted) return;
      broken = true;
      tell();
    }
    await new Promise((resume) => window.setTimeout(resume, AGAIN_MS));
  }
}

/** Look at these cameras (ids with commas between) for as long as this is on the screen. */
export function useLooks(cameras: string, width: number, perS: number): void {
  useEffect(() => {
    const wanted = cameras ? cameras.split(",") : [];
    forgetOthers(wanted);
    let stop = new AbortController();
    const begin = () => {
      stop.abort();
      stop = new AbortController();
      if (document.hidden) forgetOthers([]);
      else if (wanted.length) void keepFollowing(wanted, width, perS, stop.signal);
    };
    begin();
    document.addEventListener("visibilitychange", begin);
    return () => {
      document.removeEventListener("visibilitychange", begin);
      stop.abort();
    };
  }, [cameras, width, perS]);
  useEffect(() => () => forgetOthers([]), []);
}

/** A picture that nobody follows any more would look live and be old. */
function forgetOthers(wanted: readonly string[]): void {
  for (const [camera, { picture }] of newest) {
    if (wanted.includes(camera)) continue;
    picture.close();
    newest.delete(camera);
  }
  broken = false;
  tell();
}
