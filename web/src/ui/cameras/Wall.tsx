import { useEffect, useMemo, useRef } from "react";
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
import { Empty } from "../Empty";
import { Fetching } from "../Fetching";
import { FindBox } from "../FindBox";
import { StateFilter } from "../StateFilter";
import { Trouble } from "../Trouble";
import { LivePicture } from "./LivePicture";
import { StandingMark } from "./StandingMark";
import { useSeen, type Watch } from "./useSeen";

const ON_WALL: Overlays = { people: false, alarms: true, zones: false, grid: false };
const MOST = 16;
/** So many fill the screen: they are drawn larger. */
const FEW = 6;

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
      {trouble && <Trouble words={t.failed(trouble)} again={() => void fetchCameras()} />}
      {!cameras && !trouble && <Fetching words={t.loading} />}
      <ul className="tiles" data-few={shown.length <= FEW || undefined}>
        {shown.map((camera) => (
          <Tile key={camera.id} camera={camera} asked={asked.includes(camera)} watch={watch} />
        ))}
      </ul>
      {cameras && !shown.length && (
        <Empty words={cameras.length ? t.noneFit : t.none} how={cameras.length ? "" : t.noneHow} />
      )}
    </section>
  );
}

function Head({ cameras }: { cameras: readonly Camera[] }) {
  const { filter, state } = useCameras();
  const counts = useMemo(() => standingsOf(cameras), [cameras]);
  return (
    <header className="edge-head">
      <h2>{t.title}</h2>
      <FindBox
        label={t.filter}
        hint={t.filterHint}
        value={filter}
        change={(words) => useCameras.setState({ filter: words })}
      />
      <StateFilter
        label={t.stateLabel}
        all={t.every}
        total={cameras.length}
        counts={counts}
        chosen={state}
        choose={(one) => useCameras.setState({ state: one })}
        mark={(one) => <StandingMark state={one} />}
      />
      <span className="row-sub wall-note">{t.recorded}</span>
    </header>
  );
}

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
