import { useMemo, useRef } from "react";
import type { Device } from "../../api/devices";
import { countsOf, isWaiting, type Sort } from "../../logic/devices";
import { choose, fetchDevices, rowsOf, useDevices } from "../../store/devices";
import { usePage, usePicture } from "../../store/page";
import { edge } from "../../text/edge";
import { Empty } from "../Empty";
import { Fetching } from "../Fetching";
import { FindBox } from "../FindBox";
import { StateFilter } from "../StateFilter";
import { Trouble } from "../Trouble";
import { DeviceRow } from "./DeviceRow";
import { HealthMark } from "./HealthMark";
import { Links } from "./Links";
import { useRowsInView } from "./rowsInView";
import { Waiting } from "./Waiting";

const t = edge.devices;
const NONE: ReadonlyMap<string, Device> = new Map();
const ROW = { desk: 40, phone: 60 };

/** Left: who waits, the lines to the sites, then every device in a table. */
export function DeviceTable() {
  const devices = usePage((page) => page.devices);
  const trouble = useDevices((state) => state.trouble);
  const box = useRef<HTMLElement>(null);
  return (
    <section className="list devices" aria-label={t.title} ref={box} data-devices={devices?.size}>
      <Head devices={devices ?? NONE} />
      {trouble && <Trouble words={t.failed(trouble)} again={() => void fetchDevices()} />}
      {!devices && !trouble && <Fetching words={t.loading} />}
      {devices && (
        <>
          <Waiting devices={devices} />
          <Links />
          <Table devices={devices} box={box} />
        </>
      )}
    </section>
  );
}

function Head({ devices }: { devices: ReadonlyMap<string, Device> }) {
  const { words, health } = useDevices((state) => state.choice);
  const counts = useMemo(() => countsOf(devices.values()), [devices]);
  return (
    <header className="edge-head">
      <h2>{t.title}</h2>
      <FindBox label={t.filter} hint={t.filterHint} value={words} change={(typed) => choose({ words: typed })} />
      <StateFilter
        label={t.columns.health}
        all={t.everyHealth}
        total={devices.size}
        counts={counts}
        chosen={health}
        choose={(one) => choose({ health: one })}
        mark={(one) => <HealthMark health={one} />}
      />
    </header>
  );
}

interface TableProps {
  devices: ReadonlyMap<string, Device>;
  box: React.RefObject<HTMLElement | null>;
}

function Table({ devices, box }: TableProps) {
  const choice = useDevices((state) => state.choice);
  const opened = usePage((page) => page.opened);
  const rows = useMemo(() => rowsOf(devices, choice), [devices, choice]);
  const known = useMemo(() => [...devices.values()].filter((device) => !isWaiting(device)).length, [devices]);
  const oneSite = usePicture(({ sites }) => sites.length < 2);
  const body = useRef<HTMLTableSectionElement>(null);
  const part = useRowsInView(box, body, rows.length, ROW, opened ? rows.findIndex(({ id }) => id === opened) : -1);
  if (!devices.size) return <Empty words={t.none} how={t.noneHow} />;
  return (
    <>
      <table className={`devices-table ${oneSite ? "one-site" : ""}`} aria-rowcount={rows.length + 1}>
        <caption className="row-sub" role="status">
          {t.of(rows.length, choice.health === "held" ? rows.length : known)}
        </caption>
        <Columns sort={choice.sort} />
        <tbody ref={body}>
          {part.above > 0 && <Blank height={part.above} />}
          {rows.slice(part.first, part.last).map((device, i) => (
            <DeviceRow key={device.id} device={device} number={part.first + i + 2} opened={device.id === opened} />
          ))}
          {part.below > 0 && <Blank height={part.below} />}
        </tbody>
      </table>
      {!rows.length && known > 0 && <Empty words={t.noneFit} />}
    </>
  );
}

const Blank = ({ height }: { height: number }) => (
  <tr className="blank" style={{ height }}>
    <td />
  </tr>
);

const COLUMNS: [keyof typeof t.columns, Sort | null][] = [
  ["health", "health"],
  ["name", "name"],
  ["kind", null],
  ["site", null],
  ["heard", "heard"],
  ["battery", null],
  ["skew", null],
  ["rate", "rate"],
  ["refused", "refused"],
];

const DIRECTION: Record<Sort, "ascending" | "descending"> = {
  health: "ascending",
  name: "ascending",
  heard: "ascending",
  rate: "descending",
  refused: "descending",
};

function Columns({ sort }: { sort: Sort }) {
  return (
    <thead>
      <tr>
        {COLUMNS.map(([name, by]) => (
          <th key={name} scope="col" data-column={name} aria-sort={by === sort && by ? DIRECTION[by] : undefined}>
            {by ? (
              <button
                type="button"
                className="plain"
                title={`${t.sortedBy} ${t.columns[name]}`}
                onClick={() => choose({ sort: by })}
              >
                {t.columns[name]} <span aria-hidden="true">{by === sort ? sortSign(by) : ""}</span>
              </button>
            ) : (
              t.columns[name]
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

const sortSign = (sort: Sort) => (DIRECTION[sort] === "ascending" ? "▴" : "▾");
