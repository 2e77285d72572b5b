import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Parser } from "web-tree-sitter";

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
  parser.catch(() => loaded.delete(grammar));
  return parser;
}

async function load(grammar: Grammar): Promise<Parser> {
  engine ??= start();
  const { Language, Parser } = await engine;
  const parser = new Parser();
  parser.setLanguage(await Language.load(await grammarBytes(grammar)));
  return parser;
}

async function start(): Promise<typeof import("web-tree-sitter")> {
  const treeSitter = await import("web-tree-sitter");
  await treeSitter.Parser.init();
  return treeSitter;
}

/** The build copies the grammars beside this file; run from source, they are where the build takes them from. */
async function grammarBytes(grammar: Grammar): Promise<Uint8Array> {
  const name = `tree-sitter-${grammar}.wasm`;
  try {
    return await readFile(new URL(`grammars/${name}`, import.meta.url));
  } catch {
    return readFile(fileURLToPath(import.meta.resolve(`@vscode/tree-sitter-wasm/wasm/${name}`)));
  }
}
