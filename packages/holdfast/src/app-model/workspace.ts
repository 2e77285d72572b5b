import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { isParsableYaml } from "./yaml-guard.js";

/** Folders around the one that is examined, looked through for the repository's root. */
const maxUp = 12;
/** Folders listed to find the packages of a workspace, and packages that are read beside one. */
const maxListed = 2000;
const maxPackages = 40;
const maxManifestBytes = 1024 * 1024;

/** What a package depends on by a path or by a name: `file:../site`, `workspace:*`. */
interface Dependency {
  readonly name: string;
  /** Where the manifest itself says so, relative to it. */
  readonly path: string | undefined;
}

/**
 * Find the packages of the same repository that the package in a folder depends on, and those they depend on in turn, where they lie
 * outside the folder: relative to it, as `../site`. The repository ends at the nearest folder with `.git`, else at that of the workspace;
 * nothing beyond it is looked at. None where the folder is no package, or the repository's root itself.
 */
export function packagesBeside(directory: string): readonly string[] {
  let base: string;
  try {
    base = realpathSync(directory);
  } catch {
    return [];
  }
  const around = foldersAround(base);
  const root = around.at(-1);
  if (root === undefined) return [];
  const named = namedPackages(around);
  const isBeside = (folder: string): boolean => isIn(folder, root) && folder !== root && !isIn(folder, base) && !isIn(base, folder);
  const found = new Set<string>();
  const waiting = [base];
  for (let at = waiting.shift(); at !== undefined && found.size < maxPackages; at = waiting.shift()) {
    for (const { name, path } of dependenciesOf(at)) {
      const folder = path === undefined ? named.get(name) : realFolder(resolve(at, path));
      if (folder === undefined || found.has(folder) || !isBeside(folder)) continue;
      found.add(folder);
      waiting.push(folder);
    }
  }
  return [...found].map((folder) => relative(base, folder).split(sep).join(posix.sep));
}

/** The folders around one, the nearest first, up to the repository's root; none where there is no repository. */
function foldersAround(base: string): readonly string[] {
  if (existsSync(join(base, ".git"))) return [];
  const found: string[] = [];
  let root = -1;
  for (let at = dirname(base); found.length < maxUp; at = dirname(at)) {
    found.push(at);
    if (existsSync(join(at, ".git"))) return found;
    if (patternsOf(at).length > 0) root = found.length - 1;
    if (dirname(at) === at) break;
  }
  return found.slice(0, root + 1);
}

/** The packages of the workspaces around a folder, by their names. */
function namedPackages(around: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const budget = { left: maxListed };
  for (const root of around) {
    for (const pattern of patternsOf(root)) {
      for (const folder of foldersOf(root, pattern.split("/"), budget)) {
        for (const name of namesOf(folder)) if (!found.has(name)) found.set(name, folder);
      }
    }
  }
  return found;
}

/** The folders that a pattern such as `packages/*` names. Links to folders are not followed. */
function foldersOf(folder: string, [first, ...rest]: readonly string[], budget: { left: number }): readonly string[] {
  if (first === undefined || first === "") return [folder];
  if (first === ".") return foldersOf(folder, rest, budget);
  if (first === "..") return [];
  if (!first.includes("*")) {
    const below = realFolder(join(folder, first));
    return below === undefined || !isIn(below, folder) ? [] : foldersOf(below, rest, budget);
  }
  const isAnyDepth = first === "**";
  const here = isAnyDepth ? foldersOf(folder, rest, budget) : [];
  return [
    ...here,
    ...listed(folder, budget)
      .filter((name) => isLike(name, first))
      .flatMap((name) => foldersOf(join(folder, name), isAnyDepth ? [first, ...rest] : rest, budget)),
  ];
}

