import { describe, expect, test } from "vitest";
import type { SourceState } from "../src/api/types";
import { metres, people, withBand } from "../src/logic/figures";
import { byUrgency, priorityOf } from "../src/logic/priority";
import { countLate, freshnessOf } from "../src/logic/quiet";
import { age, HOUR, MINUTE, roughly, SECOND } from "../src/logic/time";
import { en } from "../src/text/en";
import { incident, source } from "./facts";

describe("order", () => {
  test("priority follows urgency and severity", () => {
    expect(priorityOf({ urgency: "Immediate", severity: "Extreme" })).toBe(1);
    expect(priorityOf({ urgency: "Immediate", severity: "Minor" })).toBe(2);
    expect(priorityOf({ urgency: "Expected", severity: "Severe" })).toBe(2);
    expect(priorityOf({ urgency: "Expected", severity: "Minor" })).toBe(3);
    expect(priorityOf({ urgency: "Future", severity: "Minor" })).toBe(4);
    expect(priorityOf({ urgency: "Past", severity: "Extreme" })).toBe(4);
  });

  test("closed stands last, then priority, then unseen before handled, then likelihood, then age", () => {
    const rows = [
      incident({ id: "closed", state: "closed", urgency: "Immediate", severity: "Extreme" }),
      incident({ id: "late", urgency: "Future" }),
      incident({ id: "handled", state: "acknowledged", urgency: "Immediate", severity: "Severe" }),
      incident({ id: "unseen", urgency: "Immediate", severity: "Severe", probability: 0.2 }),
      incident({ id: "surer", urgency: "Immediate", severity: "Severe", probability: 0.8 }),
    ];
    expect(rows.sort(byUrgency).map(({ id }) => id)).toEqual(["surer", "unseen", "handled", "late", "closed"]);
  });

  test("the order is total: equal ones stay apart by their id", () => {
    const [a, b] = [incident({ id: "a" }), incident({ id: "b" })];
    expect(byUrgency(a, b)).toBeLessThan(0);
    expect(byUrgency(b, a)).toBeGreaterThan(0);
  });
});

describe("ages", () => {
  test.each([
    [0, "0:00"],
    [41 * SECOND, "0:41"],
    [59 * MINUTE + 59 * SECOND, "59:59"],
    [HOUR + 5 * MINUTE, "1 h 05"],
    [49 * HOUR, "2 d"],
    [-3 * SECOND, "0:00"],
  ])("%d ns is %s", (span, words) => expect(age(span)).toBe(words));

  test("a rough figure keeps one unit", () => {
    expect([12 * SECOND, 3.9 * MINUTE, 2 * HOUR, 72 * HOUR].map(roughly)).toEqual(["12 s", "3 min", "2 h", "3 d"]);
  });
});

describe("quiet", () => {
  const late = (changes: Partial<SourceState>) => source({ state: "silent", ...changes });

  test("sources that speak only on events are not needed", () => {
    const fresh = freshnessOf([source({ id: "a" }), source({ id: "b", fresh_s: 0, state: "event" })]);
    expect(fresh).toEqual({ needed: 1, fresh: 1, late: [] });
  });

  test("late ones are counted, cameras apart, silent first", () => {
    const { late: rows } = freshnessOf([
      late({ id: "c", state: "stale" }),
      late({ id: "x", door: "camera" }),
      source({ id: "ok" }),
    ]);
    expect(rows.map(({ id }) => id)).toEqual(["x", "c"]);
    expect(en.quietBut(countLate(rows))).toBe("Quiet, but 1 camera and 1 other source late or silent");
  });

  test("three silent cameras are named as such", () => {
    const cameras = ["a", "b", "c"].map((id) => late({ id, door: "camera" }));
    expect(en.quietBut(countLate(cameras))).toBe("Quiet, but 3 cameras silent");
  });
});

describe("figures", () => {
  test("a probability never comes without its band", () => {
    expect(withBand({ probability: 0.82, low: 0.7, high: 0.9 })).toBe("82% (70–90)");
  });
  test("lengths and people", () => {
    expect([metres(40.4), metres(1240)]).toEqual(["40 m", "1.2 km"]);
    expect([people(3.4), people(47), people(324)]).toEqual(["3", "45", "320"]);
  });
});
