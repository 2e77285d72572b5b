import { entryOf, known, type Entry, type Value } from "../abstract-value.js";
import type { Deployment, Evidence, SourceTree } from "../model.js";
import { child, descend, type Syntax } from "../syntax.js";
import { readPackages, type Packages } from "./composer.js";
import { evaluate, returned, type Scope } from "./evaluate.js";
import { frameworkSetting } from "./framework-settings.js";
import { argumentsOf, callOf, lastName, nameOf } from "./php-syntax.js";
import { symfonyParameter } from "./symfony-parameters.js";

/** A PHP app under examination: its files, parsed when they are asked for. */
export interface PhpProject {
  readonly root: string;
  readonly tree: SourceTree;
  readonly deployment: Deployment;
  readonly packages: Packages;
  readonly isLaravel: boolean;
  /** PHP files of the app itself, its views among them, without tests, seeds and dependencies. */
  readonly files: readonly string[];
  path(name: string): string;
  text(path: string): string | undefined;
  parse(path: string): Syntax | undefined;
  scope(file: string): Scope;
  /** A setting with where it was made; undefined where neither the app nor the framework makes it. */
  setting(name: string): Entry | undefined;
  /** The values that callers of a function pass for one of its parameters, each once. */
  passed(owner: Syntax, name: string): readonly Value[];
  /** The PHP files that use a word: a class's name, a method's. */
  usersOf(word: string): readonly string[];
  readonly notUnderstood: Evidence[];
}

/** Folders whose code does not take uploads in production. */
const asides =
  /(^|\/)(tests?|vendor|node_modules|bower_components|stubs|docs?|examples?|database\/(seeders|seeds|factories|migrations)|bootstrap\/cache|storage\/framework|lang)\//i;

/** Open the PHP app at `root`. */
export function openPhpProject(
  tree: SourceTree,
  root: string,
  deployment: Deployment,
  parseText: (source: string) => Syntax | undefined,
): PhpProject {
  const prefix = root === "." || root === "" ? "" : `${root}/`;
  const path = (name: string): string => `${prefix}${name}`;
  const packages = readPackages(tree, path);
  const files = tree.find(root, ".php").filter((file) => !asides.test(file.slice(prefix.length)));
  const parsed = new Map<string, Syntax | undefined>();
  const parse = (file: string): Syntax | undefined => {
    if (parsed.has(file)) return parsed.get(file);
    const source = tree.read(file);
    const syntax = source === undefined ? undefined : parseText(file.endsWith(".blade.php") ? phpOfBlade(source) : source);
    parsed.set(file, syntax);
    return syntax;
  };
  let words: Map<string, Set<string>> | undefined;
  const usersOf = (word: string): readonly string[] => {
    words ??= wordsOf(files, tree);
    return [...(words.get(word) ?? [])];
  };
  const isLaravel = packages.has("laravel/framework") || tree.has(path("artisan"));
  const kept = new Map<string, Entry | undefined>();
  const methods = new Map<string, Value | undefined>();
  const setting = (name: string): Entry | undefined => {
    if (kept.has(name)) return kept.get(name);
    // A setting that is made of itself ends here.
    kept.set(name, undefined);
    const found = ownSetting(name) ?? parameter(name) ?? frameworkSetting(name, packages, path("composer.json"));
    kept.set(name, found);
    return found;
  };
  const ownSetting = (name: string): Entry | undefined => {
    const [head = "", ...rest] = name.split(".");
    const file = path(`config/${head}.php`);
    const syntax = tree.has(file) ? parse(file) : undefined;
    const last = syntax?.children.findLast((one) => one.type === "return_statement");
    if (last === undefined) return undefined;
    const table = evaluatedFile(file, last);
    return rest.reduce<Entry | undefined>((inner, key) => (inner === undefined ? undefined : entryOf(inner.value, key)), {
      value: table,
      file,
      line: last.line,
    });
  };
  const parameter = (name: string): Entry | undefined => {
    const value = name.startsWith("parameters.")
      ? symfonyParameter({ deployment, path, text: (file) => tree.read(file) }, name.slice("parameters.".length))
      : undefined;
    return value === undefined ? undefined : { value, file: path("config/services.yaml"), line: 1 };
  };
  const tables = new Map<string, Value>();
  const evaluatedFile = (file: string, node: Syntax): Value => {
    const done = tables.get(file);
    if (done !== undefined) return done;
    const value = evaluate(node, scope(file));
    tables.set(file, value);
    return value;
  };
  const passed = (owner: Syntax, name: string): readonly Value[] => passedTo(owner, name, usersOf, parse, scope);
  const scopes = new Map<string, Scope>();
  const scope = (file: string): Scope => {
    const made = scopes.get(file) ?? newScope(file);
    scopes.set(file, made);
    return made;
  };
  const constants = new Map<string, Value | undefined>();
  const newScope = (file: string): Scope => ({
    file,
    folder: folderOf(file.slice(prefix.length)),
    config: (name) => setting(name)?.value,
    constant: (name) => {
      if (!constants.has(name)) {
        constants.set(name, undefined);
        constants.set(name, constantValue(name, usersOf, parse, scope));
      }
      return constants.get(name);
    },
    folderOf: (name) => folderValue(name, isLaravel, { tree, path, parse, scope, deployment }),
    parameter: (owner, name) => {
      const values = passed(owner, name);
      return values.length === 1 ? values[0] : undefined;
    },
    method: (owner, name) => {
      const key = `${owner}::${name}`;
      if (!methods.has(key)) {
        methods.set(key, undefined);
        methods.set(key, methodOf(owner, name, usersOf, parse, scope));
      }
      return methods.get(key);
    },
  });
  return {
    root,
    tree,
    deployment,
    packages,
    isLaravel,
    files,
    path,
    text: (file) => tree.read(file),
    parse,
    scope,
    setting,
    passed,
    usersOf,
    notUnderstood: [],
  };
}

