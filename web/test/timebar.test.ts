import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../src/logic/time";
import { frameOf, heightsOf, instantAt, lanesOf, shareOf, ticksOf } from "../src/logic/timebar";

test("the window holds now, stands still within a step and then moves by one", () => {
  const span = 8 * MINUTE;
  for (let now = 100 * MINUTE; now < 103 * MINUTE; now += 7e9) {
    const { start, end } = frameOf(now, span);
    expect(end - start).toBe(span);
    expect(now).toBeGreaterThanOrEqual(start);
    expect(now).toBeLessThan(end);
    expect(end - now).toBeGreaterThanOrEqual(span / 16);
    expect(end - now).toBeLessThanOrEqual((span * 3) / 16);
  }
  expect(frameOf(100 * MINUTE, span)).toEqual(frameOf(100.4 * MINUTE, span));
});

test("positions go there and back, and stay on the bar", () => {
  const frame = { start: 1000, end: 3000 };
  expect(instantAt(frame, shareOf(frame, 1700))).toBeCloseTo(1700);
  expect([shareOf(frame, 0), shareOf(frame, 9000)]).toEqual([0, 1]);
  expect([instantAt(frame, -1), instantAt(frame, 2)]).toEqual([1000, 3000]);
});

test("ticks are round and few", () => {
  const ticks = ticksOf({ start: 0.3 * HOUR, end: 1.3 * HOUR }, 9);
  expect(ticks.length).toBeLessThanOrEqual(9);
  for (const tick of ticks) expect(tick % (10 * MINUTE)).toBe(0);
});

test("the highest bar is full, one detection still shows, none shows nothing", () => {
  expect(heightsOf([0, 1, 100])).toEqual([0, 0.1, 1]);
  expect(heightsOf([0, 0])).toEqual([0, 0]);
});

test("spans that overlap lie in different rows while there are rows", () => {
  const spans = [0, 1, 2, 3].map((i) => ({ id: String(i), from: i, to: 10 + i }));
  expect(lanesOf(spans, 3, 0).map(({ row }) => row)).toEqual([0, 1, 2, 2]);
  const apart = [
    { id: "a", from: 0, to: 1 },
    { id: "b", from: 5, to: 6 },
  ];
  expect(lanesOf(apart, 3, 1).map(({ row }) => row)).toEqual([0, 0]);
});
