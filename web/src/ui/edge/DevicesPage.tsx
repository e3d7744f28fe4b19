import "../../styles/edge.css";
import "../../styles/device-panel.css";
import "../../styles/device-table.css";
import { useEffect } from "react";
import { ownKeys } from "../../keys/own";
import { LINK } from "../../logic/links";
import { leaveAsking, stepDevice, useDevicesLive } from "../../store/devices";
import { usePage } from "../../store/page";
import { DevicePanel } from "./DevicePanel";
import { DeviceTable } from "./DeviceTable";
import { LinkPanel } from "./LinkPanel";

/** Which devices the city has, how each is doing, who may speak, and how the edge sites are connected. */
export default function DevicesPage({ side }: { side: React.ReactNode }) {
  useDevicesLive();
  useEffect(() => ownKeys.use({ step: stepDevice, leave: leaveAsking }), []);
  return (
    <>
      <DeviceTable />
      {side ?? <Side />}
    </>
  );
}

function Side() {
  const opened = usePage((page) => page.opened);
  const known = usePage((page) => page.opened !== null && (page.devices?.has(page.opened) ?? false));
  if (opened?.startsWith(LINK) && !known) return <LinkPanel key={opened} site={opened.slice(LINK.length)} />;
  return <DevicePanel key={opened} />;
}
