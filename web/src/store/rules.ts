import { useEffect } from "react";
import { create } from "zustand";
import { api } from "../api/client";
import { type Query, type Rule, type RuleWords, rulesApi, type Trial } from "../api/rules";
import { BLANK, NEW_RULE, rulesWith, SPANS, type Span, sameRule } from "../logic/rules";
import type { CityWords } from "../logic/sql";
import { edge } from "../text/edge";
import { decide } from "./actions";
import { liveNow } from "./clock";
import { useFollowing } from "./following";
import { shownIn, usePage } from "./page";
import { goTo } from "./route";

/** The rules that run, the ones that are being written, and what is done about them. */

const EVERY_MS = 3_000;
/** The edge says every 10 s how its rules are: until then what was decided here is shown. */
const SETTLES_MS = 25_000;

/** What was done last, and what it was before. */
export interface Undo {
  id: string;
  did: "save" | "remove" | "undo";
  before: Query | null;
}

export interface Tried {
  query: Query;
  since: number;
  until: number;
  span: Span;
  trial: Trial | null;
  trouble: string;
}

interface Rules {
  rules: ReadonlyMap<string, Rule> | null;
  trouble: string;
  words: RuleWords | null;
  city: CityWords;
  filter: string;
  drafts: ReadonlyMap<string, Query>;
  /** What was decided and is not in the edge's answer yet: the rule, or null when it is taken away. */
  decided: ReadonlyMap<string, { query: Query | null; until: number }>;
  asking: "save" | "remove" | null;
  undo: Undo | null;
  trying: boolean;
  tried: Tried | null;
}

export const useRules = create<Rules>(() => ({
  rules: null,
  trouble: "",
  words: null,
  city: { source: [], property: [], unit: [], site: [] },
  filter: "",
  drafts: new Map(),
  decided: new Map(),
  asking: null,
  undo: null,
  trying: false,
  tried: null,
}));

const { getState, setState } = useRules;
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export async function fetchRules(signal?: AbortSignal): Promise<void> {
  try {
    const all = await rulesApi.all(signal);
    const rules = new Map(all.map((rule) => [rule.id, rule]));
    setState(({ decided }) => ({ rules, trouble: "", decided: stillOpen(decided, rules) }));
  } catch (error) {
    if (!signal?.aborted) setState({ trouble: reasonOf(error) });
  }
}

/** What the edge has taken up, or has not in a long time, is shown as the edge says. */
function stillOpen(decided: Rules["decided"], rules: ReadonlyMap<string, Rule>): Rules["decided"] {
  const open = [...decided].filter(([id, { query, until }]) => {
    const known = rules.get(id);
    const taken = query === null ? known === undefined : known !== undefined && sameRule(known.query, query);
    return !taken && performance.now() < until;
  });
  return open.length === decided.size ? decided : new Map(open);
}

export function useRulesLive(): void {
  useFollowing(fetchRules, EVERY_MS);
  useEffect(() => {
    void rulesApi.words().then(
      (words) => setState({ words }),
      () => undefined,
    );
    void api.seriesNames().then(
      (names) => setState({ city: cityWords(names) }),
      () => undefined,
    );
  }, []);
}

function cityWords(names: Awaited<ReturnType<typeof api.seriesNames>>): CityWords {
  const shown = shownIn(usePage.getState());
  const once = (all: Iterable<string>) => [...new Set(all)].sort();
  return {
    source: once([...names.map(({ source }) => source), ...(shown?.sources.keys() ?? [])]),
    property: once(names.map(({ property }) => property)),
    unit: once(names.map(({ unit }) => unit)),
    site: once(shown?.sites.map(({ id }) => id) ?? []),
  };
}

/** The rules as they are, with what was just decided. */
export function shownRules({ rules, decided }: Pick<Rules, "rules" | "decided">): Rule[] {
  const all = new Map(rules ?? []);
  for (const [id, { query }] of decided) {
    if (query === null) all.delete(id);
    else all.set(id, { ...(all.get(id) ?? NOT_YET), id, query, origin: "people" });
  }
  return [...all.values()];
}

