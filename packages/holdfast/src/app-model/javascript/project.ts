import type { SourceTree } from "../model.js";
import type { Names } from "./scopes.js";
import { namesOf } from "./scopes.js";
import type { loadParser, Node, Syntax } from "./syntax.js";

/** A file of the app, parsed, with its names. */
export interface Module {
  readonly path: string;
  readonly syntax: Syntax;
  readonly names: Names;
}

/** `package.json`, as much of it as matters here. */
export interface Manifest {
  readonly path: string;
  readonly folder: string;
  readonly name: string | undefined;
  readonly main: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  /** What it lets others import, by the names under which they do: `.`, `./client`. */
  readonly exports: Readonly<Record<string, string>>;
}

/** The app's files and how they find each other. Files are parsed when they are first asked for. */
export interface Project {
  readonly tree: SourceTree;
  /** The app's folder, `.` or `a/b`. */
  readonly root: string;
  readonly manifest: Manifest | undefined;
  /** The manifests of the repository, those nearest to the root first. */
  readonly manifests: readonly Manifest[];
  module(path: string): Module | undefined;
  /** The file that a specifier means in a module, or undefined where it is a package. */
  resolve(specifier: string, from: string): string | undefined;
  /** Files that could not be parsed although they were reached. */
  readonly unread: ReadonlySet<string>;
  lineOf(module: Module, node: Node): number;
}

const endings = [".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".json"];

/**
 * Puts two parts of a path together and takes `.` and `..` out; undefined where it leaves the repository. A path that begins in a package
 * beside the folder, `../site`, stays beside it.
 */
export const joinPath = (folder: string, path: string): string | undefined => {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && folder.startsWith("../") && (parts.length === 0 || parts.at(-1) === "..")) parts.push(part);
    else if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(part);
  }
  return parts.join("/");
};

export const folderOf = (path: string): string => path.split("/").slice(0, -1).join("/");

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const strings = (value: unknown): Readonly<Record<string, string>> => {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
};

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Reads JSON that may have comments and trailing commas, as `tsconfig.json` does. */
export const parseJson = (source: string): unknown => {
  try {
    return JSON.parse(source);
  } catch {
    const plain = source
      .replace(/^\uFEFF/, "")
      .replace(/("(?:[^"\\\n]|\\.)*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (_match, quoted: string | undefined) => quoted ?? "")
      .replace(/("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])/g, (_match, quoted: string | undefined) => quoted ?? "");
    try {
      return JSON.parse(plain);
    } catch {
      return undefined;
    }
  }
};

/** Of several conditions the one that programs get. */
const exportsOf = (value: unknown): Readonly<Record<string, string>> => {
  const target = (entry: unknown, depth = 0): string | undefined => {
    if (typeof entry === "string") return entry;
    if (!isRecord(entry) || depth > 3) return undefined;
    const named = ["source", "import", "node", "default", "require"].flatMap((name) => target(entry[name], depth + 1) ?? []);
    return named[0];
  };
  if (typeof value === "string") return { ".": value };
  if (!isRecord(value)) return {};
  if (!Object.keys(value).every((name) => name.startsWith("."))) return strings({ ".": target(value) });
  return strings(Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, target(entry)])));
};

const readManifest = (tree: SourceTree, path: string): Manifest | undefined => {
  const source = tree.read(path);
  const json = source === undefined ? undefined : parseJson(source);
  if (!isRecord(json)) return undefined;
  return {
    path,
    folder: folderOf(path),
    name: text(json["name"]),
    main: text(json["main"]),
    scripts: strings(json["scripts"]),
    dependencies: { ...strings(json["optionalDependencies"]), ...strings(json["dependencies"]) },
    devDependencies: strings(json["devDependencies"]),
    exports: exportsOf(json["exports"]),
    imports: { ...strings(json["imports"]), ...strings(json["_moduleAliases"]) },
  };
};

interface Alias {
  readonly prefix: string;
  readonly suffix: string;
  readonly exact: boolean;
  readonly targets: readonly string[];
  readonly folder: string;
}

