import { ApiError, api } from "../api/client";
import { Stream } from "../api/stream";
import type { FactMessage } from "../api/types";
import { applyFacts, applySources, pictureOf } from "../logic/picture";
import { announce } from "../ui/sound";
import { liveNow, setClock } from "./clock";
import { usePage } from "./page";
import { onDetection } from "./timeline";

/** Keeps the live picture: one snapshot, then the stream's facts put straight into it. */

const { getState, setState } = usePage;

/** Facts that arrive within one frame are drawn together, so that a burst costs one redraw. */
let waiting: FactMessage[] = [];
let flushing = 0;
const FRAME_MS = 16;

function take(message: FactMessage): void {
  if (message.word === "detection") onDetection(message.fact as unknown as { time: number });
  waiting.push(message);
  if (!flushing) flushing = window.setTimeout(flush, FRAME_MS);
}

function flush(): void {
  flushing = 0;
  const facts = waiting;
  waiting = [];
  const before = getState().live;
  if (!before || !facts.length) return;
  const live = applyFacts(before, facts);
  setState({ live });
  if (live.incidents !== before.incidents) announce(before.incidents, live.incidents);
}

const stream = new Stream(
  {
    fact: take,
    sources: (updates) => setState(({ live }) => (live ? { live: applySources(live, updates) } : {})),
    clock: ({ now, speed, threat }) => {
      setClock(now, speed);
      setState(({ live }) => (live ? { live: { ...live, now, speed, threat } } : {}));
    },
    up: () => getState().line.state !== "up" && setState({ line: { state: "up", lostAt: 0 } }),
    down: () => getState().line.state !== "down" && setState({ line: { state: "down", lostAt: liveNow() } }),
    reset: () => void restart(),
    refused: () => setState({ session: null, live: null }),
  },
  () => getState().live?.cursor ?? 0,
  stillAllowed,
);

/** Only a clear "401" means that the session ended; anything else is a line that may come back. */
async function stillAllowed(): Promise<boolean> {
  try {
    await api.me();
    return true;
  } catch (error) {
    return !(error instanceof ApiError && error.status === 401);
  }
}

const RETRY_MS = 2_000;

/** Fetch the whole picture, then follow the stream from its cursor. */
export async function goLive(): Promise<void> {
  try {
    const live = pictureOf(await api.picture());
    setClock(live.now, live.speed);
    setState({ live, trouble: "" });
    stream.start();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return setState({ session: null });
    setState({ trouble: error instanceof Error ? error.message : String(error) });
    window.setTimeout(() => void goLive(), RETRY_MS);
  }
}

async function restart(): Promise<void> {
  stream.stop();
  await goLive();
}

export const stopLive = () => stream.stop();

/** A command that the server just answered with: shown at once, before the stream brings it too. */
export function applyAnswer(word: string, fact: { id: string }): void {
  setState(({ live }) => (live ? { live: applyFacts(live, [{ cursor: 0, recorded: 0, word, fact }]) } : {}));
}
