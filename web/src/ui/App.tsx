import { lazy, Suspense, useEffect, useLayoutEffect } from "react";
import { usePage } from "../store/page";
import { text } from "../text";
import { Banner } from "./Banner";
import { KeysPanel } from "./KeysPanel";
import { ListPanel } from "./ListPanel";
import { Login } from "./Login";
import { RoomTabs } from "./RoomTabs";
import { SourcesPanel } from "./SourcesPanel";
import { StoryPanel } from "./StoryPanel";
import { TimeBar } from "./TimeBar";
import { TopBar } from "./TopBar";

// The map library is the larger half of the page: the list is on the screen before it has arrived.
const CityMap = lazy(() => import("../map/CityMap"));

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
  useTitle();
  return (
    <div className={`page ${then ? "then" : ""}`} data-app data-room={room}>
      <AppliedCursor />
      <TopBar />
      <Banner />
      <ListPanel />
      <Suspense fallback={<div className="map" />}>
        <CityMap />
      </Suspense>
      <SidePanel />
      <TimeBar />
      <RoomTabs />
    </div>
  );
}

function SidePanel() {
  const panel = usePage((page) => page.panel);
  if (panel === "sources") return <SourcesPanel />;
  if (panel === "keys") return <KeysPanel />;
  return <StoryPanel />;
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
