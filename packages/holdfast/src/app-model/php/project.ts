import { entryOf, type Entry, type Value } from "../abstract-value.js";
import type { Deployment, Evidence, SourceTree } from "../model.js";
import type { Syntax } from "../syntax.js";
import { readPackages, type Packages } from "./composer.js";
import { constantValue, folderConstant, folderValue, methodOf, passedTo, type Sources } from "./definitions.js";
import { evaluate, type Scope } from "./evaluate.js";
import { frameworkSetting } from "./framework-settings.js";
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

/** Expressions looked at in one app; no app of a person's has as many. */
const maxAsked = 20_000;

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
  const text = (file: string): string | undefined => tree.read(file);
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
  const given = new WeakMap<Syntax, Map<string, readonly Value[]>>();
  const passed = (owner: Syntax, name: string): readonly Value[] => {
    const byName = given.get(owner) ?? new Map<string, readonly Value[]>();
    given.set(owner, byName);
    const done = byName.get(name);
    if (done !== undefined) return done;
    // While it is worked out, nothing is known to be passed: callers may call themselves.
    byName.set(name, []);
    const values = passedTo(owner, name, sources);
    byName.set(name, values);
    return values;
  };
  const scopes = new Map<string, Scope>();
  const scope = (file: string): Scope => {
    const made = scopes.get(file) ?? newScope(file);
    scopes.set(file, made);
    return made;
  };
  const sources: Sources = { usersOf, text, parse, scope };
  const constants = new Map<string, Value | undefined>();
  let asked = 0;
  const newScope = (file: string): Scope => ({
    mayAsk: () => (asked += 1) < maxAsked,
    file,
    folder: folderOf(file.slice(prefix.length)),
    config: (name) => setting(name)?.value,
    constant: (name) => {
      if (!constants.has(name)) {
        constants.set(name, undefined);
        constants.set(name, constantValue(name, sources) ?? folderConstant(name, tree, path));
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
        methods.set(key, methodOf(owner, name, sources));
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
