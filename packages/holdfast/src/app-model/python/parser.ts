import { parserFor } from "../parsers.js";
import { parseSyntax, type Syntax } from "../syntax.js";

/** Load the grammar of Python, once, and give what turns a source into its tree; undefined for what cannot be parsed. */
export async function pythonParser(): Promise<(source: string) => Syntax | undefined> {
  const parser = await parserFor("python");
  return (source) => parseSyntax(parser, source);
}
