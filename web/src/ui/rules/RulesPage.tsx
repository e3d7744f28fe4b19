import "../../styles/edge.css";
import "../../styles/device-panel.css";
import "../../styles/rules.css";
import "../../styles/sql.css";
import { type ReactNode, useEffect } from "react";
import { ownKeys } from "../../keys/own";
import { NEW_RULE } from "../../logic/rules";
import { usePage } from "../../store/page";
import { draftOf, leaveAsking, runningRule, stepRule, useRules, useRulesLive } from "../../store/rules";
import { edge } from "../../text/edge";
import { Empty } from "../Empty";
import { RuleEditor } from "./RuleEditor";
import { RuleList } from "./RuleList";

const t = edge.rules;

/** Which rules run, how each is doing, and one of them in the editor. */
export default function RulesPage({ side }: { side: ReactNode }) {
  useRulesLive();
  useEffect(() => ownKeys.use({ step: stepRule, leave: leaveAsking }), []);
  return (
    <>
      <RuleList />
      {side ?? <Side />}
    </>
  );
}

function Side() {
  const opened = usePage((page) => page.opened);
  const query = useRules((state) => draftOf(state, opened));
  const running = useRules((state) => runningRule(state, opened)?.id);
  const loaded = useRules((state) => state.rules !== null);
  if (opened !== null && query && (loaded || opened === NEW_RULE))
    return <RuleEditor key={opened} opened={opened} query={query} running={running !== undefined} />;
  return (
    <main className="side" aria-label={t.title} id="story">
      <Empty words={opened !== null && loaded ? t.gone(opened) : t.pick} how={t.pickHow} />
    </main>
  );
}
