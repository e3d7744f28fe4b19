import { expect, test } from "vitest";
import { type Camera, type LookHead, Parts, type Zone } from "../src/api/cameras";
import {
  camerasWith,
  faultOf,
  idOf,
  needsSomebody,
  STANDING_SIGNS,
  STANDINGS,
  standingsOf,
  wayIn,
  withoutRepeats,
  zoneToml,
} from "../src/logic/cameras";
import { addPoint, drawAgain, drawingKey, drawNew, leaveDrawing, useDrawing } from "../src/store/drawing";

const camera = (id: string, more: Partial<Camera> = {}): Camera => ({
  ...{
    id,
    name: id,
    site: "quay",
    place: null,
    state: "fresh",
    why: "",
    last_frame: 0,
    people: 0,
    open: 0,
    last: null,
  },
  ...{ shows: true, why_not: "", per_s: 5, dropped_per_s: 0, dropped: 0, reconnects: 0, delay_ms: 9, zones: [] },
  ...more,
});
const wall = [camera("cam-1", { name: "São João" }), camera("cam-2", { state: "silent" }), camera("cam-10")];
const zone: Zone = {
  id: "gate",
  source: "cam-1",
  name: "Gate",
  outline: [[0.1, 0.2]],
  kind: "line_crossing",
  hours: "",
};

test("cameras keep their place and are found without accents", () => {
  expect(camerasWith(wall, "sao joao", null).map(({ id }) => id)).toEqual(["cam-1"]);
  expect(camerasWith(wall, "cam", "fresh").map(({ id }) => id)).toEqual(["cam-1", "cam-10"]);
  expect(standingsOf(wall)).toEqual([
    ["silent", 1],
    ["fresh", 2],
  ]);
});

test("every state has a shape of its own", () => {
  const shapes = STANDINGS.map((state) => JSON.stringify(STANDING_SIGNS[state]));
  expect(new Set(shapes).size).toBe(STANDINGS.length);
  expect(STANDINGS.filter(needsSomebody)).toEqual(["tampered", "failed", "silent", "late"]);
});

test("an outline that cannot be is told before it is sent", () => {
  expect(faultOf([[0, 0]], "wrong_way")).toBe("few");
  expect(
    faultOf(
      [
        [0, 0],
        [1, 1],
      ],
      "zone_intrusion",
    ),
  ).toBe("few");
  expect(
    faultOf(
      [
        [0, 0],
        [1, 1],
      ],
      "line_crossing",
    ),
  ).toBe(null);
  expect(
    faultOf(
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
      "zone_intrusion",
    ),
  ).toBe("crosses");
  expect(
    faultOf(
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
      "line_crossing",
    ),
  ).toBe(null);
  expect(
    faultOf(
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
      "zone_intrusion",
    ),
  ).toBe("twice");
  expect(
    withoutRepeats(
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      false,
    ),
  ).toEqual([
    [0, 0],
    [1, 0],
    [1, 1],
  ]);
});

test("the way in of a line goes from its left to its right", () => {
  const [, down] =
    wayIn(
      [
        [0.2, 0.5],
        [0.8, 0.5],
      ],
      1,
    ) ?? [];
  expect(down?.[1]).toBeGreaterThan(0.5);
  const [, left] =
    wayIn(
      [
        [0.5, 0.2],
        [0.5, 0.8],
      ],
      1,
    ) ?? [];
  expect(left?.[0]).toBeLessThan(0.5);
});

test("a zone is written as the city's description reads it", () => {
  expect(
    zoneToml(
      {
        ...zone,
        outline: [
          [0.1, 0.2],
          [0.3, 0.4],
        ],
        hours: "22:00-06:00",
      },
      true,
    ),
  ).toBe(
    '[[zone]]\nid = "gate"\nsource = "cam-1"\nname = "Gate"\nkind = "line_crossing"\noutline = [[0.1, 0.2], [0.3, 0.4]]\nhours = "22:00-06:00"\n',
  );
  expect(idOf("  Größe & Tür 2!")).toBe("gro-e-tur-2");
});

test("a zone is drawn by key alone, and taken back by key", () => {
  drawNew("cam-1");
  for (const key of ["ArrowLeft", "Enter", "ArrowUp", "Enter", "ArrowRight"]) expect(drawingKey(key, false)).toBe(true);
  const points = () => useDrawing.getState().zone?.outline;
  expect(points()).toEqual([
    [0.48, 0.5],
    [0.48, 0.48],
    [0.5, 0.48],
  ]);
  expect(drawingKey("x", false)).toBe(false);
  expect(drawingKey("[", false) && drawingKey("ArrowDown", true)).toBe(true);
  expect(points()?.[1]).toEqual([0.48, 0.484]);
  expect(drawingKey("Escape", false) && drawingKey("Escape", false)).toBe(true);
  expect(drawingKey("Escape", false)).toBe(false);
  expect(leaveDrawing()).toBe(true);
  expect(leaveDrawing()).toBe(false);
});

test("the first click replaces the point in the middle, further ones add after the chosen", () => {
  drawNew("cam-1");
  addPoint([0.123456, 2]);
  expect(useDrawing.getState().zone?.outline).toEqual([[0.123, 1]]);
  drawAgain({
    ...zone,
    outline: [
      [0, 0],
      [1, 0],
    ],
  });
  drawingKey("]", false);
  addPoint([0.5, 0.5]);
  expect(useDrawing.getState().zone?.outline).toEqual([
    [0, 0],
    [0.5, 0.5],
    [1, 0],
  ]);
  leaveDrawing();
});

const sized = (bytes: Uint8Array) => {
  const whole = new Uint8Array(4 + bytes.length);
  new DataView(whole.buffer).setUint32(0, bytes.length);
  whole.set(bytes, 4);
  return whole;
};

test("live pictures are read however the stream is cut", async () => {
  const head: LookHead = { camera: "cam-1", time: 5, width: 4, height: 3, marks: [], grid: [], grid_m: 0 };
  const one = [sized(new TextEncoder().encode(JSON.stringify(head))), sized(Uint8Array.of(1, 2, 3))].flatMap((part) => [
    ...part,
  ]);
  const all = Uint8Array.from([...one, ...one]);
  for (const step of [1, 3, 7, all.length]) {
    const [parts, found] = [new Parts(), []] as [Parts, [LookHead, Blob][]];
    for (let at = 0; at < all.length; at += step) {
      parts.add(all.slice(at, at + step));
      for (let part = parts.next(); part; part = parts.next()) found.push(part);
    }
    expect(found.map(([one]) => one)).toEqual([head, head]);
    expect([...new Uint8Array(await (found[1] as [LookHead, Blob])[1].arrayBuffer())]).toEqual([1, 2, 3]);
  }
  const wrong = new Parts();
  wrong.add(Uint8Array.of(255, 255, 255, 255));
  expect(() => wrong.next()).toThrow("no live picture");
});
