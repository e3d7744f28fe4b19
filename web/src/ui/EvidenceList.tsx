import { useState } from "react";
import { api } from "../api/client";
import { clock } from "../logic/time";
import type { Evidence, Incident } from "../model";
import { text } from "../text";
import type { Words } from "../words";
import { Section } from "./Section";

const MOST = 12;

interface Props {
  incident: Incident;
  detections: Words["detection"][];
}

/** Anonymised clips, pictures and plots. Nothing is fetched until somebody looks, for every look is recorded. */
export function EvidenceList({ incident, detections }: Props) {
  const every = [...incident.evidence, ...detections.flatMap((detection) => detection.evidence ?? [])];
  const distinct = [...new Map(every.map((evidence) => [evidence.ref, evidence])).values()];
  const t = text();
  if (!distinct.length) return null;
  return (
    <Section title={t.evidenceTitle} aside={t.looksAreRecorded}>
      <ul className="evidence">
        {distinct.slice(-MOST).map((evidence) => (
          <Piece key={evidence.ref} evidence={evidence} />
        ))}
      </ul>
    </Section>
  );
}

function Piece({ evidence }: { evidence: Evidence }) {
  const [looking, setLooking] = useState(false);
  const t = text();
  return (
    <li data-evidence={evidence.ref}>
      <button type="button" className="plain" aria-expanded={looking} onClick={() => setLooking(!looking)}>
        <span>{evidence.title || t.evidenceTypes[evidence.type]}</span>
        <span className="row-sub">
          {t.evidenceTypes[evidence.type]} · {clock(evidence.start)}
        </span>
        <b>{t.look}</b>
      </button>
      {looking && <Shown evidence={evidence} />}
    </li>
  );
}

function Shown({ evidence }: { evidence: Evidence }) {
  const url = api.evidenceUrl(evidence.ref);
  const title = evidence.title || text().evidenceTypes[evidence.type];
  if (evidence.media_type.startsWith("image/")) return <img src={url} alt={title} />;
  if (evidence.media_type.startsWith("video/")) return <video src={url} controls muted autoPlay loop title={title} />;
  return (
    <a href={url} target="_blank" rel="noreferrer">
      {title}
    </a>
  );
}
