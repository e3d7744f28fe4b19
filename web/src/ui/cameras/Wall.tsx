import { useEffect, useMemo, useRef, useState } from "react";
import type { Camera } from "../../api/cameras";
import { addressOf } from "../../logic/address";
import { needsSomebody, standingsOf } from "../../logic/cameras";
import { may } from "../../logic/roles";
import { roughly } from "../../logic/time";
import { fetchCameras, type Overlays, shownCameras, useCameras } from "../../store/cameras";
import { useTickingLive } from "../../store/clock";
import { useLooks } from "../../store/looks";
import { usePage } from "../../store/page";
import { cameras as t } from "../../text/cameras";
import { LivePicture } from "./LivePicture";
import { StandingMark } from "./StandingMark";

const ON_WALL: Overlays = { people: false, alarms: true, zones: false, grid: false };
const MOST = 16;
const SETTLE_MS = 400;

/** Every camera: its picture, how it is doing, who is there, what it said last. Each keeps its place. */
export function Wall() {
  const { cameras, filter, state, trouble } = useCameras();
  const shown = useMemo(() => shownCameras({ cameras, filter, state }), [cameras, filter, state]);
  const [seen, watch] = useSeen();
  const sees = usePage((page) => may(page.session, "seePictures"));
  const asked = shown.filter(({ id, shows }) => shows && seen.has(id)).slice(0, MOST);
  useLooks(sees ? asked.map(({ id }) => id).join(",") : "", 480, 2);
  return (
    <section className="list wall" aria-label={t.title} data-cameras={cameras?.length}>
      <Head cameras={cameras ?? []} />
      {trouble && <Trouble reason={trouble} />}
      {!cameras && !trouble && (
        <p className="empty" role="status">
          {t.loading}
        </p>
      )}
      <ul className="tiles" data-few={shown.length < 5 || undefined}>
        {shown.map((camera) => (
          <Tile key={camera.id} camera={camera} asked={asked.includes(camera)} watch={watch} />
        ))}
      </ul>
      {cameras && !shown.length && (
        <div className="empty">
          <p>{cameras.length ? t.noneFit : t.none}</p>
          {!cameras.length && <p className="row-sub">{t.noneHow}</p>}
        </div>
      )}
    </section>
  );
}

function Trouble({ reason }: { reason: string }) {
  return (
    <p className="refusal" role="alert">
      {t.failed(reason)}{" "}
      <button type="button" onClick={() => void fetchCameras()}>
        {t.again}
      </button>
    </p>
  );
}

function Head({ cameras }: { cameras: readonly Camera[] }) {
  const { filter, state } = useCameras();
  const counts = useMemo(() => standingsOf(cameras), [cameras]);
  const only = (one: typeof state) => useCameras.setState({ state: one });
  return (
    <header className="edge-head">
      <h2>{t.title}</h2>
      <span className="find">
        <input
          type="search"
          value={filter}
          placeholder={t.filter}
          aria-label={`${t.filter}: ${t.filterHint}`}
          onChange={(event) => useCameras.setState({ filter: event.target.value })}
          data-filter
        />
        <kbd>/</kbd>
      </span>
      {counts.length > 1 && (
        <fieldset className="healths">
          <legend className="unseen-label">{t.stateLabel}</legend>
          <button type="button" aria-pressed={state === null} onClick={() => only(null)}>
            {t.every} <b>{cameras.length}</b>
          </button>
          {counts.map(([one, n]) => (
            <button
              key={one}
              type="button"
              aria-pressed={state === one}
              onClick={() => only(state === one ? null : one)}
              data-only={one}
            >
              <StandingMark state={one} /> <b>{n}</b>
            </button>
          ))}
        </fieldset>
      )}
      <span className="row-sub wall-note">{t.recorded}</span>
    </header>
  );
}

type Watch = (tile: Element | null) => (() => void) | undefined;

function Tile({ camera, asked, watch }: { camera: Camera; asked: boolean; watch: Watch }) {
  const tile = useRef<HTMLLIElement>(null);
  useEffect(() => watch(tile.current), [watch]);
  const { state, people, open, name } = camera;
  return (
    <li
      ref={tile}
      className="tile"
      data-camera={camera.id}
      data-open={open || undefined}
      data-needs={needsSomebody(state) || undefined}
    >
      <LivePicture camera={camera} overlays={ON_WALL} asked={asked} />
      <a href={addressOf("cameras", camera.id)}>{name}</a>
      <StandingMark state={state} />
      <span className="tile-people">{people === null ? "" : t.people(people)}</span>
      <LastAlarm camera={camera} />
    </li>
  );
}

function LastAlarm({ camera: { last, open } }: { camera: Camera }) {
  const ago = useTickingLive((now) => (last ? roughly(now - last.began) : ""));
  if (!last) return <span className="tile-last">{t.noAlarm}</span>;
  return (
    <span className="tile-last" data-open={open || undefined}>
      {open > 0 && <b>▲ {t.open(open)} · </b>}
      {t.lastAlarm(last.title, ago)}
    </span>
  );
}

/** The ids of the tiles that are in view, once the scrolling has come to rest. */
function useSeen(): [ReadonlySet<string>, Watch] {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const watch = useMemo(() => {
    const now = new Set<string>();
    let timer = 0;
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const id = (target as HTMLElement).dataset.camera ?? "";
          if (isIntersecting) now.add(id);
          else now.delete(id);
        }
        window.clearTimeout(timer);
        timer = window.setTimeout(() => setSeen(new Set(now)), SETTLE_MS);
      },
      { rootMargin: "80px" },
    );
    return (tile: Element | null) => {
      if (!tile) return undefined;
      observer.observe(tile);
      return () => {
        observer.unobserve(tile);
        now.delete((tile as HTMLElement).dataset.camera ?? "");
      };
    };
  }, []);
  return [seen, watch];
}
