import { child, descend, type Syntax } from "../syntax.js";
import type { SourceTree } from "../model.js";
import { argumentsOf } from "./ruby-syntax.js";

/** Which gems an app has. */
export interface Gems {
  /** Whether a gem is there at all, be it as another's dependency. */
  has(name: string): boolean;
  /** Whether production has it: not only in the groups of development and tests. */
  inProduction(name: string): boolean;
  /** The version the lock file holds: `8.0.2`; undefined without one. */
  version(name: string): string | undefined;
}

const groupsOfDevelopment = new Set(["development", "test", "dev", "ci"]);

/** Read `Gemfile` and `Gemfile.lock`. */
export function readGems(tree: SourceTree, path: (name: string) => string, parse: (source: string) => Syntax | undefined): Gems {
  const versions = new Map<string, string>();
  for (const line of (tree.read(path("Gemfile.lock")) ?? "").split(/\r?\n/)) {
    const found = /^ {4}([\w.-]+) \(([^)]+)\)/.exec(line);
    if (found?.[1] !== undefined) versions.set(found[1], found[2] ?? "");
  }
  const listed = new Map<string, boolean>();
  const gemfile = tree.read(path("Gemfile")) ?? tree.read(path("gems.rb"));
  const root = gemfile === undefined ? undefined : parse(gemfile);
  for (const node of root === undefined ? [] : descend(root)) {
    if (node.type !== "call" || child(node, "method")?.text !== "gem" || child(node, "receiver") !== undefined) continue;
    const { items, named } = argumentsOf(node);
    const name = literal(items[0]);
    if (name === undefined) continue;
    const own = [named.get("group"), named.get("groups")].flatMap((one) => (one === undefined ? [] : literals(one)));
    const groups = [...own, ...groupsAround(node)];
    const isProduction = groups.length === 0 || groups.some((group) => !groupsOfDevelopment.has(group));
    listed.set(name, isProduction || listed.get(name) === true);
  }
  return {
    has: (name) => listed.has(name) || versions.has(name),
    inProduction: (name) => listed.get(name) ?? versions.has(name),
    version: (name) => versions.get(name),
  };
}

function groupsAround(node: Syntax): readonly string[] {
  const found: string[] = [];
  for (let one = node.parent; one !== undefined; one = one.parent) {
    if (one.type === "call" && child(one, "method")?.text === "group") found.push(...argumentsOf(one).items.flatMap(literals));
  }
  return found;
}

function literals(node: Syntax): readonly string[] {
  return node.type.endsWith("array") ? node.children.flatMap(literals) : [literal(node) ?? node.text];
}

function literal(node: Syntax | undefined): string | undefined {
  if (node?.type === "simple_symbol") return node.text.slice(1);
  if (node?.type === "string" || node?.type === "bare_symbol" || node?.type === "bare_string") {
    return node.children.map((part) => part.text).join("");
  }
  return undefined;
}
