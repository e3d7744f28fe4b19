import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import {
  after,
  begin,
  type Entry,
  entries,
  known,
  listen,
  now,
  picture,
  sourceStates,
  start,
  threat,
} from "./archive.ts";
import { audit, decide } from "./decisions.ts";
import { cityMap } from "./geometry.ts";

/** `npm run dev` without a server: an example city behind the same HTTP contract. Never part of the built page. */

const TOKEN = "example";
let signedIn = process.env.EXAMPLE_LOGIN !== "ask";

export function exampleCity(): Plugin | false {
  if (process.env.S4_URL) return false;
  return {
    name: "example-city",
    configureServer: ({ middlewares }) => serve(middlewares),
    // `npm run preview`: the built page on the example city, to see how quick it really is.
    configurePreviewServer: ({ middlewares }) => serve(middlewares),
  };
}

function serve(middlewares: Connect.Server): void {
  begin();
  middlewares.use((request, response, next) => {
    if (request.url?.startsWith("/api/")) void answer(request, response);
    else next();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = url.pathname.split("/").slice(2).map(decodeURIComponent);
  try {
    const body = request.method === "GET" ? {} : await bodyOf(request);
    if (path[0] === "session") return session(request, response, body);
    if (!signedIn) throw Object.assign(new Error("no session"), { status: 401 });
    if (path[0] === "stream") return stream(request, response, Number(url.searchParams.get("after")));
    if (path[0] === "evidence") return evidence(response);
    if (request.method === "POST") return send(response, 201, decide(path, body));
    send(response, 200, read(path, url.searchParams));
  } catch (error) {
    const status = (error as { status?: number }).status ?? 500;
    send(response, status, { error: { reason: (error as Error).message, status } });
  }
}

const me = { actor: "operator-a", role: "operator", name: "Operator A" };

function session(request: IncomingMessage, response: ServerResponse, body: { token?: string }): void {
  signedIn = request.method === "POST" && body.token === TOKEN;
  const welcome = signedIn || request.method === "DELETE";
  if (welcome) send(response, 200, me);
  else send(response, 401, { error: { reason: "this token is not known, or was used already", status: 401 } });
}

function read([what = "", id = "", property = ""]: string[], query: URLSearchParams): unknown {
  const at = query.has("at") ? Number(query.get("at")) : null;
  if (what === "me") return me;
  if (what === "picture") return picture(at);
  if (what === "map") return cityMap();
  if (what === "incidents") return detail(id, at);
  if (what === "timeline")
    return timeline(Number(query.get("start")), Number(query.get("end")), Number(query.get("bins")));
  if (what === "series" && !id) return [{ source: "mqtt-05", property: "co2", unit: "ppm" }];
  if (what === "series") return series(property, Number(query.get("start")), Number(query.get("end")));
  throw Object.assign(new Error("not found"), { status: 404 });
}

function detail(id: string, at: number | null) {
  const own = (word: string) => known(word, at).filter((fact) => fact.incident === id);
  const revisions = entries("incident").filter((entry) => entry.fact.id === id);
  return {
    incident: known("incident", at).find((fact) => fact.id === id),
    revisions: revisions.map(({ recorded, fact }) => ({ recorded, fact })),
    ...{ detections: [], risks: own("risk"), recommendations: own("recommendation"), commands: own("command") },
    ...{ tasks: own("task"), audit: audit.filter((entry) => (entry as { target: string }).target === id) },
  };
}

function timeline(from: number, to: number, bins: number) {
  const width = (to - from) / bins;
  const detections = Array.from({ length: bins }, (_, i) => {
    const t = from + i * width;
    if (t > now() || t < start - 3.6e12) return 0;
    return Math.max(0, Math.round(4 + 3 * Math.sin(t / 2.4e11) + 9 * Math.exp(-(((t - start - 1.79e12) / 9e10) ** 2))));
  });
  const incidents = known("incident", null).map(({ id, title, opened, closed, severity }) => ({
    id,
    title,
    opened,
    closed: closed ?? null,
    severity,
  }));
  return { start: from, end: to, detections, incidents };
}

function series(property: string, from: number, to: number) {
  const points = Array.from({ length: 120 }, (_, i) => {
    const mean = 420 + 60 * Math.sin(i / 9) + (i > 80 ? (i - 80) * 6 : 0);
    return [from + ((to - from) * i) / 120, mean, mean - 12, mean + 14];
  });
  return { unit: property === "co2" ? "ppm" : "1", points };
}

function stream(request: IncomingMessage, response: ServerResponse, from: number): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const say = (event: string, data: unknown, id = "") =>
    response.write(`event: ${event}\n${id && `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
  const fact = (entry: Entry) => say("fact", entry, String(entry.cursor));
  after(Number(request.headers["last-event-id"] ?? from)).forEach(fact);
  const stop = listen(fact);
  const clock = () => say("clock", { now: now(), speed: 1, threat: threat(null) });
  clock();
  const timers = [setInterval(clock, 5000), setInterval(() => say("sources", sourceStates()), 2000)];
  request.on("close", () => {
    stop();
    timers.forEach(clearInterval);
  });
}

function evidence(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "image/svg+xml" });
  response.end(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" fill="#39424a"/><rect y="120" width="320" height="60" fill="#525c65"/><rect x="150" y="118" width="26" height="20" rx="3" fill="#15191d"/><g fill="#8a959f"><circle cx="80" cy="70" r="14"/><rect x="66" y="84" width="28" height="52" rx="10"/></g></svg>',
  );
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, never>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}
