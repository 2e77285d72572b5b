import { expect, it } from "vitest";
import { type Node, loadParser, walk } from "./syntax.js";

it("sees what TypeScript adds to a node after plain JavaScript had nodes of the same kinds", async () => {
  const parse = await loadParser();
  const names = (path: string, text: string): readonly string[] => {
    const found: string[] = [];
    const syntax = parse(path, text);
    if (syntax !== undefined) walk(syntax.program, (node: Node) => void (node.type === "Identifier" && found.push(node.name)));
    return found.toSorted();
  };
  expect(names("a.js", "class A { b = c(d); e(f) {} }")).toEqual(["A", "b", "c", "d", "e", "f"]);
  const typed = "class A { @Inject(T) b: B = c<C>(d); e(@Body() f: F, private g?: G): H<I> {} }";
  expect(names("a.ts", typed)).toEqual(["A", "B", "Body", "C", "F", "G", "H", "I", "Inject", "T", "b", "c", "d", "e", "f", "g"]);
});
