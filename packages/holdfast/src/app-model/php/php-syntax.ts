import { child, descend, type Syntax } from "../syntax.js";

/** A call, whatever its form: `f(x)`, `$a->f(x)`, `$a?->f(x)`, `A::f(x)`. */
export interface Call {
  readonly node: Syntax;
  readonly name: string;
  /** The object or class it is called on. */
  readonly on: Syntax | undefined;
  readonly isStatic: boolean;
}

const callTypes = new Set([
  "function_call_expression",
  "member_call_expression",
  "nullsafe_member_call_expression",
  "scoped_call_expression",
]);

/** Whether a node is a function, a method or a closure. */
export const functions: readonly string[] = ["method_declaration", "function_definition", "anonymous_function", "arrow_function"];

/** Take a call apart; undefined for what is none. */
export function callOf(node: Syntax | undefined): Call | undefined {
  if (node === undefined || !callTypes.has(node.type)) return undefined;
  if (node.type === "function_call_expression") {
    return { node, name: lastName(child(node, "function")?.text ?? ""), on: undefined, isStatic: false };
  }
  const isStatic = node.type === "scoped_call_expression";
  return { node, name: child(node, "name")?.text ?? "", on: child(node, isStatic ? "scope" : "object"), isStatic };
}

const callsByRoot = new WeakMap<Syntax, Map<string, Syntax[]>>();

/** The calls of one name in a file. */
export function callsIn(root: Syntax, name: string): readonly Syntax[] {
  let calls = callsByRoot.get(root);
  if (calls === undefined) {
    calls = new Map();
    for (const node of descend(root)) {
      const called = callOf(node)?.name;
      if (called === undefined) continue;
      const list = calls.get(called);
      if (list === undefined) calls.set(called, [node]);
      else list.push(node);
    }
    callsByRoot.set(root, calls);
  }
  return calls.get(name) ?? [];
}

/** The arguments of a call: by position, and by name where they are named. */
export function argumentsOf(node: Syntax): { readonly items: readonly Syntax[]; readonly named: ReadonlyMap<string, Syntax> } {
  const items: Syntax[] = [];
  const named = new Map<string, Syntax>();
  const list = child(node, "arguments") ?? node.children.find((one) => one.type === "arguments");
  for (const one of list?.children ?? []) {
    if (one.type !== "argument") continue;
    const name = child(one, "name")?.text;
    const value = one.children.findLast((part) => part.field !== "name" && part.type !== "comment");
    if (value === undefined) continue;
    if (name === undefined) items.push(value);
    else named.set(name, value);
  }
  return { items, named };
}

/** An argument by its place or its name. */
export function argument(node: Syntax, index: number, name: string): Syntax | undefined {
  const { items, named } = argumentsOf(node);
  return named.get(name) ?? items[index];
}

/** The last part of a name: `Storage` for `\Illuminate\Support\Facades\Storage`. */
export function lastName(name: string): string {
  return name.split("\\").at(-1) ?? name;
}

/** The class, trait or enum around a node. */
export function classAround(node: Syntax): Syntax | undefined {
  for (let one = node.parent; one !== undefined; one = one.parent) {
    if (/^(class|trait|enum|interface)_declaration$|^anonymous_class$/.test(one.type)) return one;
    if (one.type === "object_creation_expression" && one.children.some((part) => part.type === "declaration_list")) return one;
  }
  return undefined;
}

/** The method or function around a node; closures count as part of what they stand in. */
export function functionAround(node: Syntax): Syntax | undefined {
  for (let one = node.parent; one !== undefined; one = one.parent) {
    if (one.type === "method_declaration" || one.type === "function_definition") return one;
  }
  return undefined;
}

/** The name of a class or function. */
export function nameOf(node: Syntax | undefined): string | undefined {
  return child(node, "name")?.text;
}

/** What a person calls the place of a node: `PhotoController#store`. */
export function labelOf(node: Syntax, file: string): string {
  const owner = nameOf(classAround(node));
  const method = nameOf(functionAround(node));
  if (owner === undefined) return method === undefined ? file : `${file} (${method})`;
  return method === undefined ? owner : `${owner}::${method}`;
}

/** The calls that follow one on its result: `->disk("s3")->image()` after `FileUpload::make("photo")`. */
export function chainAfter(node: Syntax): readonly Call[] {
  const found: Call[] = [];
  for (let inner = node, outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
    const call = callOf(outer);
    if (call?.on !== inner) break;
    found.push(call);
  }
  return found;
}
