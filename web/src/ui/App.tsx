import { lazy, type ReactNode, Suspense, useEffect, useLayoutEffect } from "react";
import { useLinesLive } from "../store/away";
import { usePage } from "../store/page";
import { text } from "../text";
import { Banner } from "./Banner";
import { KeysPanel } from "./KeysPanel";
import { ListPanel } from "./ListPanel";
import { Loaded } from "./Loaded";
import { Login } from "./Login";
import { RoomTabs } from "./RoomTabs";
import { SourcesPanel } from "./SourcesPanel";
import { StoryPanel } from "./StoryPanel";
import { TimeBar } from "./TimeBar";
import { TopBar } from "./TopBar";

// The map library is the larger half of the page: the list is on the screen before it has arrived.
const CityMap = lazy(() => import("../map/CityMap"));
// Few need these, and none at once.
const CamerasPage = lazy(() => import("./cameras/CamerasPage"));
const DevicesPage = lazy(() => import("./edge/DevicesPage"));
const RulesPage = lazy(() => import("./rules/RulesPage"));

export function App() {
  const session = usePage((page) => page.session);
  const here = usePage((page) => page.live !== null);
  useTheme();
  if (session === null) return <Login />;
  if (!here) return <Loading />;
  return <Picture />;
}

function useTheme() {
  const theme = usePage((page) => page.theme);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
}

function Loading() {
  const trouble = usePage((page) => page.trouble);
  return (
    <main className="loading" role="status">
      {trouble ? text().trouble(trouble) : text().loading}
    </main>
  );
}

function Picture() {
  const [then, room] = [usePage((page) => page.at !== null), usePage((page) => page.room)];
  const view = usePage((page) => page.view);
  useTitle();
  useLinesLive();
  return (
    <div className={`page ${then ? "then" : ""}`} data-app data-room={room} data-view={view}>
      <AppliedCursor />
      <TopBar />
      <Banner />
      {view === "picture" ? <ListPanel /> : <EdgePage key={view} view={view} />}
      <Loaded room="map" words={text().mapNotLoaded}>
        <Suspense fallback={<div className="map" />}>
          <CityMap />
        </Suspense>
      </Loaded>
      {view === "picture" && (
        <>
          <CommonPanel or={<StoryPanel />} />
          <TimeBar />
        </>
      )}
      <RoomTabs />
    </div>
  );
}

const PAGES = { cameras: CamerasPage, devices: DevicesPage, rules: RulesPage };

function EdgePage({ view }: { view: keyof typeof PAGES }) {
  const panel = usePage((page) => page.panel);
  const Page = PAGES[view];
  return (
    <Loaded room="list" words={text().pageNotLoaded}>
      <Suspense fallback={<p className="list empty">{text().openingPage}</p>}>
        <Page side={panel === "story" ? null : <CommonPanel or={null} />} />
      </Suspense>
    </Loaded>
  );
}

/** The panels that every page has; else its own. */
function CommonPanel({ or }: { or: ReactNode }) {
  const panel = usePage((page) => page.panel);
  if (panel === "sources") return <SourcesPanel />;
  if (panel === "keys") return <KeysPanel />;
  return or;
}

/** Marks on the page's root what is on the screen: browser tests and the latency benchmark read it. */
function AppliedCursor() {
  const [cursor, ready] = [usePage((page) => page.live?.cursor), usePage((page) => page.mapReady)];
  useLayoutEffect(() => {
    const app = document.querySelector<HTMLElement>("[data-app]");
    if (!app) return;
    app.dataset.cursor = String(cursor ?? 0);
    if (ready) app.dataset.ready = "true";
  }, [cursor, ready]);
  return null;
}

function useTitle() {
  const name = usePage((page) => page.live?.city.name);
  useEffect(() => {
    document.title = name ? `s4 · ${name}` : "s4";
  }, [name]);
}
