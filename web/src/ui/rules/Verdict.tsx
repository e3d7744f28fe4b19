import type { Problem } from "../../api/rules";
import { spanAt } from "../../logic/sql";
import { edge } from "../../text/edge";
import type { Checking } from "./useChecked";

const t = edge.rules;

/** Under the statement: what is wrong and where, or that nothing is, and how it would run. */
export function Verdict({ id, checking, sql }: { id: string; checking: Checking; sql: string }) {
  const { checked, current, trouble } = checking;
  const problems = checked?.problems ?? [];
  return (
    <div className="verdict" data-checked={current}>
      <div id={id} role="status">
        {trouble && <p className="field-wrong">{t.notChecked(trouble)}</p>}
        {!trouble && !checked && <p className="row-sub">{t.checking}</p>}
        {checked && !problems.length && <p>✓ {t.fine}</p>}
        {problems.length > 0 && (
          <ul className="problems" aria-label={t.problems(problems.length)}>
            {problems.map((one) => (
              <li key={`${one.field} ${one.line} ${one.column} ${one.reason}`} data-problem={one.field}>
                <span aria-hidden="true">▲</span> <Where problem={one} sql={sql} /> {one.reason}
              </li>
            ))}
          </ul>
        )}
      </div>
      {checked && !problems.length && checked.explain && (
        <details className="explain">
          <summary>
            {t.explain}: {t.runs[checked.runs ?? "columns"]}
            {checked.why && <span className="row-sub"> · {checked.why}</span>}
          </summary>
          <pre>{checked.explain}</pre>
        </details>
      )}
    </div>
  );
}

/** Brings the cursor to the place. */
function Where({ problem, sql }: { problem: Problem; sql: string }) {
  if (!problem.line) return problem.field ? <b>{problem.field}:</b> : null;
  const go = () => {
    const field = document.querySelector<HTMLTextAreaElement>("[data-sql]");
    const { start, end } = spanAt(sql, problem.line, problem.column);
    field?.focus();
    field?.setSelectionRange(start, end);
  };
  return (
    <button type="button" className="plain where-wrong" onClick={go}>
      {t.at(problem.line, problem.column)}
    </button>
  );
}
