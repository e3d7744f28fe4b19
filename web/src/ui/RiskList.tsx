import { metres, people, percent, withBand } from "../logic/figures";
import type { Risk } from "../model";
import { usePicture } from "../store/page";
import { text } from "../text";
import { Section } from "./Section";

const MOST = 6;

/** Which assets it endangers, how much, and why. */
export function RiskList({ risks }: { risks: Risk[] }) {
  if (!risks.length) return null;
  return (
    <Section title={text().riskTitle}>
      <ul className="risks">
        {risks.slice(0, MOST).map((risk) => (
          <RiskLine key={risk.id} risk={risk} />
        ))}
      </ul>
    </Section>
  );
}

function RiskLine({ risk }: { risk: Risk }) {
  const name = usePicture((picture) => picture.assets.get(risk.asset)?.name) ?? risk.asset;
  const t = text();
  const facts = [
    risk.people >= 1 && t.peopleExposed(people(risk.people)),
    risk.distance_m !== null && t.away(metres(risk.distance_m)),
  ].filter(Boolean);
  return (
    <li className="risk" data-risk={risk.id}>
      <details>
        <summary>
          <span className="risk-name">{name}</span>
          <b>{withBand(risk)}</b>
          <span className="risk-bar" aria-hidden="true">
            <i style={{ width: percent(Math.max(0.01, risk.score)).replace(" ", "") }} />
          </span>
          <span className="row-sub">{facts.join(" · ")}</span>
        </summary>
        {risk.text && <p>{risk.text}</p>}
        <ul className="factors">
          {risk.factors.map((factor) => (
            <li key={factor.text}>
              <span role="img" aria-label={factor.log_odds > 0 ? t.raises : t.lowers}>
                {factor.log_odds > 0 ? "▲" : "▼"}
              </span>{" "}
              {factor.text}
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
