import { describe, expect, it } from "vitest";
import { parserFor } from "./parsers.js";
import { copySyntax, type Syntax } from "./syntax.js";
import { walkThrough, withCursor } from "./tree-walk.js";

const source = `import os
@decorated
def save(request, *, name="é😀"):
    if not request.FILES or (yield name) != 1:
        return [one for one in (1, 2.0) if one] + {"a": -x}
    with open(f"{name}.txt", "wb") as out: out.write(b"")
class A(B, metaclass=C): pass
broken = (
`;

/** A tree as plain data. */
const told = (node: Syntax): unknown => [node.type, node.field, node.operator, node.line, node.text, node.children.map(told)];

describe("a walk through a parsed tree", () => {
  it("that asks the engine directly goes the way of the package's own cursor", async () => {
    const parser = await parserFor("python");
    const tree = parser.parse(source);
    if (tree === null) throw new Error("not parsed");
    const direct = told(copySyntax(tree, source, walkThrough));
    expect(direct).toEqual(told(copySyntax(tree, source, withCursor)));
    expect(JSON.stringify(direct)).toContain("wb");
    tree.delete();
  });

  it("takes the package's cursor where the engine has other functions", async () => {
    const parser = await parserFor("python");
    const tree = parser.parse(source);
    if (tree === null) throw new Error("not parsed");
    const other = told(copySyntax(tree, source, (one) => walkThrough(one, { _ts_init: () => 0 })));
    expect(other).toEqual(told(copySyntax(tree, source)));
    tree.delete();
  });
});
