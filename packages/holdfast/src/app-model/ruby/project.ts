import { either, unknownValue, type Value } from "../abstract-value.js";
import { isAlways, isNever } from "../conditions.js";
import type { Condition, Deployment, Evidence, Place, SourceTree } from "../model.js";
import { child, descend, type Syntax } from "../syntax.js";
import { conditionOf, evaluate, reachOf, type Scope } from "./evaluate.js";
import { chainName } from "./ruby-syntax.js";
import { readGems, type Gems } from "./gems.js";

/** A Ruby app under examination: its files, parsed when they are asked for. */
export interface RubyProject {
  readonly root: string;
  readonly tree: SourceTree;
  readonly deployment: Deployment;
  readonly gems: Gems;
  /** What `Rails.env` is in production. */
  readonly environment: string;
  /** Ruby files of the app itself, without its tests. */
  readonly files: readonly string[];
  /** A path below the app's root, as the tree knows it. */
  path(name: string): string;
  text(path: string): string | undefined;
  parse(path: string): Syntax | undefined;
  parseText(source: string): Syntax | undefined;
  scope(file: string, locals?: ReadonlyMap<string, Value>): Scope;
  /** Every assignment to a setting in files that production loads, the one that wins first. */
  settings(name: string): readonly Setting[];
  readonly notUnderstood: Evidence[];
}

/** One assignment to a setting. */
export interface Setting extends Place {
  readonly when: Condition;
  readonly value: Value;
}

/** Folders whose code never runs in production. */
const asides = /(^|\/)(test|tests|spec|specs|features|vendor|node_modules|tmp|log|coverage|doc|docs|examples?|generators|templates)\//;

/** Expressions looked at in one app; no app of a person's has as many. */
const maxAsked = 20_000;

/** Open the Ruby app at `root`. */
export function openRubyProject(
  tree: SourceTree,
  root: string,
  deployment: Deployment,
  parseText: (source: string) => Syntax | undefined,
): RubyProject {
  const path = (name: string): string => (root === "." || root === "" ? name : `${root}/${name}`);
  const notUnderstood: Evidence[] = [];
  const files = tree.find(root, ".rb").filter((file) => !asides.test(file.slice(path("").length)));
  const parsed = new Map<string, Syntax | undefined>();
  const parse = (file: string): Syntax | undefined => {
    if (parsed.has(file)) return parsed.get(file);
    const source = tree.read(file);
    const syntax = source === undefined ? undefined : parseText(source);
    parsed.set(file, syntax);
    return syntax;
  };
  const environment = declaredEnvironment(deployment, root);
  const definitions = definitionsOf(files, tree, parse, (file) => scope(file));
  let asked = 0;
  const scope = (file: string, locals?: ReadonlyMap<string, Value>): Scope => ({
    mayAsk: () => (asked += 1) < maxAsked,
    file,
    environment,
    setting: (name) => winner(settings(name)),
    definition: definitions,
    ...(locals === undefined ? {} : { locals }),
  });
  const assignments = new Map<string, readonly Setting[]>();
  const loaded = [
    path("config/application.rb"),
    path(`config/environments/${environment}.rb`),
    ...files.filter((file) => file.startsWith(path("config/initializers/"))),
  ];
  const open = new Set<string>();
  const settings = (name: string): readonly Setting[] => {
    const kept = assignments.get(name);
    if (kept !== undefined) return kept;
    // A setting that is made of itself, or of another that is.
    if (open.has(name)) return [];
    open.add(name);
    const found = loaded.flatMap((file) => assignmentsTo(name, file, tree, parse, scope)).toReversed();
    open.delete(name);
    const winning = found.findIndex(({ when }) => isAlways(when));
    const result = winning === -1 ? found : found.slice(0, winning + 1);
    assignments.set(name, result);
    return result;
  };
  return {
    root,
    tree,
    deployment,
    gems: readGems(tree, path, parseText),
    environment,
    files,
    path,
    text: (file) => tree.read(file),
    parse,
    parseText,
    scope,
    settings,
    notUnderstood,
  };
}

