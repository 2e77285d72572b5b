import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { isPlainWord, type PackageJson, packageIn, relativePath, textOf } from "./repository-files.js";
import type { Member } from "./stack.js";

/** A workspace, and which of its packages an app is built with. */
export interface Workspace {
  /** Absolute. */
  readonly root: string;
  readonly app: Member;
  /** The packages of the workspace that the app needs, however far away, each after what it needs itself. */
  readonly needs: readonly Member[];
}

/** Find the workspace that a folder is a member of, no further up than the repository. */
export function workspaceAround(folder: string, base: string): Workspace | undefined {
  for (let at = folder; at !== base && dirname(at) !== at;) {
    at = dirname(at);
    const members = membersOf(at);
    const app = members.find((member) => join(at, member.folder) === folder);
    if (app !== undefined) return { root: at, app, needs: needsOf(app, members, at) };
  }
  return undefined;
}

function membersOf(root: string): readonly Member[] {
  const patterns = patternsOf(root).filter((pattern) => !pattern.startsWith("!") && !pattern.includes(".."));
  const folders = new Set(patterns.flatMap((pattern) => expand(root, pattern.replace(/^\.\//, "").split("/"))));
  return [...folders].flatMap((path) => {
    const name = packageIn(path)?.name;
    const folder = relativePath(root, path);
    return name === undefined || path === root || !isPlainWord(name) || !isPlainWord(folder) ? [] : [{ name, folder }];
  });
}

/** How deep `**` goes: nobody nests packages further. */
const deepest = 4;

/** The folders that a pattern such as `packages/*` means; links are left out. */
function expand(folder: string, [part, ...rest]: readonly string[], depth = 0): readonly string[] {
  if (part === undefined || part === "") return [folder];
  if (part === "**") {
    const inner = depth >= deepest ? [] : subfolders(folder).flatMap((name) => expand(join(folder, name), ["**", ...rest], depth + 1));
    return [...expand(folder, rest), ...inner];
  }
  if (!part.includes("*")) return expand(join(folder, part), rest);
  const form = new RegExp(`^${part.replaceAll(/[.+?^$()|[\]{}\\]/g, "\\$&").replaceAll("*", ".*")}$`);
  return subfolders(folder)
    .filter((name) => form.test(name))
    .flatMap((name) => expand(join(folder, name), rest));
}

function subfolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function patternsOf(root: string): readonly string[] {
  const text = textOf(join(root, "pnpm-workspace.yaml"));
  if (text !== undefined) {
    const read = readYaml(text);
    return Array.isArray(read) ? read.filter((one) => typeof one === "string") : [];
  }
  const workspaces = packageIn(root)?.workspaces ?? [];
  return "packages" in workspaces ? (workspaces.packages ?? []) : (workspaces as readonly string[]);
}

function readYaml(text: string): unknown {
  try {
    return (parse(text) as { readonly packages?: unknown } | null)?.packages;
  } catch {
    return undefined;
  }
}

function needsOf(app: Member, members: readonly Member[], root: string): readonly Member[] {
  const ordered: Member[] = [];
  const visiting = new Set<string>();
  const visit = (member: Member): void => {
    if (visiting.has(member.name)) return;
    visiting.add(member.name);
    for (const name of dependenciesOf(packageIn(join(root, member.folder)))) {
      const needed = members.find((other) => other.name === name);
      if (needed !== undefined) visit(needed);
    }
    if (member !== app) ordered.push(member);
  };
  visit(app);
  return ordered;
}

function dependenciesOf(manifest: PackageJson | undefined): readonly string[] {
  return Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies });
}
