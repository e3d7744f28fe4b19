import { chance, place } from "./geometry.ts";

/** What the made-up city consists of, and three incidents that happen in it. */

const many = (name: string, fallback: number) => Number(process.env[name] ?? fallback);
export const SOURCES = many("EXAMPLE_SOURCES", 42);
export const EXTRA_INCIDENTS = many("EXAMPLE_INCIDENTS", 0);

const S = 1e9;

export const sites = [
  { id: "square", name: "Plaza Nueva", place: place(-44, -34, "Plaza Nueva") },
  { id: "stadium", name: "Stadium", place: place(560, -270, "Stadium") },
  { id: "station", name: "Station", place: place(-255, -540, "Station") },
];

const asset = (id: string, name: string, site: string, where: object, people: number, radius_m: number) => ({
  ...{ id, name, site, place: where, people, radius_m, value: 0.7 },
});

export const assets = [
  asset("a-square", "Plaza Nueva", "square", place(-44, -34, "Plaza Nueva"), 320, 90),
  asset("a-stadium", "Stadium", "stadium", place(560, -270, "Stadium"), 21000, 110),
  asset("a-station", "Station", "station", place(-255, -540, "Station"), 640, 80),
  asset("a-hospital", "Hospital", "square", place(250, 120, "Hospital"), 400, 70),
];

export const units = [
  ["b2", "Patrol B2", "patrol", "free", -200, 60, 130],
  ["b5", "Patrol B5", "patrol", "busy", 380, -180, 250],
  ["m1", "Ambulance M1", "ambulance", "free", 230, 60, null],
].map(([id, name, role, state, e, n, heading]) => ({
  ...{ id, revision: 0, time: 0, site: "square", name, role, state },
  ...{ place: place(Number(e), Number(n)), heading_deg: heading, speed_m_s: heading === null ? null : 3.2 },
}));

const DOORS = ["camera", "camera", "camera", "mqtt", "mqtt", "http", "eve"] as const;
const NAMES = { camera: "Camera", mqtt: "Sensor", http: "Counter", eve: "Network" };

export function sources(now: number) {
  return Array.from({ length: SOURCES }, (_, i) => {
    const door = DOORS[i % DOORS.length] ?? "mqtt";
    const silent = i === 11;
    const event = door === "eve";
    const near = i < 20;
    return {
      ...{
        id: `${door}-${String(i + 1).padStart(2, "0")}`,
        name: `${NAMES[door]} ${i + 1}`,
        site: near ? "square" : "stadium",
      },
      ...{ door, fresh_s: event ? 0 : 60, state: event ? "event" : silent ? "silent" : "fresh" },
      place: near
        ? place(-44 + (chance() - 0.5) * 520, -34 + (chance() - 0.5) * 420)
        : place((chance() - 0.5) * 1700, (chance() - 0.7) * 850),
      last_seen: now - (silent ? 190 * S : chance() * 20 * S),
      last_time: now - (silent ? 191 * S : chance() * 21 * S),
      ...{ accepted: Math.round(chance() * 90_000), rejected: i === 4 ? 12 : 0 },
      detail: i === 4 ? "line 3, field value: not a number" : "",
    };
  });
}

export type Row = { after: number; word: string; fact: Record<string, unknown> };

const line = (time: number, text: string, source: string, confidence: number) => ({
  ...{ time, text, kind: "unattended_object", source, confidence, detection: `d-${time}` },
});

const measure = (
  incident: string,
  rank: number,
  title: string,
  benefit: number,
  cost: number,
  reasons: string[],
  more = {},
) => ({
  ...{ id: `${incident}-m${rank}`, revision: 1, site: "square", incident, measure: `m${rank}`, title, rank },
  ...{ benefit, cost, reasons, action: "unit.go", target: "b2", ...more },
});

const risk = (
  incident: string,
  asset: string,
  p: number,
  people: number,
  distance: number,
  factors: [string, number][],
) => ({
  ...{
    id: `${incident}-${asset}`,
    revision: 1,
    site: "square",
    incident,
    asset,
    probability: p,
    low: p * 0.7,
    high: Math.min(1, p * 1.35),
  },
  ...{
    consequence: 0.7,
    score: p * 0.7,
    people,
    distance_m: distance,
    half_life_s: 600,
    text: "Blast, if it is an explosive device.",
  },
  factors: factors.map(([text, log_odds]) => ({ text, log_odds })),
});