const aliasesOf = (entries: readonly (readonly [string, readonly string[]])[], base: string, folder: string): readonly Alias[] =>
  entries.map(([key, targets]) => {
    const star = key.indexOf("*");
    return {
      prefix: star === -1 ? key : key.slice(0, star),
      suffix: star === -1 ? "" : key.slice(star + 1),
      exact: star === -1,
      targets: targets.flatMap((target) => joinPath(base, target) ?? []),
      folder,
    };
  });

/** The paths of a `tsconfig.json` or `jsconfig.json`, with those it extends. */
const configuredAliases = (tree: SourceTree, path: string, depth = 0): { aliases: readonly Alias[]; baseUrl: string | undefined } => {
  const source = tree.read(path);
  const json = source === undefined ? undefined : parseJson(source);
  if (!isRecord(json) || depth > 4) return { aliases: [], baseUrl: undefined };
  const folder = folderOf(path);
  const options = isRecord(json["compilerOptions"]) ? json["compilerOptions"] : {};
  const base = text(options["baseUrl"]);
  const baseUrl = base === undefined ? undefined : joinPath(folder, base);
  const paths = isRecord(options["paths"]) ? options["paths"] : {};
  const entries = Object.entries(paths).flatMap(([key, value]): [string, string[]][] =>
    Array.isArray(value) ? [[key, value.filter((item): item is string => typeof item === "string")]] : [],
  );
  const own = aliasesOf(entries, baseUrl ?? folder, folder);
  const extended = text(json["extends"]);
  const parent =
    extended?.startsWith(".") === true ? joinPath(folder, extended.endsWith(".json") ? extended : `${extended}.json`) : undefined;
  if (parent === undefined) return { aliases: own, baseUrl };
  const inherited = configuredAliases(tree, parent, depth + 1);
  return { aliases: [...own, ...inherited.aliases], baseUrl: baseUrl ?? inherited.baseUrl };
};

/** Holdfast's own package says for itself what it keeps where, as it does when it is installed. */
const isKnown = ({ name }: Manifest): boolean => name === "@holdfast/media";

