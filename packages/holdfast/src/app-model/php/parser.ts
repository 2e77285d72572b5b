import { parserFor } from "../parsers.js";
import { parseSyntax, type Syntax } from "../syntax.js";

/** Load the grammar of PHP, once, and give what turns a source into its tree; undefined for what cannot be parsed. */
export async function phpParser(): Promise<(source: string) => Syntax | undefined> {
  const parser = await parserFor("php");
  return (source) => parseSyntax(parser, source);
}