/** The facts of the three incidents; `after`: seconds after the start at which each becomes known. */
export function story(start: number): Row[] {
  const t = (s: number) => start + s * S;
  const bag = (after: number, revision: number, p: number, lines: object[]) => ({
    after,
    word: "incident",
    fact: {
      ...{ id: "bag", revision, time: t(after), opened: t(1790), site: "square", kind: "unattended_object" },
      ...{
        title: "Left bag, Plaza Nueva",
        nature: "physical",
        state: "open",
        severity: "Severe",
        urgency: "Immediate",
      },
      ...{
        certainty: "Likely",
        probability: p,
        low: p - 0.12,
        high: Math.min(0.99, p + 0.08),
        detections: lines.length,
      },
      place: { ...place(-30, -20, "Plaza Nueva"), ellipse: { semi_major_m: 18, semi_minor_m: 10, bearing_deg: 60 } },
      sources: ["camera-01", "camera-02", "mqtt-05", "http-06"],
      story: lines,
      evidence: [
        ...[
          {
            ref: "clip-1",
            type: "frame",
            media_type: "image/svg+xml",
            sha256: "0",
            start: t(1790),
            end: t(1800),
            title: "Bag put down, faces blurred",
          },
        ],
      ],
    },
  });
  const l1 = line(t(1790), "Bag put down beside the fountain", "camera-01", 0.71);
  const l2 = line(t(1814), "Its owner left the view", "camera-02", 0.83);
  const l3 = line(t(1828), "Citizen: “a bag, nobody with it”", "http-06", 0.6);
  return [
    {
      after: 1500,
      word: "incident",
      fact: {
        ...{
          id: "door",
          revision: 1,
          time: t(1500),
          opened: t(1500),
          site: "stadium",
          kind: "door_held",
          nature: "physical",
        },
        ...{
          title: "Door held open, Stadium N2",
          state: "open",
          severity: "Minor",
          urgency: "Expected",
          certainty: "Likely",
        },
        ...{ probability: 0.64, low: 0.5, high: 0.77, detections: 2, place: place(470, -380, "Stadium N2") },
        ...{ sources: ["mqtt-25"], story: [line(t(1500), "Door N2 open for 90 s", "mqtt-25", 0.9)] },
      },
    },
    {
      after: 1501,
      word: "recommendation",
      fact: {
        ...measure("door", 1, "Send patrol B5 to door N2", 0.4, 0.2, ["Nearest free unit, 3 min"]),
        time: t(1501),
      },
    },
    {
      after: 900,
      word: "incident",
      fact: {
        ...{
          id: "scan",
          revision: 1,
          time: t(900),
          opened: t(900),
          site: "stadium",
          kind: "network_scan",
          nature: "cyber",
        },
        ...{
          title: "Network scan, camera network",
          state: "open",
          severity: "Moderate",
          urgency: "Immediate",
          certainty: "Possible",
        },
        ...{ probability: 0.44, low: 0.3, high: 0.6, detections: 31, place: place(620, -120, "Camera network") },
        ...{ sources: ["eve-07"], story: [line(t(900), "31 addresses tried from one machine", "eve-07", 0.8)] },
      },
    },
    {
      after: 300,
      word: "incident",
      fact: {
        ...{
          id: "co2",
          revision: 2,
          time: t(700),
          opened: t(300),
          site: "station",
          kind: "threshold_exceeded",
          nature: "environment",
        },
        ...{
          title: "Limit exceeded, Station hall",
          state: "closed",
          closed: t(700),
          severity: "Minor",
          urgency: "Past",
          certainty: "Observed",
        },
        ...{
          probability: 0.98,
          low: 0.95,
          high: 0.99,
          detections: 4,
          place: place(-255, -540, "Station"),
          handled_by: "Ana",
        },
        ...{ sources: ["mqtt-04"], story: [line(t(300), "CO2 over 1,500 ppm", "mqtt-04", 0.98)] },
      },
    },
    bag(1790, 1, 0.31, [l1]),
    bag(1814, 2, 0.64, [l1, l2]),
    bag(1828, 3, 0.82, [l1, l2, l3]),
    {
      after: 1829,
      word: "risk",
      fact: {
        ...risk("bag", "a-square", 0.41, 320, 15, [
          ["Bag alone for over a minute", 1.4],
          ["A crowd of 320 within 98 m", 0.9],
          ["No threat was announced", -0.6],
        ]),
        time: t(1829),
      },
    },
    {
      after: 1829,
      word: "risk",
      fact: { ...risk("bag", "a-hospital", 0.04, 22, 310, [["310 m away, behind buildings", -1.2]]), time: t(1829) },
    },
    {
      after: 1830,
      word: "recommendation",
      fact: {
        ...measure("bag", 1, "Cordon 98 m", 0.61, 0.4, ["320 people within stand-off", "Two exits stay open"]),
        time: t(1830),
      },
    },
    {
      after: 1830,
      word: "recommendation",
      fact: { ...measure("bag", 2, "Send patrol B2 (2 min)", 0.34, 0.15, ["Nearest free unit"]), time: t(1830) },
    },
    {
      after: 1830,
      word: "recommendation",
      fact: {
        ...measure("bag", 3, "Turn camera 9 to the fountain", 0.12, 0.02, ["Shows the bag from the other side"], {
          action: "device.set",
        }),
        time: t(1830),
      },
    },
    {
      after: 1830,
      word: "recommendation",
      fact: {
        ...measure("bag", 4, "Call 112 with all that is known", 0.3, 0.6, ["Brings the bomb squad"], {
          action: "call.112",
          reversible: false,
        }),
        time: t(1830),
      },
    },
  ];
}

const KINDS = ["Loitering", "Fall", "Crowd too dense", "Network alert", "Glass breaking"];

/** Many small incidents, to see whether the page stays quick. */
export function crowd(start: number): Row[] {
  return Array.from({ length: EXTRA_INCIDENTS }, (_, i) => {
    const after = 600 + Math.floor((i * 1100) / Math.max(1, EXTRA_INCIDENTS));
    return {
      after,
      word: "incident",
      fact: {
        ...{
          id: `x${i}`,
          revision: 1,
          time: start + after * S,
          opened: start + after * S,
          site: "square",
          kind: "loitering",
        },
        ...{
          title: `${KINDS[i % 5]}, block ${i}`,
          nature: "physical",
          state: i % 3 ? "open" : "acknowledged",
          handled_by: i % 3 ? "" : "Ana",
        },
        ...{
          severity: ["Minor", "Moderate", "Severe"][i % 3],
          urgency: ["Future", "Expected"][i % 2],
          certainty: "Possible",
        },
        ...{
          probability: 0.3,
          low: 0.2,
          high: 0.5,
          detections: 1,
          place: place((chance() - 0.5) * 1700, (chance() - 0.6) * 1000, `Block ${i}`),
        },
        ...{ sources: ["camera-01"], story: [line(start + after * S, "Seen once", "camera-01", 0.4)] },
      },
    };
  });
}
