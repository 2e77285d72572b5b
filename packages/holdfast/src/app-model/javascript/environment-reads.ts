import type { CodeFacts, EnvironmentRead, SourceTree } from "../model.js";
import { bare, keyName, loadParser, type Node, type NodeOf, type Syntax, walk } from "./syntax.js";

type Read = Pick<EnvironmentRead, "without" | "fallback" | "type">;

const nameForm = /^[A-Z][A-Z0-9_]+$/;

/** Find what JavaScript and TypeScript read of `process.env`, or of a parameter that is called `env`. */
export async function readJavaScriptReads(tree: SourceTree, files: readonly string[], wanted: ReadonlySet<string>): Promise<CodeFacts> {
  const reads: EnvironmentRead[] = [];
  const texts = new Set<string>();
  if (files.length === 0) return { reads, texts };
  const parse = await loadParser();
  for (const file of files) {
    const text = tree.read(file);
    const syntax = text === undefined ? undefined : parse(file, text);
    if (syntax !== undefined) readFile(file, syntax, wanted, reads, texts);
  }
  return { reads, texts };
}

function readFile(file: string, syntax: Syntax, wanted: ReadonlySet<string>, reads: EnvironmentRead[], texts: Set<string>): void {
  const seen = new Set<Node>();
  const note = (node: Node, read: Read): void => {
    const inner = bare(node);
    const name = variableOf(inner);
    if (name === undefined || seen.has(inner)) return;
    seen.add(inner);
    reads.push({ name, file, line: syntax.lineOf(inner), ...read });
  };
  // What is around a read says what becomes of it, and is met first.
  walk(syntax.program, (node) => {
    if (node.type === "LogicalExpression") noteWithDefault(node, note);
    else if (node.type === "TSNonNullExpression") note(node.expression, { without: "stops" });
    else if (node.type === "CallExpression" || node.type === "NewExpression") noteConverted(node, note);
    else if (node.type === "VariableDeclarator") {
      for (const { property, ...read } of takenApart(node)) reads.push({ ...read, file, line: syntax.lineOf(property) });
    } else if (node.type === "MemberExpression") note(node, { without: "bare" });
    else if (node.type === "Literal" && typeof node.value === "string" && wanted.has(node.value)) texts.add(node.value);
  });
}

type Note = (node: Node, read: Read) => void;

/** `process.env.NAME ?? "x"`. */
function noteWithDefault(node: NodeOf<"LogicalExpression">, note: Note, type: Pick<Read, "type"> = {}): void {
  if (node.operator !== "&&") note(node.left, { without: "default", ...literalOf(node.right), ...type });
}

/** `Number(process.env.NAME)`, `new URL(process.env.NAME)`. */
function noteConverted({ callee, arguments: [first] }: NodeOf<"CallExpression" | "NewExpression">, note: Note): void {
  const named = bare(callee);
  const called = named.type === "Identifier" ? named.name : undefined;
  if (first === undefined || (called !== "Number" && called !== "parseInt" && called !== "URL")) return;
  const type = { type: called === "URL" ? "url" : called === "parseInt" ? "integer" : "number" } as const;
  const argument = bare(first);
  if (argument.type === "LogicalExpression") noteWithDefault(argument, note, type);
  else note(argument, { without: "bare", ...type });
}

/** `const { NAME, OTHER = "x" } = process.env`. */
function takenApart({ id, init }: NodeOf<"VariableDeclarator">): readonly (Read & { readonly name: string; readonly property: Node })[] {
  if (init === null || id.type !== "ObjectPattern" || !isEnvironment(bare(init))) return [];
  return id.properties.flatMap((property) => {
    const name = property.type === "Property" ? keyName(property.key) : undefined;
    if (property.type !== "Property" || name === undefined || !nameForm.test(name)) return [];
    const { value } = property;
    const read: Read = value.type === "AssignmentPattern" ? { without: "default", ...literalOf(value.right) } : { without: "bare" };
    return [{ name, property, ...read }];
  });
}

/** The variable that an expression reads: `process.env.NAME`, `process.env["NAME"]`, `env.NAME`. */
function variableOf(node: Node): string | undefined {
  if (node.type !== "MemberExpression" || !isEnvironment(bare(node.object))) return undefined;
  const name = node.computed ? textOf(node.property) : keyName(node.property);
  return name !== undefined && nameForm.test(name) ? name : undefined;
}

function isEnvironment(node: Node): boolean {
  if (node.type === "Identifier") return node.name === "env";
  if (node.type !== "MemberExpression" || node.computed) return false;
  const object = bare(node.object);
  return object.type === "Identifier" && /^(?:process|Bun)$/.test(object.name) && keyName(node.property) === "env";
}

function textOf(node: Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

function literalOf(node: Node): { readonly fallback?: string | number | boolean } {
  const value = bare(node);
  if (value.type !== "Literal") return {};
  return typeof value.value === "string" || typeof value.value === "number" || typeof value.value === "boolean"
    ? { fallback: value.value }
    : {};
}
