import type { Camera } from "../../api/cameras";
import { roughly } from "../../logic/time";
import { useTickingLive } from "../../store/clock";
import { usePicture } from "../../store/page";
import { cameras as t } from "../../text/cameras";
import { Facts } from "../Facts";
import { Section } from "../Section";

/** Its figures: how many pictures, how many left out, how late, how often it was lost. */
export function CameraHealth({ camera }: { camera: Camera }) {
  const site = usePicture(({ sites }) => sites.find(({ id }) => id === camera.site)?.name) ?? camera.site;
  const ago = useTickingLive((now) => (camera.last_frame ? roughly(now - camera.last_frame) : ""));
  const watched = camera.per_s > 0;
  const rows: [string, string][] = [
    [t.health.rate, watched ? t.perS(camera.per_s.toFixed(1)) : ""],
    [t.health.dropped, watched ? t.droppedSays(camera.dropped_per_s.toFixed(1), camera.dropped) : ""],
    [t.health.delay, watched && camera.delay_ms < 60_000 ? t.delaySays(Math.round(camera.delay_ms).toString()) : ""],
    [t.health.reconnects, watched ? t.times(camera.reconnects) : ""],
    [t.health.people, camera.people === null ? "" : String(camera.people)],
    [t.health.picture, ago && t.ago(ago)],
    [t.health.place, site],
  ];
  return (
    <Section title={t.healthTitle}>
      <Facts rows={rows} />
    </Section>
  );
}