/** Whether a name is like a pattern with stars. Part after part, not a regular expression: of a strange pattern that would try for ever. */
function isLike(name: string, pattern: string): boolean {
  const [start = "", ...others] = pattern.split("*");
  const end = others.pop();
  if (end === undefined) return name === pattern;
  if (!name.startsWith(start) || !name.endsWith(end) || name.length < start.length + end.length) return false;
  let at = start.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - end.length;
}

function listed(folder: string, budget: { left: number }): readonly string[] {
  if (budget.left <= 0) return [];
  budget.left -= 1;
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      .map(({ name }) => name)
      .slice(0, maxListed);
  } catch {
    return [];
  }
}

/** The patterns of the packages that a folder is the workspace of. */
function patternsOf(folder: string): readonly string[] {
  const { workspaces } = record(json(join(folder, "package.json")));
  const uv = record(record(record(toml(join(folder, "pyproject.toml"))["tool"])["uv"])["workspace"]);
  return [
    ...texts(Array.isArray(workspaces) ? workspaces : record(workspaces)["packages"]),
    ...texts(record(yaml(join(folder, "pnpm-workspace.yaml")))["packages"]),
    ...texts(uv["members"]),
  ].filter((pattern) => !pattern.startsWith("!"));
}

function namesOf(folder: string): readonly string[] {
  const python = toml(join(folder, "pyproject.toml"));
  const names = [
    record(json(join(folder, "package.json")))["name"],
    record(python["project"])["name"],
    record(record(python["tool"])["poetry"])["name"],
  ];
  return texts(names);
}

function dependenciesOf(folder: string): readonly Dependency[] {
  const manifest = record(json(join(folder, "package.json")));
  const kinds = ["dependencies", "optionalDependencies", "devDependencies"];
  return [
    ...kinds.flatMap((kind) => Object.entries(record(manifest[kind]))).map(([name, spec]) => ({ name, path: pathIn(spec) })),
    ...pythonDependencies(folder),
  ];
}

/** `file:../site`, `link:../site`, `workspace:../site`; what is named by a version has no path of its own. */
function pathIn(spec: unknown): string | undefined {
  return typeof spec === "string" ? /^(?:file|link|portal|workspace):(\.{1,2}\/.*)$/.exec(spec)?.[1] : undefined;
}

/** Poetry's and uv's path dependencies, a workspace's members, and lines such as `-e ../lib` of requirements. */
function pythonDependencies(folder: string): readonly Dependency[] {
  const project = toml(join(folder, "pyproject.toml"));
  const tool = record(project["tool"]);
  const tables = [record(record(tool["poetry"])["dependencies"]), record(record(tool["uv"])["sources"])];
  const named = tables
    .flatMap((table) => Object.entries(table))
    .flatMap(([name, entry]): readonly Dependency[] => {
      const { path, workspace } = record(entry);
      return typeof path === "string" || workspace === true ? [{ name, path: typeof path === "string" ? path : undefined }] : [];
    });
  const lines = (text(join(folder, "requirements.txt")) ?? "").split("\n");
  const paths = lines.flatMap((line) => /^\s*(?:(?:-e|--editable)[ =]\s*|[\w.-]+\s*@\s*file:)?(\.\.\/[^\s#;[]+)/.exec(line)?.[1] ?? []);
  return [...named, ...paths.map((path) => ({ name: path, path }))];
}

function isIn(folder: string, around: string): boolean {
  return folder === around || folder.startsWith(around.endsWith(sep) ? around : around + sep);
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function text(path: string): string | undefined {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size <= maxManifestBytes ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

function parsed(path: string, parse: (source: string) => unknown): unknown {
  const source = text(path);
  try {
    return source === undefined ? undefined : parse(source);
  } catch {
    return undefined;
  }
}

const json = (path: string): unknown => parsed(path, (source) => JSON.parse(source.replace(/^\uFEFF/, "")));
const toml = (path: string): Readonly<Record<string, unknown>> => record(parsed(path, parseToml));
const yaml = (path: string): unknown => parsed(path, (source) => (isParsableYaml(source) ? parseYaml(source) : undefined));

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
