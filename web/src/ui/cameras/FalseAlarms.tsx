import type { Camera } from "../../api/cameras";
import { percent } from "../../logic/figures";
import { useCameras } from "../../store/cameras";
import { cameras as t } from "../../text/cameras";
import { Section } from "../Section";

const share = (of: number | null) => (of === null ? t.notJudged : percent(of));

/** How many alarms of each kind, and how many of those that people judged were false. */
export function FalseAlarms({ camera }: { camera: Camera }) {
  const detail = useCameras((state) => (state.detail?.camera.id === camera.id ? state.detail : null));
  if (!detail?.alarms.length) return null;
  const { kind, alarms, judged, false: wrong } = t.shareColumns;
  return (
    <Section title={t.shareTitle} aside={t.shareAside}>
      <table className="shares">
        <thead>
          <tr>
            {[kind, alarms, judged, wrong].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {detail.counts.map((row) => (
            <tr key={row.kind || "all"} data-kind={row.kind || "all"}>
              <th scope="row">{row.title || t.together}</th>
              <td>{row.alarms}</td>
              <td>{row.judged}</td>
              <td>{share(row.false_share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
