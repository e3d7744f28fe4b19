import { addressOf, VIEWS } from "../logic/address";
import { isOpen, isUnseen } from "../logic/priority";
import { freshnessOf } from "../logic/quiet";
import { clock, day } from "../logic/time";
import { clockSpeed, useTicking } from "../store/clock";
import { usePage, usePicture } from "../store/page";
import { logout } from "../store/session";
import { backToLive } from "../store/travel";
import { togglePanel, toggleSound, toggleTheme } from "../store/view";
import { text } from "../text";
import { SitesAway } from "./SitesAway";

/** Where am I, how bad is it, is everything watching, what time is it. */
export function TopBar() {
  const city = usePicture((picture) => picture.city.name);
  return (
    <header className="top">
      <h1>
        <b>{text().product}</b>
        <span className="top-city">{city}</span>
      </h1>
      <Pages />
      <ThreatLevel />
      <Counts />
      <span className="top-gap" />
      <SitesAway />
      <SourcesButton />
      <Clock />
      <Operator />
      <Toggles />
    </header>
  );
}

/** The four pages; the address says which one is open. */
function Pages() {
  const view = usePage((page) => page.view);
  const t = text();
  return (
    <nav className="pages" aria-label={t.pagesLabel}>
      {VIEWS.map((name) => (
        <a key={name} href={addressOf(name)} aria-current={view === name ? "page" : undefined}>
          {t.pages[name]}
        </a>
      ))}
    </nav>
  );
}

const LEVEL = { normal: 1, heightened: 2, severe: 3 };

/** Three bars, as many filled as it is bad, and the word. */
function ThreatLevel() {
  const threat = usePicture((picture) => picture.threat) ?? "normal";
  return (
    <span className="threat" data-threat={threat}>
      <span className="threat-bars" aria-hidden="true">
        {[1, 2, 3].map((bar) => (
          <i key={bar} className={bar <= LEVEL[threat] ? "on" : ""} />
        ))}
      </span>
      <span>
        <span className="quiet-word">{text().threatLabel} </span>
        {text().threat[threat]}
      </span>
    </span>
  );
}

function Counts() {
  const incidents = usePicture((picture) => picture.incidents);
  const all = [...(incidents?.values() ?? [])];
  const unseen = all.filter(isUnseen).length;
  return (
    <span className="counts" role="status">
      <b>{all.filter(isOpen).length}</b> {text().open} · <b className={unseen ? "unseen" : ""}>{unseen}</b>{" "}
      {text().unseen}
    </span>
  );
}

function SourcesButton() {
  const sources = usePicture((picture) => picture.sources);
  const shown = usePage((page) => page.panel === "sources");
  const { fresh, needed } = freshnessOf(sources?.values() ?? []);
  return (
    <button
      type="button"
      className={`plain ${fresh < needed ? "late" : ""}`}
      aria-pressed={shown}
      onClick={() => togglePanel("sources")}
      data-sources-button
    >
      {fresh < needed && <span aria-hidden="true">◐ </span>}
      <span className="quiet-word">{text().sources} </span>
      <b>
        {fresh}/{needed}
      </b>{" "}
      {text().fresh}
    </button>
  );
}

function Clock() {
  const then = usePage((page) => page.at !== null);
  const up = usePage((page) => page.line.state === "up");
  const time = useTicking(clock);
  const date = useTicking(day);
  const t = text();
  const speed = clockSpeed();
  return (
    <span className="clock" title={date}>
      <time>{time}</time>
      {then ? (
        <button type="button" className="then-word" onClick={backToLive} title={t.backToLive}>
          {t.past}
        </button>
      ) : (
        <span className={`live-word ${up ? "" : "off"}`}>{t.live}</span>
      )}
      {speed !== 1 && <span className="quiet-word">{t.speed(speed)}</span>}
    </span>
  );
}

function Operator() {
  const session = usePage((page) => page.session);
  if (!session || session === "unknown") return null;
  return (
    <span className="operator" title={session.role}>
      <span>{session.name || session.actor}</span>
      <button type="button" className="plain" onClick={() => void logout()}>
        {text().logout}
      </button>
    </span>
  );
}

function Toggles() {
  const [theme, sound] = [usePage((page) => page.theme), usePage((page) => page.sound)];
  const t = text();
  return (
    <span className="toggles">
      <IconButton label={sound ? t.soundOn : t.soundOff} pressed={sound} act={toggleSound}>
        <path d="M4 9v6h4l5 4V5L8 9Z" />
        {sound ? <path d="M16.5 8.5a5 5 0 0 1 0 7M19 6a9 9 0 0 1 0 12" /> : <path d="m16 9 6 6m0-6-6 6" />}
      </IconButton>
      <IconButton label={theme === "dark" ? t.toLight : t.toDark} act={toggleTheme}>
        <circle cx="12" cy="12" r="8" />
        <path d="M12 4a8 8 0 0 1 0 16Z" fill="currentColor" />
      </IconButton>
      <IconButton label={t.keysLabel} act={() => togglePanel("keys")}>
        <path d="M9 9a3 3 0 1 1 4.2 2.8c-.9.4-1.2 1-1.2 2.2M12 17.4v.2" />
        <circle cx="12" cy="12" r="9" />
      </IconButton>
    </span>
  );
}

interface IconButtonProps {
  label: string;
  pressed?: boolean;
  act: () => void;
  children: React.ReactNode;
}

function IconButton({ label, pressed, act, children }: IconButtonProps) {
  return (
    <button type="button" className="icon" aria-label={label} aria-pressed={pressed} title={label} onClick={act}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {children}
      </svg>
    </button>
  );
}
