import { posix } from "node:path";
import type { Deployment, SourceTree } from "../model.js";
import type { Syntax } from "../syntax.js";
import { installedPackages, type Packages } from "./requirements.js";

/** The Python files of one app, parsed as they are asked for. */
export interface PythonProject {
  readonly tree: SourceTree;
  readonly root: string;
  readonly deployment: Deployment;
  readonly packages: Packages;
  /** Every Python file that may be live: no tests, no migrations, no scripts of other tools. */
  readonly files: readonly string[];
  parse(file: string): Syntax | undefined;
  source(file: string): string;
  /** A path as the app's root sees it. */
  fromRoot(path: string): string;
  /** The file of a dotted name, as a module sees it; undefined where it is none of the app's own. */
  moduleFile(name: string, from: string): string | undefined;
  /** Whether a dotted name is a folder of the app's own without an `__init__.py`. */
  isPackage(name: string, from: string): boolean;
  /** Whether a file is a plain module, not the face of a package. */
  isPlain(file: string): boolean;
  /** Whether a library can be imported, as far as the requirements tell. */
  isInstalled(name: string): boolean;
}

const notLive =
  /(^|\/)(tests?|testing|migrations|alembic|versions|docs?|examples?|notebooks|scripts|fixtures|locust|node_modules)\/|(^|\/)(test_[^/]*|[^/]*_tests?|tests|conftest|setup|noxfile|locustfile)\.py$/;

/** Open the Python app at `root`. */
export function openPythonProject(
  tree: SourceTree,
  root: string,
  deployment: Deployment,
  parser: (source: string) => Syntax | undefined,
): PythonProject {
  const base = root === "." || root === "" ? "" : `${root}/`;
  const fromRoot = (path: string): string => (path.startsWith(base) ? path.slice(base.length) : posix.relative(root, path));
  const all = tree.find(root, ".py");
  const files = all.filter((file) => !notLive.test(fromRoot(file)));
  const parsed = new Map<string, Syntax | undefined>();
  const roots = [...sourceRoots(base, all), ...tree.beside.flatMap((folder) => [`${folder}/`, `${folder}/src/`])];
  const folders = new Set(all.map((file) => posix.dirname(file)));
  const packages = installedPackages(tree, root, deployment);

  const candidates = (name: string, from: string): readonly string[] => {
    const dots = /^\.*/.exec(name)?.[0].length ?? 0;
    const path = name.slice(dots).replaceAll(".", "/");
    if (dots > 0) {
      let folder = posix.dirname(from);
      for (let up = 1; up < dots; up++) folder = posix.dirname(folder);
      return [posix.normalize(path === "" ? folder : `${folder}/${path}`)];
    }
    // A file run as a script sees its neighbours first.
    return [...roots, `${posix.dirname(from)}/`].map((one) => posix.normalize(`${one}${path}`));
  };

  return {
    tree,
    root,
    deployment,
    packages,
    files,
    fromRoot,
    parse(file) {
      if (!parsed.has(file)) {
        const source = tree.read(file);
        parsed.set(file, source === undefined ? undefined : parser(source));
      }
      return parsed.get(file);
    },
    source: (file) => tree.read(file) ?? "",
    moduleFile(name, from) {
      for (const path of candidates(name, from)) {
        for (const file of [`${path}/__init__.py`, `${path}.py`]) if (tree.has(file)) return file;
      }
      return undefined;
    },
    isPackage: (name, from) =>
      candidates(name, from).some((path) => folders.has(path) || [...folders].some((one) => one.startsWith(`${path}/`))),
    isPlain: (file) => !file.endsWith("__init__.py"),
    isInstalled: (name) => packages.provides(name),
  };
}

/** The folders that Python's own search path has: the app's root, those with a start file, and `src`. */
function sourceRoots(base: string, files: readonly string[]): readonly string[] {
  const found = [base, `${base}src/`];
  for (const file of files) {
    if (/(^|\/)(manage|wsgi|asgi|app|main|run|server)\.py$/.test(file)) {
      const folder = posix.dirname(file);
      const path = folder === "." ? "" : `${folder}/`;
      if (path.startsWith(base) && path.split("/").length < 5) found.push(path);
    }
  }
  return [...new Set(found)];
}
