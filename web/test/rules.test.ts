import { expect, test } from "vitest";
import type { Rule, RuleWords } from "../src/api/rules";
import { cell, columnsIn, firedIn, isRuleName, rulesWith, sameRule, strip } from "../src/logic/rules";
import { type CityWords, completionAt, offsetOf, ownWords, spanAt, tokensOf } from "../src/logic/sql";

const words: RuleWords = {
  streams: [
    {
      name: "readings",
      columns: [
        { name: "source", type: "string" },
        { name: "value", type: "float" },
      ],
    },
    { name: "events", columns: [] },
  ],
  functions: [{ name: "avg", family: "math", role: "aggregate", text: "the mean", least: 1, most: 1 }],
  windows: ["TUMBLINGWINDOW(ss, 10)"],
  keywords: ["SELECT", "FROM", "WHERE", "GROUP BY"],
  kinds: ["fire"],
};
const city: CityWords = { source: ["air-1", "air-2"], property: ["co2", "noise"], unit: ["[ppm]"], site: ["quay"] };
const offered = (sql: string, asked = false) =>
  completionAt(sql, sql.length, words, city, asked).offers.map(({ label }) => label);

test("the parts of a statement are the whole statement, whatever is typed", () => {
  const own = ownWords(words);
  for (const sql of ['SELECT a, avg(b) FROM x -- why\nWHERE c = "it\'s" AND `d e` > 1.5', "'open", 'ä→\n\t"', ""]) {
    expect(
      tokensOf(sql, own)
        .map(({ start, end }) => sql.slice(start, end))
        .join(""),
    ).toBe(sql);
  }
  const parts = tokensOf("select avg(value) FROM readings -- SELECT", own).filter(({ part }) => part !== "space");
  expect(parts.map(({ part }) => part)).toEqual([
    "keyword",
    "function",
    "other",
    "name",
    "other",
    "keyword",
    "name",
    "comment",
  ]);
});

test("line and column count from 1 and never leave the text", () => {
  expect(offsetOf("ab\ncd", 2, 2)).toBe(4);
  expect(offsetOf("ab\ncd", 1, 99)).toBe(2);
  expect(offsetOf("ab\ncd", 9, 1)).toBe(5);
});

test("a problem underlines the word at its place, or the last one when it is at the end", () => {
  expect(spanAt("SELECT valu FROM x", 1, 8)).toEqual({ start: 7, end: 11 });
  expect(spanAt("a = 'bc' d", 1, 5)).toEqual({ start: 4, end: 8 });
  expect(spanAt("SELECT a FROM", 1, 14)).toEqual({ start: 12, end: 13 });
  expect(spanAt("", 1, 1)).toEqual({ start: 0, end: 0 });
});

test("what could come next is offered: streams behind FROM, columns, functions, what the city has in quotes", () => {
  expect(offered("SELECT * FROM ")).toEqual(["readings", "events"]);
  expect(offered("SELECT * FROM rea")).toEqual(["readings"]);
  expect(offered("SELECT va")).toEqual(["value"]);
  expect(offered("SELECT av")).toEqual(["avg"]);
  expect(offered("SELECT * FROM readings GROUP BY tum")).toEqual(["TUMBLINGWINDOW(ss, 10)"]);
  expect(offered('WHERE property = "')).toEqual(["co2", "noise"]);
  expect(offered('WHERE property = "noi')).toEqual(["noise"]);
  expect(offered('WHERE source IN ("air-1", "')).toEqual(["air-1", "air-2"]);
});

test("nothing is offered unasked where nothing is typed, in comments, or for what stands there already", () => {
  expect(offered("SELECT ")).toEqual([]);
  expect(offered("SELECT ", true)).toContain("value");
  expect(offered("-- val")).toEqual([]);
  expect(offered("SELECT value")).toEqual([]);
  expect(offered('text = "va')).toEqual([]);
});

test("what is offered replaces only what is typed of it", () => {
  const { start, offers } = completionAt("SELECT va, b", 9, words, city, false);
  expect([start, offers[0]?.insert]).toEqual([7, "value"]);
});

test("a rule is the same with and without its defaults, in any order of fields", () => {
  const said = { id: "a", sql: "x", detection: { kind: "fire", text: "t" } };
  expect(sameRule(said, { detection: { text: "t", kind: "fire" }, sql: "x", id: "a", time: "event", late_s: 2 })).toBe(
    true,
  );
  expect(sameRule(said, { ...said, late_s: 3 })).toBe(false);
});

test("rules with faults come first", () => {
  const rule = (id: string, faults = 0): Rule => ({
    ...{ id, query: { id, sql: "SELECT 1", text: `text of ${id}` }, origin: "file", runs: "columns" },
    ...{ why: "", counts: { faults }, reason: "", time: 0 },
  });
  const all = [rule("b2"), rule("b10"), rule("z", 1)];
  expect(rulesWith(all, "").map(({ id }) => id)).toEqual(["z", "b2", "b10"]);
  expect(rulesWith(all, "TEXT b1").map(({ id }) => id)).toEqual(["b10"]);
});

test("names of rules are those that the server takes", () => {
  expect(["a", "a-1_b", "0"].every(isRuleName)).toBe(true);
  expect(["", "A", "-a", "a-", "a b", "a".repeat(65)].some(isRuleName)).toBe(false);
});

test("a trial is drawn where it fired", () => {
  const made = [0, 5, 9.99, 10, -1].map((time) => ({ time, row: { a: time } }));
  expect(firedIn(made, 0, 10, 5)).toEqual([1, 0, 1, 0, 1]);
  expect(
    columnsIn([
      { time: 0, row: { a: 1 } },
      { time: 1, row: { b: 2, a: 1 } },
    ]),
  ).toEqual(["a", "b"]);
  expect([cell(597.7250001), cell(null), cell("x"), cell([1, 2])]).toEqual(["597.725", "", "x", "[1,2]"]);
  const hour = 3600e9;
  expect(strip(0, hour).length).toBeGreaterThanOrEqual(4);
  expect(strip(0, 7 * 24 * hour).length).toBeLessThanOrEqual(8);
});
