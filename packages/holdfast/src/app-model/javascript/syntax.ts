import type { Node, ParserOptions } from "oxc-parser";

export type { Node } from "oxc-parser";
export type FunctionNode = Extract<
  Node,
  { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" | "TSDeclareFunction" | "TSEmptyBodyFunctionExpression" }
>;
export type ClassNode = Extract<Node, { type: "ClassDeclaration" | "ClassExpression" }>;
export type NodeOf<Type extends Node["type"]> = Extract<Node, { type: Type }>;

/** A parsed file: its syntax, and what its lines are. */
export interface Syntax {
  readonly program: NodeOf<"Program">;
  /** The line of a node, from 1. */
  lineOf(node: Node): number;
  /** The source of a node. */
  textOf(node: Node): string;
  /** The line of the first comment that speaks of something, where the code itself does not. */
  lineInCommentOnly(words: RegExp): number | undefined;
}

type Parse = (path: string, text: string) => Syntax | undefined;

const largestSource = 1_000_000;

/** Bundles and minified files are nobody's source. */
const isBundle = (text: string): boolean => {
  if (text.length > largestSource) return true;
  if (text.length < 30_000) return false;
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return text.length / lines > 400;
};

const languageOf = (path: string): NonNullable<ParserOptions["lang"]> => {
  if (/\.[mc]?ts$/.test(path)) return "ts";
  if (path.endsWith(".tsx")) return "tsx";
  // Plain JavaScript with JSX in it is common, and JSX never clashes with JavaScript.
  return "jsx";
};

/** Plain JavaScript comes without the fields of TypeScript's, which are a quarter of what the parser hands over. */
const dialectOf = (path: string): NonNullable<ParserOptions["astType"]> => (/\.[mc]?jsx?$/.test(path) ? "js" : "ts");

/** Every kind of node to which TypeScript adds fields. */
const typed = `
  @a class A<T> extends B<T> implements C { @a b: T = d; accessor e: T; @a f(@a g: T, [h]: T, { i }: T, j: T = k, ...l: T): T {} constructor(private m: T) {} }
  function n<T>(o?: T): T { try {} catch (p: T) {} }
  const q = class<T> {}, r = function <T>(): T {}, s = <T,>(): T => t<T>(new u<T>(), v<T>\`\`, w!, import("x"));
  let y!: T; const z = <A<T> b={c} />; import type D from "d"; export type { D }; export * from "e"; for (const f of g) {}`;

const lineStarts = (text: string): readonly number[] => {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
};

/** Loads the parser, which is large and therefore loaded only when there is something to parse. */
export const loadParser = async (): Promise<Parse> => {
  const { parseSync } = await import("oxc-parser");
  if (fieldsByType.size === 0)
    walk(parseSync("typed.tsx", typed, { lang: "tsx", preserveParens: false, astType: "ts" }).program, () => undefined);
  return (path, text) => {
    if (isBundle(text)) return undefined;
    try {
      const options: ParserOptions = { lang: languageOf(path), preserveParens: false, astType: dialectOf(path) };
      let parsed = parseSync(path, text, options);
      // Old scripts use as names what modules reserve.
      if (parsed.program.body.length === 0 && parsed.errors.length > 0)
        parsed = parseSync(path, text, { ...options, sourceType: "unambiguous" });
      const { program, comments } = parsed;
      if (program.body.length === 0 && parsed.errors.length > 0) return undefined;
      let starts: readonly number[] | undefined;
      return {
        program,
        lineOf: (node) => {
          starts ??= lineStarts(text);
          let low = 0;
          let high = starts.length - 1;
          while (low < high) {
            const middle = (low + high + 1) >> 1;
            if ((starts[middle] ?? 0) <= node.start) low = middle;
            else high = middle - 1;
          }
          return low + 1;
        },
        textOf: (node) => text.slice(node.start, node.end),
        lineInCommentOnly: (words) => {
          const comment = comments.find(({ value }) => words.test(value));
          if (comment === undefined) return undefined;
          let code = "";
          let at = 0;
          for (const { start, end } of comments) {
            code += text.slice(at, start);
            at = end;
          }
          if (words.test(code + text.slice(at))) return undefined;
          const inside = comment.start + Math.max(0, comment.value.search(words));
          return text.slice(0, inside).split("\n").length;
        },
      };
    } catch {
      // Deeply nested or broken input: the parser's own limits.
      return undefined;
    }
  };
};

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "start" in value;

/** Fields that hold no node, whatever the node. */
const plainFields = new Set(["type", "start", "end", "operator", "computed", "optional", "async", "generator", "kind", "raw"]);
const fieldsByType = new Map<string, readonly string[]>();

/**
 * The fields of a node that may hold nodes. All nodes of a type have the same fields in the same order, literals apart; those of
 * TypeScript have more, and are seen first.
 */
const fieldsOf = (node: Node): readonly string[] => {
  const known = fieldsByType.get(node.type);
  if (known !== undefined) return known;
  const fields = Object.keys(node).filter((name) => !plainFields.has(name));
  fieldsByType.set(node.type, fields);
  return fields;
};

const noNodes: readonly Node[] = [];

/** The nodes directly below a node, in the order of the source. */
export const childrenOf = (node: Node): readonly Node[] => {
  if (node.type === "Literal") return noNodes;
  const children: Node[] = [];
  const values = node as unknown as Readonly<Record<string, unknown>>;
  for (const field of fieldsOf(node)) {
    const value = values[field];
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item);
    } else if (isNode(value)) children.push(value);
  }
  return children;
};

/** Calls `visit` for a node and all below it, outermost first. */
export const walk = (node: Node, visit: (node: Node) => void): void => {
  const waiting: Node[] = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    visit(next);
    const children = childrenOf(next);
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index];
      if (child !== undefined) waiting.push(child);
    }
  }
};

export const isFunction = (node: Node): node is FunctionNode =>
  node.type === "FunctionDeclaration" ||
  node.type === "FunctionExpression" ||
  node.type === "ArrowFunctionExpression" ||
  node.type === "TSDeclareFunction" ||
  node.type === "TSEmptyBodyFunctionExpression";

/** An expression without what TypeScript wraps around it. */
export const bare = (node: Node): Node => {
  if (
    node.type === "ParenthesizedExpression" ||
    node.type === "TSAsExpression" ||
    node.type === "TSSatisfiesExpression" ||
    node.type === "TSNonNullExpression" ||
    node.type === "TSTypeAssertion" ||
    node.type === "TSInstantiationExpression" ||
    node.type === "ChainExpression" ||
    node.type === "AwaitExpression"
  ) {
    const inner = node.type === "AwaitExpression" ? node.argument : node.expression;
    return bare(inner);
  }
  return node;
};

/** The name of a key written plainly: `a`, `"a"`, `1`. */
export const keyName = (key: Node): string | undefined => {
  if (key.type === "Identifier" || key.type === "PrivateIdentifier") return key.name;
  if (key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number")) return String(key.value);
  return undefined;
};
