import { percent } from "../logic/figures";
import { clock } from "../logic/time";
import type { Incident } from "../model";
import { usePicture } from "../store/page";
import { text } from "../text";
import { Section } from "./Section";

/** What happened, line by line, newest first: time, what, who said so, how sure. */
export function Story({ incident }: { incident: Incident }) {
  const sources = usePicture((picture) => picture.sources);
  if (!incident.story.length) return null;
  const lines = [...incident.story].sort((a, b) => b.time - a.time);
  return (
    <Section title={text().storyTitle}>
      <ol className="story-lines">
        {lines.map((line) => (
          <li key={`${line.detection}:${line.time}`}>
            <time>{clock(line.time)}</time>
            <span>{line.text}</span>
            <span className="row-sub">
              {sources?.get(line.source)?.name || line.source} · {percent(line.confidence)}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
