import type { AuditEntry } from "../api/types";
import { clock } from "../logic/time";
import { usePicture } from "../store/page";
import { text } from "../text";
import { Section } from "./Section";

/** Who did what, as the audit log has it. */
export function Audit({ entries }: { entries: AuditEntry[] }) {
  const measures = usePicture((picture) => picture.recommendations);
  if (!entries.length) return null;
  return (
    <Section title={text().auditTitle}>
      <ol className="story-lines">
        {entries.map((entry) => (
          <li key={entry.number}>
            <time>{clock(entry.time)}</time>
            <span>
              {entry.actor}: {text().actions[entry.action] ?? entry.action} {measures?.get(entry.target)?.title}
            </span>
            {entry.reason && <span className="row-sub">“{entry.reason}”</span>}
          </li>
        ))}
      </ol>
    </Section>
  );
}
