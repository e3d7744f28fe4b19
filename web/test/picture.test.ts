import { describe, expect, test } from "vitest";
import type { FactMessage } from "../src/api/types";
import { aboutIncident, proposed } from "../src/logic/about";
import { isUndoable, stepsReached, undoes } from "../src/logic/commands";
import { applyFacts, applySources, pictureOf } from "../src/logic/picture";
import { searchIn } from "../src/logic/search";
import { command, incident, measure, message, source } from "./facts";

const fact = (word: string, value: { id: string }, cursor = 8): FactMessage => ({
  ...{ cursor, recorded: 0, word, fact: value },
});

describe("the picture after facts", () => {
  const before = pictureOf(message({ incidents: [incident({ revision: 3, title: "Old" })] }));

  test("a newer revision replaces, an equal or older one changes nothing", () => {
    const newer = applyFacts(before, [fact("incident", incident({ revision: 4, title: "New" }))]);
    expect(newer.incidents.get("i")?.title).toBe("New");
    expect(newer.cursor).toBe(8);
    const same = applyFacts(before, [fact("incident", incident({ revision: 3, title: "Twice" }), 9)]);
    expect(same.incidents).toBe(before.incidents);
    expect(same.cursor).toBe(9);
  });

  test("tables that nothing touched stay the same object, and the one before is not changed", () => {
    const next = applyFacts(before, [fact("incident", incident({ id: "other" }))]);
    expect(next.risks).toBe(before.risks);
    expect([before.incidents.size, next.incidents.size]).toEqual([1, 2]);
  });

  test("the order in which facts arrive does not matter", () => {
    const facts = [1, 2, 3, 4].map((revision) =>
      fact("command", command({ id: "c", revision, state: revision === 4 ? "done" : "sent" }), revision),
    );
    for (const order of [facts, [...facts].reverse(), [...facts, ...facts]]) {
      expect(applyFacts(before, order).commands.get("c")?.state).toBe("done");
    }
  });

  test("a cursor never runs back, and words that are not drawn only move it", () => {
    const next = applyFacts(before, [fact("detection", { id: "d" }, 12), fact("x-new", { id: "y" }, 5)]);
    expect(next).toEqual({ ...before, cursor: 12 });
  });

  test("left-out fields are filled in", () => {
    const { place, ...bare } = incident({ id: "bare" });
    const next = applyFacts(before, [fact("incident", bare)]);
    expect([place, next.incidents.get("bare")?.place, next.incidents.get("bare")?.story]).toEqual([null, null, []]);
  });

  test("source updates keep what they do not say, whatever they call the source", () => {
    const known = pictureOf(message({ sources: [source({ id: "cam", name: "Camera" })] }));
    const next = applySources(known, [{ id: "cam", state: "silent" }, { id: "unknown" }]);
    expect([next.sources.size, next.sources.get("cam")?.name, next.sources.get("cam")?.state]).toEqual([
      1,
      "Camera",
      "silent",
    ]);
  });
});

describe("what belongs to an incident", () => {
  test("proposed measures by rank come first and get the keys", () => {
    const shown = pictureOf(
      message({
        recommendations: [
          measure({ id: "second", rank: 2 }),
          measure({ id: "done", rank: 1, state: "approved" }),
          measure({ id: "first", rank: 1 }),
          measure({ id: "elsewhere", incident: "other" }),
        ],
      }),
    );
    const { measures } = aboutIncident(shown, "i");
    expect(measures.map(({ id }) => id)).toEqual(["first", "second", "done"]);
    expect(proposed(measures).map(({ id }) => id)).toEqual(["first", "second"]);
  });

  test("undo is offered once, and only for what can be undone", () => {
    const sent = command();
    expect(isUndoable(sent, measure(), [sent])).toBe(true);
    expect(isUndoable(sent, measure({ reversible: false }), [sent])).toBe(false);
    expect(isUndoable(command({ state: "failed" }), measure(), [])).toBe(false);
    const undo = command({ id: "u", action: "unit.go.undo", parameters: { command: "c" } });
    expect(undoes(undo, [sent, undo])).toBe(sent);
    expect(isUndoable(sent, measure(), [sent, undo])).toBe(false);
  });

  test("steps", () => {
    expect(
      (["approved", "sent", "acknowledged", "done"] as const).map((state) => stepsReached(command({ state }))),
    ).toEqual([0, 1, 2, 3]);
  });
});

describe("search", () => {
  const shown = pictureOf(
    message({
      incidents: [incident({ title: "Left bag, San Mamés" })],
      sources: [source({ id: "cam-07", name: "Camera San Mames" })],
    }),
  );
  test("finds without accents or capitals, incidents first, every word", () => {
    expect(searchIn(shown, "san mames", 9).map(({ what }) => what)).toEqual(["incident", "source"]);
    expect(searchIn(shown, "mames bag", 9).map(({ id }) => id)).toEqual(["i"]);
    expect(searchIn(shown, "  ", 9)).toEqual([]);
    expect(searchIn(shown, "a", 1)).toHaveLength(1);
  });
});
