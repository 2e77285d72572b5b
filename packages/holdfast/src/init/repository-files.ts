import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** The folder around an app that git keeps, or the app's own where there is none. */
export function repositoryAround(folder: string): string {
  const start = realpathSync(folder);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return start;
  }
}

/** The text of a file; undefined where there is none, or it is larger than anything that configures an app. */
export function textOf(path: string): string | undefined {
  try {
    return statSync(path).size > 16 * 1024 * 1024 ? undefined : readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** A path with `/`, `.` for the folder itself. */
export function relativePath(from: string, to: string): string {
  return relative(from, to).split(sep).join("/") || ".";
}

/** Whether a name or a path can stand in a Dockerfile, in YAML and in a line of shell as it is, and means nothing but itself there. */
export function isPlainWord(text: string): boolean {
  return /^[\w@.+/-]+$/.test(text) && !text.startsWith("-");
}

/** `package.json`, as much of it as matters here. */
export interface PackageJson {
  readonly name?: string;
  readonly main?: string;
  readonly packageManager?: string;
  readonly engines?: { readonly node?: string };
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Read the manifest of a folder; undefined where there is none that can be read. */
export function packageIn(folder: string): PackageJson | undefined {
  try {
    const read: unknown = JSON.parse(textOf(join(folder, "package.json")) ?? "");
    return typeof read === "object" && read !== null ? read : undefined;
  } catch {
    return undefined;
  }
}