/** Blade's own blocks of PHP, in the form the grammar knows; lines stay where they are. */
function phpOfBlade(source: string): string {
  return source
    .replaceAll(/\{\{--[\s\S]*?--\}\}/g, (comment) => comment.replaceAll(/[^\n]/g, " "))
    .replaceAll(/@php\b(?!\s*\()/g, "<?php ")
    .replaceAll("@endphp", "?>");
}

function folderOf(file: string): string {
  const at = file.lastIndexOf("/");
  return at === -1 ? "." : file.slice(0, at);
}

function wordsOf(files: readonly string[], tree: SourceTree): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of files) {
    for (const [word] of (tree.read(file) ?? "").matchAll(/[A-Za-z_]\w{2,}/g)) {
      const users = found.get(word);
      if (users === undefined) found.set(word, new Set([file]));
      else users.add(file);
    }
  }
  return found;
}

/** `define("UPLOAD_DIR", …)`, `const UPLOAD_DIR = …` and `Disk::Public`, where there is one such name. */
function constantValue(
  name: string,
  usersOf: (word: string) => readonly string[],
  parse: (file: string) => Syntax | undefined,
  scope: (file: string) => Scope,
): Value | undefined {
  const [owner, member] = name.includes("::") ? name.split("::") : [undefined, name];
  for (const file of usersOf(member ?? name)) {
    const root = parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      if (owner !== undefined && (node.type === "const_element" || node.type === "enum_case")) {
        const isSame = (node.children[0]?.text ?? "") === member && nameOf(ownerOf(node)) === owner;
        if (isSame) return evaluate(node.type === "enum_case" ? child(node, "value") : node.children[1], scope(file));
      }
      if (owner !== undefined) continue;
      if (node.type === "const_element" && ownerOf(node) === undefined && node.children[0]?.text === name)
        return evaluate(node.children[1], scope(file));
      const call = callOf(node);
      if (call?.name !== "define" || call.on !== undefined) continue;
      const { items } = argumentsOf(node);
      if (items[0]?.children[0]?.text === name) return evaluate(items[1], scope(file));
    }
  }
  return undefined;
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
function folderValue(name: string, isLaravel: boolean, { tree, deployment, path, parse, scope }: Folders): Value | undefined {
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
function passedTo(
  owner: Syntax,
  name: string,
  usersOf: (word: string) => readonly string[],
  parse: (file: string) => Syntax | undefined,
  scope: (file: string) => Scope,
): readonly Value[] {
  const list = (child(owner, "parameters")?.children ?? []).filter((one) => one.type.endsWith("parameter"));
  const index = list.findIndex((one) => child(one, "name")?.text === name);
  const parameter = list[index];
  const called = nameOf(owner);
  if (parameter === undefined || called === undefined || called.length < 3) return [];
  const standard = child(parameter, "default_value");
  const found = new Map<string, Value>();
  const users = usersOf(called);
  for (const file of users.length > 40 ? [] : users) {
    const root = parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      if (callOf(node)?.name !== called) continue;
      const { items, named } = argumentsOf(node);
      if (items.length > list.length) continue;
      const given = named.get(name.slice(1)) ?? items[index] ?? standard;
      if (given === undefined) continue;
      const value = given === standard ? evaluate(standard, scope(file)) : evaluate(given, withoutParameters(scope(file)));
      found.set(
        JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? [...(one as Map<string, unknown>)] : one)),
        value,
      );
    }
  }
  if (found.size === 0 && standard !== undefined) return [evaluate(standard, withoutParameters(scope("")))];
  return [...found.values()];
}

/** Parameters are followed one call far: callers of callers would go round in circles. */
function withoutParameters(scope: Scope): Scope {
  return { ...scope, parameter: () => undefined };
}

function methodOf(
  owner: string,
  name: string,
  usersOf: (word: string) => readonly string[],
  parse: (file: string) => Syntax | undefined,
  scope: (file: string) => Scope,
): Value | undefined {
  if (name.length < 4) return undefined;
  const users = usersOf(name);
  if (users.length > 40) return undefined;
  const found: { readonly node: Syntax; readonly file: string }[] = [];
  for (const file of users) {
    const root = parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const isOne =
        owner === ""
          ? node.type === "function_definition"
          : node.type === "method_declaration" && nameOf(ownerOf(node)) === lastName(owner);
      if (isOne && nameOf(node) === name) found.push({ node, file });
    }
  }
  const [only] = found;
  return found.length === 1 && only !== undefined ? returned(only.node, { ...scope(only.file), method: () => undefined }, 4) : undefined;
}