const NOT_YET: Omit<Rule, "id" | "query"> = {
  origin: "people",
  runs: "columns",
  why: "",
  counts: {},
  reason: "",
  time: 0,
};

/** The rule of that name as it runs. */
export const runningRule = (state: Pick<Rules, "rules" | "decided">, id: string | null): Rule | undefined =>
  shownRules(state).find((rule) => rule.id === id);

/** What stands in the editor. */
export function draftOf(state: Rules, id: string | null): Query | undefined {
  if (id === null) return undefined;
  return state.drafts.get(id) ?? (id === NEW_RULE ? BLANK : runningRule(state, id)?.query);
}

export function change(id: string, query: Query): void {
  setState((state) => {
    const drafts = new Map(state.drafts);
    const running = runningRule(state, id)?.query;
    if (running && sameRule(running, query)) drafts.delete(id);
    else drafts.set(id, query);
    return { drafts };
  });
}

export function discard(id: string): void {
  setState(({ drafts }) => {
    const left = new Map(drafts);
    left.delete(id);
    return { drafts: left, asking: null };
  });
  if (id === NEW_RULE) goTo("rules");
}

/** Escape: close the form that asks something. */
export function leaveAsking(): boolean {
  if (getState().asking === null) return false;
  setState({ asking: null });
  return true;
}

/** `j` and `k`. */
export function stepRule(by: 1 | -1): void {
  const state = getState();
  const rows = rulesWith(shownRules(state), state.filter);
  const here = rows.findIndex(({ id }) => id === usePage.getState().opened);
  const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
  if (next) goTo("rules", next.id);
}

const note = (id: string, query: Query | null) =>
  setState(({ decided }) => ({ decided: new Map(decided).set(id, { query, until: performance.now() + SETTLES_MS }) }));

/** Save what stands in the editor under `opened`. */
export async function save(opened: string, query: Query, reason: string): Promise<void> {
  const before = runningRule(getState(), query.id)?.query ?? null;
  if (!(await decide(`rule:${opened}`, () => rulesApi.put(query, reason), reasonOf))) return;
  note(query.id, query);
  const undo: Undo = { id: query.id, did: "save", before };
  setState(({ drafts }) => {
    const left = new Map(drafts);
    left.delete(opened);
    return { drafts: left, asking: null, undo };
  });
  if (opened !== query.id) goTo("rules", query.id);
}

export async function remove(id: string, reason: string): Promise<void> {
  const before = runningRule(getState(), id)?.query ?? null;
  if (!(await decide(`rule:${id}`, () => rulesApi.remove(id, reason), reasonOf))) return;
  note(id, null);
  setState({ asking: null, undo: { id, did: "remove", before } });
  goTo("rules");
}

/** Put back what there was before, with a decision of its own. */
export async function undoLast(): Promise<void> {
  const { undo } = getState();
  if (!undo || undo.did === "undo") return;
  const { id, before } = undo;
  const reason = edge.rules.undoReason[undo.did];
  const ask = () => (before ? rulesApi.put(before, reason) : rulesApi.remove(id, reason));
  if (!(await decide("rule:undo", ask, reasonOf))) return;
  note(id, before);
  setState({ undo: { id, did: "undo", before: null } });
  goTo("rules", before ? id : null);
}

/** Run it over the past, without touching what runs. */
export async function tryOut(query: Query, span: Span): Promise<void> {
  if (getState().trying) return;
  const until = liveNow();
  const since = until - SPANS[span];
  setState({ trying: true });
  const done = (trial: Trial | null, trouble: string) =>
    setState({ trying: false, tried: { query, since, until, span, trial, trouble } });
  try {
    done(await rulesApi.tryOut(named(query), since, until), "");
  } catch (error) {
    done(null, reasonOf(error));
  }
}

/** A rule without a name yet can be checked and tried all the same. */
export const named = (query: Query): Query => ({ ...query, id: query.id || "new" });
