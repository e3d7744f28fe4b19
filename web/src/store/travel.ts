import { api } from "../api/client";
import { type Picture, pictureOf } from "../logic/picture";
import { liveNow } from "./clock";
import { usePage } from "./page";

/** Looking back: the whole page as it was known at some instant. Live goes on underneath. */

/** While the handle is dragged, at most one question is open; the newest instant is asked next. */
let asking: AbortController | null = null;
let wanted: number | null = null;

const cache = new Map<number, Picture>();
const CACHED = 60;
const STEP = 1e9;

export function travelTo(instant: number): void {
  const at = Math.floor(Math.min(instant, liveNow()) / STEP) * STEP;
  if (at >= liveNow() - STEP) {
    backToLive();
    return;
  }
  wanted = at;
  usePage.setState({ seeking: at, ask: null, deciding: null });
  if (!asking) void askNext();
}

export function backToLive(): void {
  wanted = null;
  asking?.abort();
  usePage.setState({ at: null, past: null, seeking: null, trouble: "" });
}

export function travelBy(span: number): void {
  const { seeking, at } = usePage.getState();
  travelTo((seeking ?? at ?? liveNow()) + span);
}

/** The instant and its picture change together: what is shown under a time is what was known at that time. */
async function askNext(): Promise<void> {
  while (wanted !== null) {
    const at = wanted;
    wanted = null;
    const picture = cache.get(at) ?? (await ask(at));
    if (picture && usePage.getState().seeking !== null) usePage.setState({ at, past: picture, trouble: "" });
  }
  usePage.setState({ seeking: null });
}

async function ask(at: number): Promise<Picture | null> {
  const question = new AbortController();
  asking = question;
  try {
    const picture = pictureOf(await api.picture(at, question.signal));
    keep(at, picture);
    return picture;
  } catch (error) {
    if (!question.signal.aborted) usePage.setState({ trouble: error instanceof Error ? error.message : String(error) });
    return null;
  } finally {
    asking = null;
  }
}

function keep(at: number, picture: Picture): void {
  cache.set(at, picture);
  const oldest = cache.keys().next().value;
  if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
}
