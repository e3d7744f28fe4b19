import { isUnseen, type Priority, priorityOf } from "../logic/priority";
import type { Incident } from "../model";
import { usePage } from "../store/page";

/** A short tone when something new needs a person: two rising notes for priority 1, one note for 2, else silence. */

const NOTES: Partial<Record<Priority, number[]>> = { 1: [660, 880], 2: [520] };
const NOTE_S = 0.16;
const LOUDNESS = 0.12;

let audio: AudioContext | null = null;

/** Browsers allow sound only after the person has touched the page. */
export function wakeSound(): void {
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume();
}

export function announce(before: ReadonlyMap<string, Incident>, after: ReadonlyMap<string, Incident>): void {
  if (!usePage.getState().sound || audio?.state !== "running") return;
  let most: Priority = 4;
  for (const [id, incident] of after) {
    if (isUnseen(incident) && !before.has(id)) most = Math.min(most, priorityOf(incident)) as Priority;
  }
  play(audio, NOTES[most] ?? []);
}

function play(context: AudioContext, notes: number[]): void {
  notes.forEach((pitch, index) => {
    const start = context.currentTime + index * NOTE_S;
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(LOUDNESS, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + NOTE_S);
  });
}