/** Opens the app at `root` for reading. */
export const openProject = (tree: SourceTree, root: string, parse: Awaited<ReturnType<typeof loadParser>>): Project => {
  const rootFolder = root === "." ? "" : root;
  const modules = new Map<string, Module | undefined>();
  const unread = new Set<string>();
  const distance = (folder: string): number => (folder === rootFolder ? 0 : folder.split("/").length);
  const manifests = [".", ...tree.beside]
    .flatMap((folder) => tree.find(folder, "package.json"))
    .filter((path) => path === "package.json" || path.endsWith("/package.json"))
    .slice(0, 200)
    .flatMap((path) => readManifest(tree, path) ?? [])
    .toSorted((one, other) => distance(one.folder) - distance(other.folder));
  const configs = ["tsconfig.json", "jsconfig.json", "tsconfig.base.json"].flatMap((name) =>
    manifests.map((manifest) => (manifest.folder === "" ? name : `${manifest.folder}/${name}`)).filter((path) => tree.has(path)),
  );
  const aliases: Alias[] = [];
  const baseUrls: string[] = [];
  for (const path of configs) {
    const { aliases: found, baseUrl } = configuredAliases(tree, path);
    aliases.push(...found);
    if (baseUrl !== undefined) baseUrls.push(baseUrl);
  }
  for (const manifest of manifests) {
    const entries = Object.entries(manifest.imports).map(([key, target]): [string, string[]] => [key, [target]]);
    aliases.push(...aliasesOf(entries, manifest.folder, manifest.folder));
  }

  const fileAt = (path: string): string | undefined => {
    if (tree.has(path)) return path;
    const sources = [path];
    const stem = /^(.*)\.([mc]?)jsx?$/.exec(path);
    if (stem !== null) {
      for (const ending of [`.${stem[2] ?? ""}ts`, ".tsx", ".ts"]) if (tree.has(`${stem[1]}${ending}`)) return `${stem[1]}${ending}`;
    }
    for (const source of sources) {
      for (const ending of endings) if (tree.has(`${source}${ending}`)) return `${source}${ending}`;
      for (const ending of endings) if (tree.has(`${source}/index${ending}`)) return `${source}/index${ending}`;
    }
    return undefined;
  };

  const resolveAlias = (specifier: string, from: string): string | undefined => {
    const near = aliases.filter((alias) => alias.folder === "" || from.startsWith(`${alias.folder}/`));
    for (const alias of near.toSorted((one, other) => other.folder.length - one.folder.length)) {
      const matches = alias.exact
        ? specifier === alias.prefix || specifier.startsWith(`${alias.prefix}/`)
        : specifier.startsWith(alias.prefix) && specifier.endsWith(alias.suffix);
      if (!matches) continue;
      const middle = specifier.slice(alias.prefix.length, specifier.length - alias.suffix.length);
      for (const target of alias.targets) {
        const path = alias.exact ? joinPath(target, middle) : target.replace("*", middle);
        const file = path === undefined ? undefined : fileAt(path);
        if (file !== undefined) return file;
      }
    }
    return undefined;
  };

  const resolved = new Map<string, string | undefined>();
  const resolve = (specifier: string, from: string): string | undefined => {
    const key = `${folderOf(from)}\0${specifier}`;
    if (!resolved.has(key)) resolved.set(key, find(specifier, from));
    return resolved.get(key);
  };

  const find = (specifier: string, from: string): string | undefined => {
    if (specifier.startsWith(".") || specifier.startsWith("/")) {
      const path = joinPath(specifier.startsWith("/") ? "" : folderOf(from), specifier);
      return path === undefined ? undefined : fileAt(path);
    }
    const aliased = resolveAlias(specifier, from);
    if (aliased !== undefined) return aliased;
    if (specifier.startsWith("@/") || specifier.startsWith("~/")) {
      for (const folder of [rootFolder, `${rootFolder}/src`, `${rootFolder}/app`]) {
        const path = joinPath(folder, specifier.slice(2));
        const file = path === undefined ? undefined : fileAt(path);
        if (file !== undefined) return file;
      }
    }
    for (const manifest of manifests) {
      if (manifest.name === undefined || manifest.folder === "" || manifest.folder === rootFolder || isKnown(manifest)) continue;
      if (specifier !== manifest.name && !specifier.startsWith(`${manifest.name}/`)) continue;
      const rest = specifier.slice(manifest.name.length);
      const usual = rest === "" ? [manifest.main ?? "", "src/index", "src", "index"] : [rest, `src${rest}`];
      for (const candidate of [manifest.exports[`.${rest}`] ?? "", ...usual]) {
        const path = candidate === "" ? undefined : joinPath(manifest.folder, candidate);
        const file = path === undefined ? undefined : fileAt(path);
        if (file !== undefined) return file;
      }
    }
    for (const base of baseUrls) {
      const path = joinPath(base, specifier);
      const file = path === undefined || !/^[a-z]/i.test(specifier) ? undefined : fileAt(path);
      if (file !== undefined) return file;
    }
    return undefined;
  };

  return {
    tree,
    root,
    manifest: manifests.find((manifest) => manifest.folder === rootFolder),
    manifests,
    unread,
    resolve,
    module: (path) => {
      if (modules.has(path)) return modules.get(path);
      const source = /\.[mc]?[jt]sx?$/.test(path) || !path.includes(".") ? tree.read(path) : undefined;
      const syntax = source === undefined ? undefined : parse(path, source);
      if (source !== undefined && syntax === undefined && source.length < 300_000) unread.add(path);
      const module = syntax === undefined ? undefined : { path, syntax, names: namesOf(syntax) };
      modules.set(path, module);
      return module;
    },
    lineOf: (module, node) => module.syntax.lineOf(node),
  };
};
