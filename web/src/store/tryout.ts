import { useEffect } from "react";
import { create } from "zustand";
import { camerasApi, type Replay, type ReplayOffer } from "../api/cameras";

/** Other settings, tried on a recording: what there is, what is changed, how far the run is. */

const EVERY_MS = 700;

interface TryOut {
  camera: string;
  offer: ReplayOffer | null;
  recording: string;
  /** Setting → what is to be tried, as it was typed. */
  tried: ReadonlyMap<string, string>;
  replay: Replay | null;
  trouble: string;
}

const NOTHING: Omit<TryOut, "camera"> = { offer: null, recording: "", tried: new Map(), replay: null, trouble: "" };

export const useTryOut = create<TryOut>(() => ({ camera: "", ...NOTHING }));
const { getState, setState } = useTryOut;
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The settings that most people try first. */
const USUAL = ["zone_dwell_s", "unattended_after_s", "loitering_after_s"];

export function useOffer(camera: string): void {
  useEffect(() => {
    const stop = new AbortController();
    if (getState().camera !== camera) setState({ camera, ...NOTHING });
    camerasApi.offer(camera, stop.signal).then(
      (offer) => {
        const { recording, tried } = getState();
        const first = USUAL.find((name) => offer.settings.some((one) => one.name === name));
        setState({ offer, recording: recording || (offer.recordings[0] ?? ""), trouble: "" });
        if (!tried.size && first) trySetting(first);
      },
      (error) => !stop.signal.aborted && setState({ trouble: reason(error) }),
    );
    return () => stop.abort();
  }, [camera]);
  const replay = useTryOut((state) => state.replay);
  const going = replay?.state === "waiting" || replay?.state === "running";
  useEffect(() => {
    if (!going || !replay) return;
    const timer = window.setTimeout(async () => {
      try {
        setState({ replay: await camerasApi.replay(replay.id) });
      } catch (error) {
        setState({ replay: null, trouble: reason(error) });
      }
    }, EVERY_MS);
    return () => window.clearTimeout(timer);
  }, [going, replay]);
}

export function trySetting(name: string, value?: string): void {
  const { tried, offer } = getState();
  const present = offer?.settings.find((one) => one.name === name)?.value ?? 0;
  setState({ tried: new Map(tried).set(name, value ?? String(present)) });
}

export function leaveSetting(name: string): void {
  const left = new Map(getState().tried);
  left.delete(name);
  setState({ tried: left });
}

/** What is really other than it is, and can be: null while something cannot. */
export function changesOf({ offer, tried }: Pick<TryOut, "offer" | "tried">): Record<string, number> | null {
  const found: Record<string, number> = {};
  for (const [name, typed] of tried) {
    const setting = offer?.settings.find((one) => one.name === name);
    const value = Number(typed);
    if (!setting || !typed.trim() || !Number.isFinite(value)) return null;
    if (value < (setting.least ?? value) || value > (setting.most ?? value)) return null;
    if (setting.whole && !Number.isInteger(value)) return null;
    if (value !== setting.value) found[name] = value;
  }
  return Object.keys(found).length ? found : null;
}

export async function runAgain(): Promise<void> {
  const { camera, recording } = getState();
  const changes = changesOf(getState());
  if (!changes || !recording) return;
  try {
    setState({ replay: await camerasApi.runAgain(camera, recording, changes), trouble: "" });
  } catch (error) {
    setState({ trouble: reason(error) });
  }
}

export async function stopRun(): Promise<void> {
  const { replay } = getState();
  if (!replay) return;
  try {
    setState({ replay: await camerasApi.stopReplay(replay.id) });
  } catch (error) {
    setState({ trouble: reason(error) });
  }
}
