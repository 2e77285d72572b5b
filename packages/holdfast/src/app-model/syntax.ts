import type { Parser, Tree } from "web-tree-sitter";
import { type TreeWalk, walkThrough } from "./tree-walk.js";

/** A node of a parsed file, kept apart from its parser: named nodes only, the file's text shared by all of them. */
export interface Syntax {
  readonly type: string;
  /** The name of its place in its parent: `condition`, `left`. */
  readonly field: string | undefined;
  /** The operator or keyword of an expression that has one: `||`, `!`, `??=`. */
  readonly operator: string | undefined;
  readonly line: number;
  readonly text: string;
  readonly children: readonly Syntax[];
  readonly parent: Syntax | undefined;
}

/** Larger trees are cut off: nobody writes such a file by hand. */
const maxNodes = 400_000;

/** Text that takes longer than this is no source: a grammar can be made to search for sense in nonsense for minutes. */
const maxParsingMs = 1_500;

/** Parse a source; undefined for what is none. The parser's own memory is given back. */
export function parseSyntax(parser: Parser, source: string): Syntax | undefined {
  const until = Date.now() + maxParsingMs;
  try {
    const tree = parser.parse(source, undefined, { progressCallback: () => Date.now() > until });
    if (tree === null) {
      parser.reset();
      return undefined;
    }
    const syntax = copySyntax(tree, source);
    tree.delete();
    return syntax;
  } catch {
    parser.reset();
    return undefined;
  }
}

/** A node that cuts its text out of the file's when it is asked for: there are hundreds of thousands of them. */
class SyntaxNode implements Syntax {
  readonly type: string;
  readonly field: string | undefined;
  operator: string | undefined = undefined;
  readonly line: number;
  children: Syntax[] = none;
  readonly parent: Syntax | undefined;
  readonly #source: string;
  readonly #start: number;
  readonly #end: number;

  constructor(
    type: string,
    field: string | undefined,
    line: number,
    parent: Syntax | undefined,
    source: string,
    start: number,
    end: number,
  ) {
    this.type = type;
    this.field = field;
    this.line = line;
    this.parent = parent;
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get text(): string {
    return this.#source.slice(this.#start, this.#end);
  }
}

/** Single words of the grammars, which have nothing in them. */
const leaves = new Set([
  "identifier",
  "integer",
  "float",
  "true",
  "false",
  "none",
  "comment",
  "constant",
  "string_content",
  "instance_variable",
]);

/** What nodes without children share. */
const none: Syntax[] = [];

/** Copy a tree out of its parser, so that the parser's memory can be given back. */
export function copySyntax(tree: Tree, source: string, start: (tree: Tree) => TreeWalk = (one) => walkThrough(one)): Syntax {
  const lineAt = lineCounter(source);
  const { types, fields } = tree.language;
  // What follows from the type is asked once: each question crosses into the parser's memory, and there are millions.
  const isNamed = namedTypes(tree);
  const operator = fields.indexOf("operator");
  const walk = start(tree);
  let count = 0;
  const copy = (parent: Syntax | undefined, type: string): Syntax => {
    const from = walk.startIndex();
    const node = new SyntaxNode(type, fields[walk.fieldId()] ?? undefined, lineAt(from), parent, source, from, walk.endIndex());
    count += 1;
    if (count < maxNodes && !leaves.has(type) && walk.toFirstChild()) {
      const children: Syntax[] = [];
      do {
        const id = walk.typeId();
        // The parser's own sign of an error has a number beyond the grammar's.
        if (isNamed[id] ?? true) children.push(copy(node, types[id] ?? "ERROR"));
        else if (node.operator === undefined || walk.fieldId() === operator) node.operator = types[id] ?? "ERROR";
      } while (walk.toNextSibling());
      walk.toParent();
      if (children.length > 0) node.children = children;
    }
    return node;
  };
  const root = copy(undefined, types[walk.typeId()] ?? "ERROR");
  walk.close();
  return root;
}

const namedByLanguage = new WeakMap<Tree["language"], readonly boolean[]>();

/** Which of a language's types are named, asked once: it may not be asked during a walk. */
function namedTypes({ language }: Tree): readonly boolean[] {
  const known = namedByLanguage.get(language);
  if (known !== undefined) return known;
  const found = language.types.map((_, id) => language.nodeTypeIsNamed(id));
  namedByLanguage.set(language, found);
  return found;
}

/** Count lines up to a place; places are asked for in the order of the text. */
function lineCounter(source: string): (index: number) => number {
  let line = 1;
  let next = source.indexOf("\n");
  return (index) => {
    while (next >= 0 && next < index) {
      line += 1;
      next = source.indexOf("\n", next + 1);
    }
    return line;
  };
}

/** The child in a named place. */
export function child(node: Syntax | undefined, field: string): Syntax | undefined {
  return node?.children.find((one) => one.field === field);
}

/** Every node below one, itself first, in the order of the text; `enter` false leaves out what is below a node. */
export function* descend(node: Syntax, enter: (node: Syntax) => boolean = () => true): Generator<Syntax> {
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    if (enter(next)) for (let index = next.children.length - 1; index >= 0; index -= 1) open.push(...next.children.slice(index, index + 1));
  }
}

const places = new WeakMap<Syntax, number>();

/** The place of a node among its parent's children, found once. */
export function placeOf(node: Syntax): number {
  const kept = places.get(node);
  if (kept !== undefined) return kept;
  for (const [index, one] of (node.parent?.children ?? []).entries()) places.set(one, index);
  return places.get(node) ?? 0;
}

/** Nodes by a text of theirs, in the order they have. */
export function groupByText(nodes: Iterable<Syntax>, textOf: (node: Syntax) => string): ReadonlyMap<string, readonly Syntax[]> {
  const groups = new Map<string, Syntax[]>();
  for (const node of nodes) {
    const group = groups.get(textOf(node));
    if (group === undefined) groups.set(textOf(node), [node]);
    else group.push(node);
  }
  return groups;
}

/** Whether a node is another or around it. */
export function contains(outer: Syntax, inner: Syntax): boolean {
  for (let one: Syntax | undefined = inner; one !== undefined; one = one.parent) if (one === outer) return true;
  return false;
}

/** The nearest node around one that is of one of these types. */
export function around(node: Syntax, ...types: readonly string[]): Syntax | undefined {
  for (let next = node.parent; next !== undefined; next = next.parent) if (types.includes(next.type)) return next;
  return undefined;
}
