import { useMemo } from "react";
import type { Device, DeviceDetail } from "../../api/devices";
import { figure, isStranger, rate, skew } from "../../logic/devices";
import { clock, day, roughly } from "../../logic/time";
import { lookAt } from "../../map/lookAt";
import { complete } from "../../model";
import { useTickingLive } from "../../store/clock";
import { useDevices } from "../../store/devices";
import { usePage, usePicture } from "../../store/page";
import { edge } from "../../text/edge";
import { Audit } from "../Audit";
import { Progress } from "../Done";
import { Empty } from "../Empty";
import { Facts } from "../Facts";
import { Section } from "../Section";
import { DeviceOrders } from "./DeviceOrders";
import { Battery, Heard } from "./DeviceRow";
import { HealthMark } from "./HealthMark";
import { LiveValues } from "./LiveValues";
import { Maintenance } from "./Maintenance";
import { Admit } from "./Waiting";

const t = edge.devices;

/** Right: everything about one device, in the order in which somebody asks. */
export function DevicePanel() {
  const opened = usePage((page) => page.opened);
  const loaded = usePage((page) => page.devices !== null);
  const device = usePage((page) => page.devices?.get(page.opened ?? ""));
  return (
    <main className="side" aria-label={t.columns.name} id="story" data-device-panel={device?.id}>
      {device ? (
        <OneDevice device={device} />
      ) : (
        <Empty words={opened !== null && loaded ? t.gone(opened) : t.pick} how={t.pickHow} />
      )}
    </main>
  );
}

function OneDevice({ device }: { device: Device }) {
  const detail = useDevices((state) => (state.detail?.device.id === device.id ? state.detail : null));
  return (
    <>
      <DeviceHead device={device} />
      {isStranger(device) && (
        <div className="actions">
          <Admit id={device.id} only={device.health !== "held" && device.health !== "rejected"} />
        </div>
      )}
      <LiveValues source={device.id} labels={detail?.profile?.resources ?? []} />
      <DeviceOrders device={device} specs={detail?.profile?.commands ?? []} />
      <Told detail={detail} />
      <Maintenance device={device} />
      <About device={device} />
      <Audit entries={detail?.audit ?? []} />
    </>
  );
}

function DeviceHead({ device }: { device: Device }) {
  const since = useTickingLive((now) => (device.since ? roughly(now - device.since) : ""));
  return (
    <header className="device-head">
      <h2>{device.name || device.id}</h2>
      <p className="device-state">
        <HealthMark health={device.health} />
        {since && (
          <span className="row-sub">
            {t.since} {since}
          </span>
        )}
      </p>
      {device.detail && <p>{device.detail}</p>}
      <Place device={device} />
    </header>
  );
}

function Place({ device: { place } }: { device: Device }) {
  if (!place) return <p className="row-sub">{t.noPlace}</p>;
  const show = () => {
    usePage.setState({ room: "map" });
    lookAt.place(place);
  };
  return (
    <p className="device-place">
      {place.name || `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}`}
      <button type="button" onClick={show}>
        {t.showPlace}
      </button>
    </p>
  );
}

/** What the table has no room for; what is nothing is left out. */
function About({ device }: { device: Device }) {
  const f = t.facts;
  const site = usePicture(({ sites }) => sites.find(({ id }) => id === device.site)?.name) ?? device.site;
  const said = Object.entries(device.said);
  const n = (count: number) => (count ? count.toLocaleString("en-GB") : "");
  const rows: [string, React.ReactNode][] = [
    [f.id, device.id],
    [f.kind, device.profile || t.noKind],
    [f.make, [device.maker, device.model].filter(Boolean).join(" ")],
    [f.site, site],
    [f.via, device.via],
    [f.heard, <Heard key="heard" at={device.last_seen} />],
    [f.battery, device.battery === null ? "" : <Battery key="battery" device={device} />],
    [f.skew, skewWords(device.ahead_ms)],
    [f.rate, rate(device.per_s)],
    [f.accepted, n(device.accepted)],
    [f.refused, device.refused ? `${n(device.refused)}: ${device.reason}` : ""],
    [f.repeated, n(device.repeated)],
    [f.moved, n(device.moved)],
    [f.left, n(device.left_out)],
    [f.held, n(device.held)],
    [f.by, device.by],
    [t.saysTitle, said.map(([name, value]) => `${name} ${figureOr(value)}`).join(" · ")],
  ];
  return (
    <Section title={t.columns.name}>
      <Facts rows={rows} />
    </Section>
  );
}

function skewWords(ahead: number | null): string {
  if (ahead === null) return "";
  return Math.abs(ahead) < 1000 ? t.skewNone : t.skewWords(skew(ahead), ahead > 0);
}

const figureOr = (said: string) => {
  const number = Number(said);
  return said.trim() && Number.isFinite(number) ? figure(number) : said;
};

/** What it was told, and how far each order has got: the stream knows it before the device's own page does. */
function Told({ detail }: { detail: DeviceDetail | null }) {
  const live = usePicture((picture) => picture.commands);
  const told = useMemo(
    () =>
      (detail?.commands ?? []).map((command) => {
        const newer = live?.get(command.id);
        return newer && newer.revision > command.revision ? newer : complete("command", command);
      }),
    [detail, live],
  );
  if (!told.length) return null;
  return (
    <Section title={t.toldTitle}>
      <ul className="done">
        {told.map((command) => (
          <li key={command.id} className="command" data-command={command.id} data-state={command.state}>
            <span className="command-title">
              {[command.action, ...Object.entries(command.parameters).map(([k, v]) => `${k} ${v}`)].join(", ")}
            </span>
            <Progress command={command} />
            <span className="row-sub">
              {[command.approved_by, `${day(command.time)} ${clock(command.time)}`, command.reason, command.detail]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
