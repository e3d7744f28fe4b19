import { useEffect, useRef, useState } from "react";
import type { Alarm, Camera, Cause, Judgement } from "../../api/cameras";
import { api } from "../../api/client";
import { percent } from "../../logic/figures";
import { may } from "../../logic/roles";
import { clock, roughly } from "../../logic/time";
import { judge, judging, useCameras } from "../../store/cameras";
import { usePage } from "../../store/page";
import { text } from "../../text";
import { cameras as t } from "../../text/cameras";
import { Refusal } from "../Refusal";
import { Section } from "../Section";

const FIRST = 4;
const STEP = 20;

/** What it said within a day, and what people say of that. */
export function Alarms({ camera }: { camera: Camera }) {
  const alarms = useCameras((state) => (state.detail?.camera.id === camera.id ? state.detail.alarms : null));
  const judges = usePage((page) => may(page.session, "judgeAlarms"));
  const [most, setMost] = useState(FIRST);
  const [shown, fresh, holding] = useHeld(alarms ?? NONE, most);
  const left = (alarms?.length ?? 0) - most;
  return (
    <Section title={t.alarmsTitle} aside={fresh ? t.newOnes(fresh) : t.alarmsAside}>
      {alarms?.length === 0 && <p>{t.noAlarms}</p>}
      {alarms && alarms.length > 0 && !judges && <p className="row-sub duty">{t.onlyOperators}</p>}
      <ul className="camera-alarms" {...holding}>
        {shown.map((alarm) => (
          <One key={alarm.happening} alarm={alarm} judges={judges} />
        ))}
      </ul>
      {left > 0 && (
        <button type="button" onClick={() => setMost(most + STEP)}>
          {t.more(Math.min(left, STEP))}
        </button>
      )}
    </Section>
  );
}

const NONE: Alarm[] = [];

/** While somebody points at the list, or is in it by key, no row moves: new ones are counted, and wait. */
function useHeld(alarms: Alarm[], most: number) {
  const list = useRef<HTMLUListElement>(null);
  const pointed = useRef(false);
  const [held, setHeld] = useState<ReadonlySet<string> | null>(null);
  const asked = useCameras((state) => state.judging);
  const free = alarms.slice(0, most);
  const hold = () => setHeld((before) => before ?? new Set(free.map(({ happening }) => happening)));
  const letGo = () => {
    if (!pointed.current && !list.current?.contains(document.activeElement)) setHeld(null);
  };
  // Not when the cursor goes from one button to the next, nor at once: a button on which it was may just have gone.
  useEffect(letGo, [alarms]);
  const kept = held ? alarms.filter(({ happening }) => held.has(happening) || happening === asked) : free;
  const older = kept.at(-1)?.began ?? 0;
  const fresh = held ? alarms.filter((one) => !held.has(one.happening) && one.began >= older).length : 0;
  const point = (here: boolean) => () => {
    pointed.current = here;
    (here ? hold : letGo)();
  };
  const holding = { ref: list, onPointerEnter: point(true), onPointerLeave: point(false), onFocus: hold };
  return [kept, fresh, holding] as const;
}

function One({ alarm, judges }: { alarm: Alarm; judges: boolean }) {
  const { began, last, phase, confidence } = alarm;
  return (
    <li data-alarm={alarm.happening} data-open={phase !== "end" || undefined}>
      <time>{clock(began)}</time>
      <div>
        <p className="alarm-title">
          {alarm.title}
          {phase !== "end" && <b className="warn"> ▲ {t.goesOn}</b>}
        </p>
        <p className="row-sub">
          {[alarm.text, t.sure(percent(confidence)), phase === "end" && t.lasted(roughly(last - began))]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <Verdict alarm={alarm} judges={judges} />
      </div>
    </li>
  );
}

/** Nothing is fetched until somebody looks, for every look is recorded. */
function Shown({ alarm, film, name }: { alarm: Alarm; film: boolean; name: string }) {
  const [url, title] = [api.evidenceUrl(name), t.evidenceOf(alarm.title)];
  return (
    <div className="alarm-look">
      {film ? <video src={url} controls muted autoPlay loop title={title} /> : <img src={url} alt={title} />}
    </div>
  );
}

function Verdict({ alarm, judges }: { alarm: Alarm; judges: boolean }) {
  const { happening, judged } = alarm;
  const [open, setOpen] = useState(false);
  const asking = useCameras((state) => state.judging === happening);
  const sending = usePage((page) => page.pending.has(`judge:${happening}`));
  const sees = usePage((page) => may(page.session, "seePictures"));
  const [film, still] = ["video/", "image/"].map((type) => alarm.evidence.find(([, media]) => media.startsWith(type)));
  const name = sees ? (film ?? still)?.[0] : undefined;
  return (
    <>
      {judged && <Said alarm={alarm} judged={judged} undo={judges && !sending} />}
      <div className="buttons">
        {name && (
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} data-action="look">
            {t.look}
          </button>
        )}
        {!judged && judges && !asking && (
          <>
            <button type="button" onClick={() => judging(happening)} data-action="false-alarm">
              {t.isFalse}
            </button>
            <button
              type="button"
              disabled={sending}
              onClick={() => void judge(happening, "true_alarm")}
              data-action="true-alarm"
            >
              {t.isTrue}
            </button>
          </>
        )}
      </div>
      {open && name && <Shown alarm={alarm} film={film !== undefined} name={name} />}
      {asking && <Causes happening={happening} sending={sending} />}
      <Refusal of={`judge:${happening}`} />
    </>
  );
}

function Said({ alarm, judged, undo }: { alarm: Alarm; judged: Judgement; undo: boolean }) {
  if (judged.verdict === "withdrawn") return null;
  const cause = judged.cause && t.causes[judged.cause].toLowerCase();
  return (
    <p className="verdict-line" data-verdict={judged.verdict}>
      <b>✓ {t.judged[judged.verdict](cause)}</b>
      <span className="row-sub">{t.judgedBy(judged.by, clock(judged.time))}</span>
      {undo && (
        <button type="button" onClick={() => void judge(alarm.happening, "withdrawn")} data-action="withdraw">
          {text().undo}
        </button>
      )}
    </p>
  );
}

const CAUSES = Object.entries(t.causes) as [Exclude<Cause, "">, string][];

function Causes({ happening, sending }: { happening: string; sending: boolean }) {
  return (
    <fieldset className="causes">
      <legend>{t.whatWasIt}</legend>
      {CAUSES.map(([cause, words], at) => (
        <button
          key={cause}
          type="button"
          disabled={sending}
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that had the focus
          autoFocus={at === 0}
          onClick={() => void judge(happening, "false_alarm", cause)}
          data-cause={cause}
        >
          {words}
        </button>
      ))}
      <button type="button" className="plain" onClick={() => judging(null)}>
        {t.keep} <kbd>Esc</kbd>
      </button>
    </fieldset>
  );
}
