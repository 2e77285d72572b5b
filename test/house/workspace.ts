import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the whole repository. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What tools make or keep; nothing in it is written by hand. (In a work tree of its own, `.git` is a file.) */
const made = new Set(["node_modules", "dist", ".git", "coverage", "holdfast-data"]);

/** List the files below a folder of the repository whose path passes, relative to the root, in order. */
export function filesBelow(folder: string, passes: (path: string) => boolean = () => true): string[] {
  const found: string[] = [];
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (made.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && passes(relative(root, path))) found.push(relative(root, path));
    }
  };
  walk(join(root, folder));
  return found.toSorted();
}

/** Read one file of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Tell whether the repository has such a file or folder. */
export function has(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

/** The part of a package.json that the house's rules are about. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Read every package.json of the workspaces, the root's first. */
export function manifests(): { path: string; manifest: Manifest }[] {
  const paths = [
    "package.json",
    ...["packages", "examples", "bench"].flatMap((folder) => filesBelow(folder, (path) => path.endsWith("/package.json"))),
  ];
  return paths.map((path) => ({ path, manifest: JSON.parse(read(path)) as Manifest }));
}
