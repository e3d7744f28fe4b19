import { expect, test } from "vitest";
import type { Device } from "../src/api/devices";
import { addressOf, routeOf } from "../src/logic/address";
import {
  asFarAsKnown,
  chosen,
  countsOf,
  figure,
  isStranger,
  parameterValue,
  partOf,
  rate,
  skew,
  unitWords,
} from "../src/logic/devices";
import { type Link, linkSites, linkState, sitesAway, trip } from "../src/logic/links";
import { may } from "../src/logic/roles";

const device = (id: string, more: Partial<Device> = {}): Device => ({
  ...{ id, name: "", site: "quay", place: null, door: "device", via: "", profile: "air", maker: "", model: "" },
  ...{ health: "ok", since: 0, detail: "", last_seen: 0, accepted: 0, refused: 0, reason: "", repeated: 0, moved: 0 },
  ...{ left_out: 0, held: 0, battery: null, battery_low: false, ahead_ms: null, per_s: 0, said: {}, by: "" },
  ...{ commands: [] },
  ...more,
});

const all = [
  device("d10", { name: "Door 10" }),
  device("d9", { name: "Door 9", health: "silent", last_seen: 7 }),
  device("x", { name: "São Mamés", health: "faulty", refused: 3, reason: "co2 is outside" }),
];
const ids = (rows: Device[]) => rows.map(({ id }) => id);

test("what needs somebody comes first, then by name as people count", () => {
  expect(ids(chosen(all, { words: "", health: null, sort: "health" }))).toEqual(["x", "d9", "d10"]);
  expect(ids(chosen(all, { words: "", health: null, sort: "name" }))).toEqual(["d9", "d10", "x"]);
  expect(ids(chosen(all, { words: "", health: null, sort: "refused" }))[0]).toBe("x");
});

test("each word has to occur, without accents, also in the reason", () => {
  expect(ids(chosen(all, { words: "sao mames", health: null, sort: "name" }))).toEqual(["x"]);
  expect(ids(chosen(all, { words: "door quay", health: null, sort: "name" }))).toEqual(["d9", "d10"]);
  expect(ids(chosen(all, { words: "outside", health: null, sort: "name" }))).toEqual(["x"]);
  expect(chosen(all, { words: "door", health: "faulty", sort: "name" })).toEqual([]);
});

test("healths are counted, those of no device left out", () => {
  expect(countsOf(all)).toEqual([
    ["faulty", 1],
    ["silent", 1],
    ["ok", 1],
  ]);
});

test("whom people decided about can be kept out; whom the city described cannot", () => {
  expect(isStranger(device("a", { health: "held" }))).toBe(true);
  expect(isStranger(device("a", { by: "ada" }))).toBe(true);
  expect(isStranger(device("a", { by: "ada", health: "maintenance" }))).toBe(false);
  expect(isStranger(device("a"))).toBe(false);
});

test("the rows in view and the room of the others add up to the whole table", () => {
  for (const scrolled of [0, 390, 40_000, 1e9]) {
    const part = partOf(5000, 40, scrolled, 800);
    expect(part.above + part.below + (part.last - part.first) * 40).toBe(5000 * 40);
    expect(part.last - part.first).toBeLessThan(40);
  }
  expect(partOf(0, 40, 0, 800)).toEqual({ first: 0, last: 0, above: 0, below: 0 });
});

test("figures are short and keep their sign and unit", () => {
  expect([rate(0), rate(0.016), rate(1.25), rate(119.6)]).toEqual(["", "0.02/s", "1.3/s", "120/s"]);
  expect([skew(null), skew(-250), skew(1500), skew(-240_000)]).toEqual(["", "−250 ms", "+1.5 s", "−4 min"]);
  expect([unitWords("Cel"), unitWords("1"), unitWords("{count}"), unitWords("[ppm]")]).toEqual([
    "°C",
    "",
    "count",
    "ppm",
  ]);
  expect([0, 21.456, 1234.5, 3.4e6, 0.00001].map(figure)).toEqual(["0", "21.46", "1235", "3,400,000", "0.0000100"]);
});

test("a parameter is sent as what it is, or a reason is given", () => {
  const speed = { name: "speed", range: [0.05, 0.5] as [number, number] };
  expect(parameterValue(speed, "0,2")).toEqual({ value: 0.2 });
  expect(parameterValue(speed, "3")).toEqual({ wrong: "range" });
  expect(parameterValue(speed, "")).toEqual({ wrong: "number" });
  expect(parameterValue({ name: "n", type: "int" }, "1.5")).toEqual({ wrong: "number" });
  expect(parameterValue({ name: "on", type: "bool" }, "true")).toEqual({ value: true });
});

test("a line is away when nothing has come, else as its level says", () => {
  const link = (level: number, time: number): Link => ({ site: "a", figures: { level: { value: level, time } } });
  const now = 100e9;
  expect(linkState({ figures: {} }, now)).toBe("away");
  expect(linkState(link(0, 60e9), now)).toBe("away");
  expect([0, 1, 2].map((level) => linkState(link(level, 95e9), now))).toEqual(["all", "thinned", "urgent"]);
  expect([trip(0.0384), trip(1.24)]).toEqual(["38 ms", "1.2 s"]);
  const names = [
    { source: "uplink-b", property: "level", unit: "1" },
    { source: "uplink-a", property: "level", unit: "1" },
    { source: "air", property: "level", unit: "1" },
  ];
  expect(linkSites(names)).toEqual(["a", "b"]);
});

test("a site is away once its line has said nothing for half a minute", () => {
  const now = 5000e9;
  const heard = new Map([
    ["quay", now - 8e9],
    ["stadium", now - 31e9],
    ["station", 0],
  ]);
  expect(sitesAway(heard, now)).toEqual([
    { site: "stadium", heard: now - 31e9 },
    { site: "station", heard: 0 },
  ]);
  expect(sitesAway(heard, now - 10e9).map(({ site }) => site)).toEqual(["station"]);
});

test("the address says which page is open, and what on it", () => {
  expect(routeOf("")).toEqual({ view: "picture", opened: null });
  expect(routeOf("#token=abc")).toEqual({ view: "picture", opened: null });
  expect(routeOf(addressOf("devices", "a/b %"))).toEqual({ view: "devices", opened: "a/b %" });
  expect(routeOf("#/rules/%")).toEqual({ view: "rules", opened: "%" });
});

test("duties are separate", () => {
  const who = (role: string) => ({ actor: "a", name: "A", role });
  expect(may(who("admin"), "manageDevices") && !may(who("admin"), "tellDevices")).toBe(true);
  expect(may(who("operator"), "tellDevices") && !may(who("operator"), "writeRules")).toBe(true);
  expect(may("unknown", "writeRules")).toBe(false);
});

test("of devices at a site from which nothing comes, only what people decided is known", () => {
  const far = [...all, device("kept", { health: "rejected" }), device("near", { site: "square" })];
  const shown = asFarAsKnown(far, new Map([["quay", "Nothing comes from Quay."]]));
  expect(shown.map(({ health }) => health)).toEqual(["unknown", "unknown", "unknown", "rejected", "ok"]);
  expect(shown[0]?.detail).toBe("Nothing comes from Quay.");
  expect(asFarAsKnown(far, new Map())).toBe(far);
});
