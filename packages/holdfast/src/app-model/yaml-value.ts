import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { joined, known, nothing, unknownValue, type Entry, type Value } from "./abstract-value.js";
import { isParsableYaml } from "./yaml-guard.js";

/** A document with more nodes than this is no configuration. */
const maxNodes = 20_000;

/** Turn a YAML text into a value; marked places in it stand for the values given. */
export function readYaml(text: string, file: string, values: readonly Value[] = []): Value {
  if (!isParsableYaml(text)) return unknownValue(`${file}, which is nested too deep to be read`);
  const lines = new LineCounter();
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, logLevel: "silent", prettyErrors: false, strict: false, uniqueKeys: false });
  } catch {
    return unknownValue(`${file}, which is not YAML`);
  }
  let count = 0;
  const valueOf = (node: unknown, depth: number): Value => {
    count += 1;
    if (depth > 20 || count > maxNodes) return unknownValue("a very large document");
    if (isAlias(node)) return valueOf(node.resolve(document), depth + 1);
    if (isScalar(node)) return scalar(node.value, values);
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => valueOf(item, depth + 1)) };
    if (!isMap(node)) return nothing;
    const entries = new Map<string, Entry>();
    const own = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const value = valueOf(pair.value, depth + 1);
      if (key === "<<") {
        for (const one of value.kind === "list" ? value.items : [value]) {
          if (one.kind === "table") for (const [name, entry] of one.entries) entries.set(name, entry);
        }
      } else own.set(key, { value, file, line: lineOf(pair.key, lines) });
    }
    return { kind: "table", entries: new Map([...entries, ...own]) };
  };
  return valueOf(document.contents, 0);
}

function lineOf(node: unknown, lines: LineCounter): number {
  const range = (node as Node | null)?.range;
  return range === undefined || range === null ? 1 : Math.max(1, lines.linePos(range[0]).line);
}

function scalar(value: unknown, values: readonly Value[]): Value {
  if (typeof value === "number" || typeof value === "boolean") return known(value);
  if (typeof value !== "string") return nothing;
  const parts = value.split(/\u{E000}(\d+)\u{E001}/u);
  if (parts.length === 1) return known(value);
  return joined(
    ...parts.flatMap((part, index) => (index % 2 === 1 ? [values[Number(part)] ?? nothing] : part === "" ? [] : [known(part)])),
  );
}
