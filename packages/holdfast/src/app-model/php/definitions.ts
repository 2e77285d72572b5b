import { known, type Value } from "../abstract-value.js";
import type { Deployment, SourceTree } from "../model.js";
import { child, descend, type Syntax } from "../syntax.js";
import { evaluate, returned, type Scope } from "./evaluate.js";
import { argumentsOf, callOf, callsIn, lastName, nameOf } from "./php-syntax.js";

/** Where definitions are looked for. */
export interface Sources {
  /** The PHP files that use a word. */
  usersOf(word: string): readonly string[];
  text(file: string): string | undefined;
  parse(file: string): Syntax | undefined;
  scope(file: string): Scope;
}

/** A name that more files use than these says too little to be followed. */
const maxUsers = 40;

/** `define("UPLOAD_DIR", …)`, `const UPLOAD_DIR = …` and `Disk::Public`, where there is one such name. */
export function constantValue(name: string, sources: Sources): Value | undefined {
  const [owner, member] = name.includes("::") ? name.split("::") : [undefined, name];
  const signs =
    owner === undefined
      ? new RegExp(`(define\\s*\\(|const)\\s*['"]?${name}\\b`)
      : new RegExp(`(class|enum|interface|trait)\\s+${owner}\\b`);
  for (const file of sources.usersOf(member ?? name)) {
    const root = signs.test(sources.text(file) ?? "") ? sources.parse(file) : undefined;
    for (const node of root === undefined ? [] : descend(root)) {
      if (owner !== undefined && (node.type === "const_element" || node.type === "enum_case")) {
        const isSame = (node.children[0]?.text ?? "") === member && nameOf(ownerOf(node)) === owner;
        if (isSame) return evaluate(node.type === "enum_case" ? child(node, "value") : node.children[1], sources.scope(file));
      }
      if (owner !== undefined) continue;
      if (node.type === "const_element" && ownerOf(node) === undefined && node.children[0]?.text === name)
        return evaluate(node.children[1], sources.scope(file));
      const call = callOf(node);
      if (call?.name !== "define" || call.on !== undefined) continue;
      const { items } = argumentsOf(node);
      if (items[0]?.children[0]?.text === name) return evaluate(items[1], sources.scope(file));
    }
  }
  return undefined;
}

/** The folders that CodeIgniter and WordPress have constants for. */
export function folderConstant(name: string, tree: SourceTree, path: (name: string) => string): Value | undefined {
  const isServed = tree.has(path("public/index.php"));
  const folders: Readonly<Record<string, string>> = {
    WRITEPATH: "writable/",
    FCPATH: isServed ? "public/" : "./",
    ROOTPATH: "./",
    APPPATH: tree.has(path("application/config/config.php")) ? "application/" : "app/",
    ABSPATH: "./",
    WP_CONTENT_DIR: "wp-content",
    WWW_ROOT: "webroot/",
    ROOT: ".",
  };
  const folder = folders[name];
  return folder === undefined ? undefined : known(folder);
}

function ownerOf(node: Syntax): Syntax | undefined {
  for (let one = node.parent; one !== undefined; one = one.parent)
    if (/^(class|enum|trait|interface)_declaration$/.test(one.type)) return one;
  return undefined;
}

interface Folders {
  readonly tree: SourceTree;
  readonly deployment: Deployment;
  path(name: string): string;
  parse(file: string): Syntax | undefined;
  scope(file: string): Scope;
}

/** Where Laravel's folders lie: moved in `bootstrap/app.php`, or by a variable of Laravel's own. */
export function folderValue(name: string, isLaravel: boolean, { tree, deployment, path, parse, scope }: Folders): Value | undefined {
  if (name === "base") return known(".");
  if (name === "document") return known(tree.has(path("public/index.php")) ? "public" : ".");
  if (!isLaravel || (name !== "storage" && name !== "public")) return undefined;
  const file = path("bootstrap/app.php");
  const method = name === "storage" ? "useStoragePath" : "usePublicPath";
  if (tree.read(file)?.includes(method) === true) {
    const root = parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      if (callOf(node)?.name === method) return evaluate(argumentsOf(node).items[0], scope(file));
    }
  }
  const isMoved = deployment.services.some((one) => one.variables.some((variable) => variable.name === "LARAVEL_STORAGE_PATH"));
  return name === "storage" && isMoved ? { kind: "variable", name: "LARAVEL_STORAGE_PATH", ifUnset: known("storage") } : undefined;
}

/** What every call of a function by its name passes for a parameter; its default where a call passes nothing. */
export function passedTo(owner: Syntax, name: string, sources: Sources): readonly Value[] {
  const list = (child(owner, "parameters")?.children ?? []).filter((one) => one.type.endsWith("parameter"));
  const index = list.findIndex((one) => child(one, "name")?.text === name);
  const parameter = list[index];
  const called = nameOf(owner);
  if (parameter === undefined || called === undefined || called.length < 3) return [];
  const standard = child(parameter, "default_value");
  const found = new Map<string, Value>();
  const calling = new RegExp(`(->|::|\\b)${called}\\s*\\(`);
  const users = sources.usersOf(called);
  for (const file of users.length > maxUsers ? [] : users) {
    const root = calling.test(sources.text(file) ?? "") ? sources.parse(file) : undefined;
    for (const node of root === undefined ? [] : callsIn(root, called)) {
      const { items, named } = argumentsOf(node);
      if (items.length > list.length) continue;
      const given = named.get(name.slice(1)) ?? items[index] ?? standard;
      if (given === undefined) continue;
      const value = given === standard ? evaluate(standard, sources.scope(file)) : evaluate(given, withoutParameters(sources.scope(file)));
      found.set(
        JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? [...(one as Map<string, unknown>)] : one)),
        value,
      );
    }
  }
  if (found.size === 0 && standard !== undefined) return [evaluate(standard, withoutParameters(sources.scope("")))];
  return [...found.values()];
}

/** Parameters are followed one call far: callers of callers would go round in circles. */
function withoutParameters(scope: Scope): Scope {
  return { ...scope, parameter: () => undefined };
}

/** What a function, or a method of a class of the app's own, gives back, where there is one by that name. */
export function methodOf(owner: string, name: string, sources: Sources): Value | undefined {
  if (name.length < 4) return undefined;
  // A class lies in the file that bears its name.
  const isOwn = (file: string): boolean =>
    owner === "" ? new RegExp(`function\\s+${name}\\s*\\(`).test(sources.text(file) ?? "") : file.endsWith(`/${lastName(owner)}.php`);
  const found: { readonly node: Syntax; readonly file: string }[] = [];
  for (const file of sources.usersOf(name).filter(isOwn)) {
    const root = sources.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const isOne = owner === "" ? node.type === "function_definition" : node.type === "method_declaration";
      if (isOne && nameOf(node) === name) found.push({ node, file });
    }
  }
  const [only] = found;
  return found.length === 1 && only !== undefined
    ? returned(only.node, { ...sources.scope(only.file), method: () => undefined }, 4)
    : undefined;
}
