import type { RuleWords } from "../api/rules";

/** Writing a rule: what each part of a statement is, and what could come next. Positions are offsets in the text. */

export type Part = "keyword" | "name" | "function" | "text" | "number" | "comment" | "other" | "space";

/** What is drawn as the language's own: its keywords, and the names of windows, which come with what they take. */
export function ownWords({ keywords, windows }: Pick<RuleWords, "keywords" | "windows">): ReadonlySet<string> {
  return new Set([...keywords, ...windows].map((one) => one.split("(", 1)[0]?.trim().toUpperCase() ?? ""));
}

export interface Token {
  part: Part;
  start: number;
  end: number;
}

const TOKEN =
  /(?<comment>--[^\n]*)|(?<text>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(?<number>\d+(?:\.\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_]*|`[^`]*`?)|(?<space>\s+)|(?<other>.)/gsu;

/** Cut a statement into parts that together are the whole of it. */
export function tokensOf(sql: string, keywords: ReadonlySet<string>): Token[] {
  const tokens: Token[] = [];
  for (const found of sql.matchAll(TOKEN)) {
    const [start, end] = [found.index, found.index + found[0].length];
    tokens.push({ part: partOf(found, sql, end, keywords), start, end });
  }
  return tokens;
}

function partOf(found: RegExpExecArray, sql: string, end: number, keywords: ReadonlySet<string>): Part {
  const { word } = found.groups ?? {};
  if (word === undefined)
    return (
      (["comment", "text", "number", "space"] as const).find((name) => found.groups?.[name] !== undefined) ?? "other"
    );
  if (keywords.has(word.toUpperCase())) return "keyword";
  return /^\s*\(/.test(sql.slice(end, end + 20)) ? "function" : "name";
}

/** Line and column, both from 1, → offset; past the end of a line it is the line's end. */
export function offsetOf(sql: string, line: number, column: number): number {
  const lines = sql.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(before + Math.min(Math.max(0, column - 1), (lines[line - 1] ?? "").length), sql.length);
}

/** What is underlined for a problem: the word at its place, or at least one character. */
export function spanAt(sql: string, line: number, column: number): { start: number; end: number } {
  const start = offsetOf(sql, line, column);
  if (start >= sql.length || sql[start] === "\n") {
    const last = sql.slice(0, start).search(/\S\s*$/);
    return last < 0 ? { start, end: start } : { start: last, end: start };
  }
  const word = /^(?:[\p{L}\p{N}_]+|"[^"]*"?|'[^']*'?|.)/u.exec(sql.slice(start));
  return { start, end: start + (word?.[0].length ?? 1) };
}

/** What is known of the city, for what stands in quotes. */
export interface CityWords {
  source: readonly string[];
  property: readonly string[];
  unit: readonly string[];
  site: readonly string[];
}

export interface Offer {
  /** What is put in, over `start` to the cursor. */
  insert: string;
  label: string;
  what: "column" | "stream" | "function" | "window" | "keyword" | "value";
  detail: string;
}

export interface Completion {
  start: number;
  offers: Offer[];
}

const MOST = 40;
const NOTHING: Completion = { start: 0, offers: [] };

/** What could stand at the cursor, those that begin with what is typed. `asked`: also when nothing is typed yet. */
export function completionAt(
  sql: string,
  cursor: number,
  words: RuleWords | null,
  city: CityWords,
  asked: boolean,
): Completion {
  const before = sql.slice(0, cursor);
  const quoted = quotedAt(before);
  if (quoted) return valuesFor(quoted, city);
  if (!words || isInside(before)) return NOTHING;
  const typed = /[\p{L}_][\p{L}\p{N}_]*$/u.exec(before)?.[0] ?? "";
  const start = cursor - typed.length;
  if (!typed && !asked && !/\b(?:FROM|JOIN)\s+$/i.test(before)) return NOTHING;
  const wanted = typed.toLowerCase();
  const fits = ({ label }: Offer) => label.toLowerCase().startsWith(wanted) && label.toLowerCase() !== wanted;
  const all = /\b(?:FROM|JOIN)\s+[\p{L}\p{N}_]*$/iu.test(before) ? streams(words) : everything(sql, words);
  return { start, offers: all.filter(fits).slice(0, MOST) };
}

/** In a comment, or in quotes that are still open. */
function isInside(before: string): boolean {
  const last = tokensOf(before, new Set()).at(-1);
  if (last?.part === "comment") return true;
  const said = last?.part === "text" ? before.slice(last.start) : "";
  return said.length === 1 || (said !== "" && !said.endsWith(said[0] ?? ""));
}

interface Quoted {
  column: keyof CityWords;
  typed: string;
  start: number;
}

/** Inside the quotes of `property = "…`, `source IN ("a", "…`. */
function quotedAt(before: string): Quoted | null {
  const open =
    /\b(source|property|unit|site)\b\s*(?:=|!=|<>|(?:NOT\s+)?IN\s*\(\s*(?:"[^"]*"\s*,\s*)*)\s*(["'])([^"']*)$/i;
  const found = open.exec(before);
  if (!found?.[1]) return null;
  const typed = found[3] ?? "";
  return { column: found[1].toLowerCase() as keyof CityWords, typed, start: before.length - typed.length };
}

function valuesFor({ column, typed, start }: Quoted, city: CityWords): Completion {
  const wanted = typed.toLowerCase();
  const fits = city[column].filter((one) => one.toLowerCase().includes(wanted) && one !== typed);
  const offers = fits.slice(0, MOST).map((one): Offer => ({ insert: one, label: one, what: "value", detail: column }));
  return { start, offers };
}

const streams = (words: RuleWords): Offer[] =>
  words.streams.map(({ name, columns }) => ({
    insert: name,
    label: name,
    what: "stream",
    detail: columns.map((column) => column.name).join(", ") || "whatever comes",
  }));

function everything(sql: string, words: RuleWords): Offer[] {
  const named = words.streams.filter(({ name }) => new RegExp(`\\b${name}\\b`, "i").test(sql));
  const columns = (named.length ? named : words.streams).flatMap((stream) => stream.columns);
  const once = [...new Map(columns.map((column) => [column.name, column])).values()];
  return [
    ...once.map(({ name, type }): Offer => ({ insert: name, label: name, what: "column", detail: type })),
    ...words.keywords.map((name): Offer => ({ insert: `${name} `, label: name, what: "keyword", detail: "" })),
    ...words.functions.map(functionOffer),
    ...words.windows.map((name): Offer => ({ insert: name, label: name, what: "window", detail: "" })),
    ...streams(words),
  ];
}

function functionOffer({ name, text, least, most }: RuleWords["functions"][number]): Offer {
  const takes = most === null ? `${least} or more` : least === most ? `${least}` : `${least} to ${most}`;
  return { insert: `${name}(`, label: name, what: "function", detail: text || `takes ${takes}` };
}