function declaredEnvironment(deployment: Deployment, root: string): string {
  const service = deployment.services.find((one) => one.kind === "web" && one.root === root) ?? deployment.services[0];
  const declared = (name: string): string | undefined => {
    const value = service?.variables.find((one) => one.name === name)?.declared;
    return value?.kind === "value" ? value.value : undefined;
  };
  const name = declared("RAILS_ENV") ?? declared("RACK_ENV") ?? declared("APP_ENV") ?? "production";
  return /^[a-z_]+$/.test(name) && name !== "development" && name !== "test" ? name : "production";
}

function winner(found: readonly Setting[]): Value | undefined {
  if (found.length === 0) return undefined;
  return found.reduceRight<Value>((rest, { when, value }) => either(when, value, rest), unknownValue("a setting that is not made"));
}

const receivers = /^(?:Rails\.application\.config|Rails\.configuration|Rails\.application|app\.config|self\.config|config)\.(.+)$/;

function assignmentsTo(
  name: string,
  file: string,
  tree: SourceTree,
  parse: (file: string) => Syntax | undefined,
  scope: (file: string) => Scope,
): readonly Setting[] {
  const last = name.split(".").at(-1) ?? name;
  if (tree.read(file)?.includes(last) !== true) return [];
  const root = parse(file);
  if (root === undefined) return [];
  const found: Setting[] = [];
  for (const node of descend(root)) {
    if (node.type !== "assignment" || receivers.exec(chainName(child(node, "left")) ?? "")?.[1] !== name) continue;
    const when = conditionOf(node, scope(file));
    if (!isNever(when)) found.push({ when, value: evaluate(child(node, "right"), scope(file)), file, line: node.line });
  }
  return found;
}

/** Constants and methods of the app's own that are defined once in it. */
function definitionsOf(
  files: readonly string[],
  tree: SourceTree,
  parse: (file: string) => Syntax | undefined,
  scope: (file: string) => Scope,
): (name: string) => Value | undefined {
  let index: Map<string, Set<string>> | undefined;
  const values = new Map<string, Value | undefined>();
  const build = (): Map<string, Set<string>> => {
    const found = new Map<string, Set<string>>();
    for (const file of files) {
      const source = tree.read(file) ?? "";
      for (const [, method, constant] of source.matchAll(/\bdef\s+(?:self\.)?(\w+[?!]?)|^\s*([A-Z]\w*)\s*=[^=~>]/gm)) {
        const name = method ?? constant ?? "";
        found.set(name, (found.get(name) ?? new Set()).add(file));
      }
    }
    return found;
  };
  return (name) => {
    const last = name.split(/::|\./).at(-1) ?? name;
    if (values.has(last)) return values.get(last);
    // Until it is known, it counts as not there: a definition may use itself.
    values.set(last, undefined);
    index ??= build();
    const [file, ...others] = index.get(last) ?? [];
    const root = file === undefined || others.length > 0 ? undefined : parse(file);
    if (root === undefined || file === undefined) return undefined;
    const defined = [...descend(root)].filter((node) => nameOf(node) === last);
    const [only] = defined;
    const body = only?.type === "assignment" ? child(only, "right") : child(only, "body");
    const value = defined.length === 1 && only !== undefined ? evaluate(body, scope(file)) : undefined;
    values.set(last, value);
    return value;
  };
}

function nameOf(node: Syntax): string | undefined {
  if (node.type === "method" || node.type === "singleton_method") return child(node, "name")?.text;
  return node.type === "assignment" ? child(node, "left")?.text : undefined;
}

/** Whether a place of the code can be reached at all; what a request brings counts as possible. */
export function isLive(node: Syntax, scope: Scope): boolean {
  return !isNever(reachOf(node, scope));
}
