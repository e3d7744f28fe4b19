import { memo } from "react";
import type { Device } from "../../api/devices";
import { addressOf } from "../../logic/address";
import { figure, rate, skew } from "../../logic/devices";
import { roughly } from "../../logic/time";
import { useTickingLive } from "../../store/clock";
import { usePicture } from "../../store/page";
import { edge } from "../../text/edge";
import { HealthMark } from "./HealthMark";

const t = edge.devices;

interface Props {
  device: Device;
  number: number;
  opened: boolean;
}

/** One device in the table; drawn again only when it changed. The link in its name covers the whole row. */
export const DeviceRow = memo(function DeviceRow({ device, number, opened }: Props) {
  const site = usePicture(({ sites }) => sites.find(({ id }) => id === device.site)?.name) ?? device.site;
  return (
    <tr aria-rowindex={number} data-device={device.id} data-health={device.health} className={opened ? "selected" : ""}>
      <td data-column="health">
        <HealthMark health={device.health} />
      </td>
      <td data-column="name">
        <a href={addressOf("devices", device.id)} aria-current={opened ? "true" : undefined}>
          {device.name || device.id}
        </a>
        {device.name && device.name !== device.id && <span className="row-sub"> {device.id}</span>}
      </td>
      <td data-column="kind">{device.profile || <span className="row-sub">{t.noKind}</span>}</td>
      <td data-column="site">{site}</td>
      <td data-column="heard">
        <Heard at={device.last_seen} />
      </td>
      <td data-column="battery">
        <Battery device={device} />
      </td>
      <td data-column="skew">{skew(device.ahead_ms)}</td>
      <td data-column="rate">{rate(device.per_s)}</td>
      <td data-column="refused" title={device.reason}>
        {device.refused > 0 && (
          <>
            <b>{device.refused.toLocaleString("en-GB")}</b> <span className="row-sub">{device.reason}</span>
          </>
        )}
      </td>
    </tr>
  );
});

export function Heard({ at }: { at: number }) {
  const words = useTickingLive((now) => (at ? t.ago(roughly(now - at)) : t.never));
  return <>{words}</>;
}

export function Battery({ device: { battery, battery_low } }: { device: Device }) {
  if (battery === null) return null;
  return (
    <span className={battery_low ? "warn" : ""}>
      {figure(battery)}
      {battery_low && ` ▾ ${t.batteryLow}`}
    </span>
  );
}
