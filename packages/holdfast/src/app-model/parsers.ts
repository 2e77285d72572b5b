import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import type { Parser } from "web-tree-sitter";
import { engine as module } from "./tree-walk.js";

/** A language whose files are parsed with a grammar of tree-sitter. */
export type Grammar = "python" | "ruby" | "php";

const loaded = new Map<Grammar, Promise<Parser>>();
let engine: Promise<typeof import("web-tree-sitter")> | undefined;

/**
 * Load the parser of a language, once in a process; nothing of it is in memory before the first call. The trees that it
 * returns hold memory outside the JavaScript heap: whoever parses calls `delete()` on each when done.
 */
export function parserFor(grammar: Grammar): Promise<Parser> {
  const known = loaded.get(grammar);
  if (known !== undefined) return known;
  const parser = load(grammar);
  loaded.set(grammar, parser);
  // A failure is not remembered: the next call tries again.
  parser.catch(() => {
    loaded.delete(grammar);
    engine = undefined;
  });
  return parser;
}

async function load(grammar: Grammar): Promise<Parser> {
  engine ??= start();
  const { Language, Parser } = await engine;
  const parser = new Parser();
  parser.setLanguage(await Language.load(await grammarBytes(grammar)));
  return parser;
}

/** The build puts the engine and the grammars beside this file; run from source, they are in the packages it takes them from. */
const built = new URL("grammars/", import.meta.url);

async function start(): Promise<typeof import("web-tree-sitter")> {
  const engineFile = new URL("web-tree-sitter.js", built);
  const treeSitter: typeof import("web-tree-sitter") = existsSync(engineFile)
    ? await import(engineFile.href)
    : await import("web-tree-sitter");
  await treeSitter.Parser.init(module);
  return treeSitter;
}

async function grammarBytes(grammar: Grammar): Promise<Uint8Array> {
  const name = `tree-sitter-${grammar}.wasm`;
  const compressed = new URL(`${name}.br`, built);
  if (existsSync(compressed)) return brotliDecompressSync(await readFile(compressed));
  return readFile(fileURLToPath(import.meta.resolve(`@vscode/tree-sitter-wasm/wasm/${name}`)));
}
