import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/** The repository that a folder is in. */
export interface GitRepository {
  /** Its remotes, as `host/owner/name` in lower case. */
  readonly remotes: readonly string[];
  /** The folder's path in the repository, with `/`; `.` for the repository itself. */
  readonly path: string;
}

/** Find the repository around a folder by reading git's own files; git is not run. Undefined where there is none. */
export function findRepository(folder: string): GitRepository | undefined {
  try {
    const start = realpathSync(folder);
    for (let at = start; ; at = dirname(at)) {
      const config = readConfig(join(at, ".git"));
      if (config !== undefined) return { remotes: remotesOf(config), path: relative(at, start).split(sep).join("/") || "." };
      if (dirname(at) === at) return undefined;
    }
  } catch {
    return undefined;
  }
}

/** The config beside `.git`; a work tree's `.git` is a file that names the folder (gitrepository-layout). */
function readConfig(git: string): string | undefined {
  let folder = git;
  try {
    if (statSync(git).isFile()) {
      const [, named = ""] = /^gitdir: (.+)$/m.exec(readFileSync(git, "utf8")) ?? [];
      folder = resolve(dirname(git), named.trim());
      folder = resolve(folder, tryRead(join(folder, "commondir"))?.trim() ?? ".");
    }
    return tryRead(join(folder, "config"));
  } catch {
    return undefined;
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function remotesOf(config: string): readonly string[] {
  const urls: string[] = [];
  let isRemote = false;
  for (const line of config.split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) isRemote = /^\s*\[remote\s/.test(line);
    const [, url] = /^\s*url\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (isRemote && url !== undefined) urls.push(url);
  }
  return [...new Set(urls.flatMap((url) => repositoryName(url) ?? []))];
}

/**
 * Name a repository the same however it is reached: `git@github.com:Owner/name.git`, `https://token@github.com/owner/name`
 * and `ssh://git@github.com/owner/name/` are `github.com/owner/name`. Undefined for what names no host.
 */
export function repositoryName(url: string): string | undefined {
  const [, scheme] = /^(\w+):\/\//.exec(url) ?? [];
  const scp = scheme === undefined ? /^(?:[^@/]+@)?([\w.-]+):(?!\/)(.+)$/.exec(url) : null;
  const [host, path] = scp === null ? hostAndPath(url) : [scp[1], scp[2]];
  if (host === undefined || path === undefined) return undefined;
  const clean = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  return clean === "" ? undefined : `${host}/${clean}`.toLowerCase();
}

function hostAndPath(url: string): readonly [string | undefined, string | undefined] {
  if (!URL.canParse(url)) return [undefined, undefined];
  const { hostname, pathname } = new URL(url);
  return hostname === "" ? [undefined, undefined] : [hostname, pathname];
}
