import { parse as parseToml } from "smol-toml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from "yaml";
import type { SourceTree } from "../model.js";
import { isParsableYaml } from "../yaml-guard.js";

/** One value of a configuration file, with its line. It is looked into only as far as it is asked, so that no nesting costs anything. */
export interface Field {
  readonly line: number;
  /** A scalar as it is written; undefined for maps, lists and nothing. */
  readonly text: string | undefined;
  readonly items: readonly Field[];
  readonly entries: readonly (readonly [key: string, value: Field])[];
  get(...path: readonly string[]): Field | undefined;
}

/** No configuration file is larger. */
const maxChars = 256 * 1024;
/** Items looked at in one list or map. */
const maxItems = 500;

/** Read a YAML or JSON file; `broken` where it is there and is neither. */
export function readFields(tree: SourceTree, path: string): Field | "broken" | undefined {
  const text = tree.read(path);
  if (text === undefined) return undefined;
  if (text.length > maxChars) return "broken";
  return path.endsWith(".toml") ? readToml(text) : readYaml(text);
}

function readYaml(text: string): Field | "broken" {
  if (!isParsableYaml(text)) return "broken";
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, logLevel: "silent", prettyErrors: false, strict: false, uniqueKeys: false });
    return document.contents === null ? "broken" : fieldOf(document.contents, document, lines);
  } catch {
    // Nested too deep for the parser's stack.
    return "broken";
  }
}

function fieldOf(given: unknown, document: Document, lines: LineCounter): Field {
  const node = isAlias(given) ? given.resolve(document) : given;
  const entries = (): [string, Field][] => {
    if (!isMap(node)) return [];
    return node.items.slice(0, maxItems).flatMap((pair) => entriesOf(pair, document, lines));
  };
  return {
    line: lineOf(given, lines),
    text: isScalar(node) ? textOf(node.value, node.source) : undefined,
    get items() {
      return isSeq(node) ? node.items.slice(0, maxItems).map((item) => fieldOf(item, document, lines)) : [];
    },
    get entries() {
      return entries();
    },
    get: (...path) => {
      const [key, ...rest] = path;
      const found = entries().findLast(([name]) => name === key)?.[1];
      return rest.length === 0 ? found : found?.get(...rest);
    },
  };
}

/** `<<` brings another map's entries, one step deep, as compose files use it. */
function entriesOf(pair: Pair, document: Document, lines: LineCounter): [string, Field][] {
  const key = isScalar(pair.key) ? String(pair.key.value) : "";
  const from = key === "<<" && isAlias(pair.value) ? pair.value.resolve(document) : undefined;
  if (!isMap(from)) return [[key, withLine(fieldOf(pair.value, document, lines), lineOf(pair.key, lines))]];
  return from.items
    .slice(0, maxItems)
    .flatMap((other): [string, Field][] => (isScalar(other.key) ? [[String(other.key.value), fieldOf(other.value, document, lines)]] : []));
}

function withLine(field: Field, line: number): Field {
  return {
    line,
    text: field.text,
    get items() {
      return field.items;
    },
    get entries() {
      return field.entries;
    },
    get: field.get,
  };
}

function lineOf(node: unknown, lines: LineCounter): number {
  const range = (node as Node | null)?.range;
  return range === undefined || range === null ? 1 : Math.max(1, lines.linePos(range[0]).line);
}

function textOf(value: unknown, source: string | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value === null || value === undefined
    ? undefined
    : (source ?? (typeof value === "number" || typeof value === "boolean" ? String(value) : undefined));
}

function readToml(text: string): Field | "broken" {
  try {
    return plainField(parseToml(text), "", text.split("\n"));
  } catch {
    return plainField(parseLeniently(text), "", text.split("\n"));
  }
}

type Table = { [key: string]: string | readonly string[] | Table | readonly Table[] };

/** Some tools take what the standard refuses, a table twice or after its own list: the lines are read one by one then. */
function parseLeniently(text: string): Table {
  const root: Table = Object.create(null) as Table;
  let table = root;
  for (const raw of text.split("\n").slice(0, 2000)) {
    const line = raw.trim();
    const header = /^\[{1,2}\s*([\w.'"-]+)\s*\]{1,2}/.exec(line)?.[1];
    if (header !== undefined) {
      table = root;
      for (const name of header.replace(/["']/g, "").split(".")) table = tableAt(table, name);
      continue;
    }
    const [, name, value] = /^["']?([\w.-]+)["']?\s*=\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || value.startsWith("[")) continue;
    table[name] = /^(["'])(.*?)\1/.exec(value)?.[2] ?? value.replace(/\s+#.*$/, "");
  }
  return root;
}

function tableAt(table: Table, name: string): Table {
  const known = Object.hasOwn(table, name) ? table[name] : undefined;
  if (typeof known === "object" && !Array.isArray(known)) return known as Table;
  const made: Table = Object.create(null) as Table;
  table[name] = made;
  return made;
}

/** The parser of TOML tells no lines: the line is the first that names the key. */
function plainField(value: unknown, key: string, lines: readonly string[]): Field {
  const entries = (): [string, Field][] => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date) return [];
    return Object.entries(value)
      .slice(0, maxItems)
      .map(([name, inner]) => [name, plainField(inner, name, lines)]);
  };
  const isScalarValue = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return {
    line: key === "" ? 1 : Math.max(1, lines.findIndex((line) => names(line, key)) + 1),
    text: isScalarValue ? String(value) : undefined,
    get items() {
      return Array.isArray(value) ? value.slice(0, maxItems).map((item) => plainField(item, key, lines)) : [];
    },
    get entries() {
      return entries();
    },
    get: (...path) => {
      const [name, ...rest] = path;
      const found = entries().find(([one]) => one === name)?.[1];
      return rest.length === 0 ? found : found?.get(...rest);
    },
  };
}

function names(line: string, key: string): boolean {
  const clean = line.trim();
  if (clean.startsWith("[")) return clean.replace(/[[\]\s"']/g, "").endsWith(key);
  return clean.replace(/^["']/, "").startsWith(key) && /^["']?\s*=/.test(clean.replace(/^["']/, "").slice(key.length));
}
