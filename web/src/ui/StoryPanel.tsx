import { useMemo } from "react";
import { aboutIncident } from "../logic/about";
import type { Incident } from "../model";
import { useDetail } from "../store/detail";
import { shownIn, usePage } from "../store/page";
import { text } from "../text";
import { Audit } from "./Audit";
import { Done } from "./Done";
import { Empty } from "./Empty";
import { EvidenceList } from "./EvidenceList";
import { Headline } from "./Headline";
import { IncidentActions } from "./IncidentActions";
import { Measures } from "./Measures";
import { Readings } from "./Readings";
import { RiskList } from "./RiskList";
import { Story } from "./Story";

/** Right: everything about one incident, in the order in which an operator asks. */
export function StoryPanel() {
  const selected = usePage((page) => page.selected);
  const incident = usePage((page) => shownIn(page)?.incidents.get(page.selected ?? ""));
  return (
    <main className="side" aria-label={text().storyLabel} id="story" data-story={incident?.id}>
      {incident ? <OneIncident key={incident.id} incident={incident} /> : <NoIncident chosen={selected !== null} />}
    </main>
  );
}

function NoIncident({ chosen }: { chosen: boolean }) {
  const then = usePage((page) => page.at !== null);
  const t = text();
  return <Empty words={chosen && then ? t.notKnownThen : t.nothingSelected} how={t.nothingSelectedHow} />;
}

function OneIncident({ incident }: { incident: Incident }) {
  const shown = usePage(shownIn);
  const about = useMemo(
    () => (shown ? aboutIncident(shown, incident.id) : { risks: [], measures: [], commands: [], tasks: [] }),
    [shown, incident.id],
  );
  const changes = about.commands.map((command) => command.revision).join();
  const detail = useDetail(incident.id, `${incident.revision}/${changes}`);
  return (
    <>
      <Headline incident={incident} />
      <IncidentActions incident={incident} />
      <Measures measures={about.measures} />
      <Done commands={about.commands} tasks={about.tasks} />
      <RiskList risks={about.risks} />
      <Story incident={incident} />
      <EvidenceList incident={incident} detections={detail?.detections ?? []} />
      <Readings incident={incident} />
      <Audit entries={detail?.audit ?? []} />
    </>
  );
}
