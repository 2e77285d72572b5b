import { closeSync, constants, fstatSync, openSync, opendirSync, readSync, realpathSync, type Dir, type Dirent } from "node:fs";
import { join, posix, sep } from "node:path";
import { committedFiles } from "./deploy/committed.js";
import { decodeText } from "./decode-text.js";
import { isSkippedFolder } from "./skipped-folders.js";
import type { Evidence, SourceTree, TreeLimits, TreeListing } from "./model.js";

export const defaultLimits: TreeLimits = {
  maxEntries: 60_000,
  maxEntriesInFolder: 10_000,
  maxDepth: 40,
  maxFileBytes: 2 * 1024 * 1024,
  maxTotalBytes: 256 * 1024 * 1024,
};

/** Texts kept in memory, so that several readers of one file read it once. */
const maxKeptChars = 48 * 1024 * 1024;

/**
 * List a repository's files, the nearest folders first, and open them for reading. Nothing outside `directory` is ever read:
 * links to folders are not followed, and links to files only where they end inside. It finishes whatever is in there: loops,
 * pipes, a million files and files of a gigabyte are left out.
 *
 * `beside` are folders outside it that are read with it, relative to it, as `packagesBeside` finds them: their files count as `../site/a.ts`.
 *
 * @throws the file system's own error where `directory` itself cannot be read.
 */
export function readTree(directory: string, limits: TreeLimits = defaultLimits, beside: readonly string[] = []): Promise<SourceTree> {
  return Promise.resolve().then(() => openTree(realpathSync(directory), limits, beside));
}

function openTree(base: string, limits: TreeLimits, beside: readonly string[]): SourceTree {
  const omitted: Evidence[] = [];
  return openListing({ base, files: listFiles(base, ["", ...beside], limits, omitted), beside, limits }, omitted);
}

/** Open a folder that was listed already; `omitted` is what its listing left out. */
export function openListing(listing: TreeListing, omitted: Evidence[] = []): SourceTree {
  const { base, files, beside, limits } = listing;
  const all = [...files.keys()].toSorted();
  const paths = beside.length === 0 ? all : all.filter((path) => !isOutside(path));
  const committed = committedFiles(base);
  const read = rememberingReader(base, files, limits, omitted);
  return {
    paths,
    omitted,
    beside,
    isCommitted: (path) => committed?.has(normalise(path)) ?? true,
    has: (path) => files.has(normalise(path)),
    read: (path) => read(normalise(path)),
    listing,
    find: (root, ...endings) =>
      below(isOutside(root) ? all : paths, normalise(root)).filter((path) => endings.some((ending) => path.endsWith(ending))),
  };
}

function isOutside(path: string): boolean {
  return path.startsWith("../");
}

/** Thousands of files in one folder and no source among them are data: the rest of them is the same. */
const source = /\.(py|rb|php|[cm]?[jt]sx?|ya?ml|toml|json|sh|erb|vue|svelte)$|^[A-Z]\w*file$/;

/** Path as the tree knows it → whether it is a link. */
type Files = Map<string, boolean>;

function listFiles(base: string, roots: readonly string[], limits: TreeLimits, omitted: Evidence[]): Files {
  const files: Files = new Map();
  const waiting: { readonly folder: string; readonly depth: number }[] = roots.map((folder) => ({ folder, depth: 0 }));
  let seen = 0;
  // First in, first out: what is near the root is listed before a limit is met.
  for (let next = 0; next < waiting.length; next++) {
    const { folder, depth } = waiting[next] ?? { folder: "", depth: 0 };
    const room = Math.min(limits.maxEntriesInFolder, limits.maxEntries - seen);
    if (room <= 0) {
      omitted.push({ file: folder, line: 1, why: `only the first ${limits.maxEntries} files and folders were looked at` });
      break;
    }
    const { entries, isCut } = readFolder(join(base, folder), room, folder === "");
    seen += entries.length;
    if (isCut && entries.some((entry) => entry.isDirectory() || source.test(entry.name)))
      omitted.push({ file: folder, line: 1, why: `only ${entries.length} of the files in this folder were looked at` });
    const names = new Set(entries.map((entry) => entry.name));
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (isSkippedFolder(entry.name, names, (inside) => hasEntry(join(base, path), inside))) continue;
        if (depth < limits.maxDepth) waiting.push({ folder: path, depth: depth + 1 });
        else omitted.push({ file: path, line: 1, why: `folders deeper than ${limits.maxDepth} were not looked at` });
      } else if (entry.isFile()) files.set(path, false);
      else if (entry.isSymbolicLink() && !isOutside(path) && endsInside(base, path)) files.set(path, true);
    }
  }
  return files;
}

function readFolder(path: string, room: number, mustExist: boolean): { entries: Dirent[]; isCut: boolean } {
  const entries: Dirent[] = [];
  let folder: Dir;
  try {
    folder = opendirSync(path, { bufferSize: 256 });
  } catch (error) {
    if (mustExist) throw error;
    return { entries, isCut: false };
  }
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      if (entries.length >= room) return { entries, isCut: true };
      entries.push(entry);
    }
  } catch {
    return { entries, isCut: true };
  } finally {
    folder.closeSync();
  }
  return { entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)), isCut: false };
}

function hasEntry(folder: string, name: string): boolean {
  try {
    closeSync(openSync(join(folder, name), constants.O_RDONLY | nonBlocking));
    return true;
  } catch {
    return false;
  }
}

/** A link counts as a file where its end is a path inside the folder; that it is a file is checked when it is opened. */
function endsInside(base: string, path: string): boolean {
  try {
    return realpathSync(join(base, path)).startsWith(base.endsWith(sep) ? base : base + sep);
  } catch {
    return false;
  }
}

/** Opening a pipe must not wait for its other end. Windows has neither flag. */
const nonBlocking = constants.O_NONBLOCK ?? 0;
const notThroughLink = constants.O_NOFOLLOW ?? 0;

function rememberingReader(
  base: string,
  files: TreeListing["files"],
  limits: TreeLimits,
  omitted: Evidence[],
): (path: string) => string | undefined {
  const kept = new Map<string, string | undefined>();
  let keptChars = 0;
  let totalBytes = 0;

  const load = (path: string): string | undefined => {
    const isLink = files.get(path);
    if (isLink === undefined) return undefined;
    let descriptor: number;
    try {
      const full = isLink ? realpathSync(join(base, path)) : join(base, path);
      descriptor = openSync(full, constants.O_RDONLY | nonBlocking | notThroughLink);
    } catch {
      return undefined;
    }
    try {
      const { size, isFile } = statOf(descriptor);
      if (!isFile) return undefined;
      if (size > limits.maxFileBytes) {
        omitted.push({ file: path, line: 1, why: `larger than ${limits.maxFileBytes / 1024 / 1024} MB, so it was not read` });
        return undefined;
      }
      if (totalBytes + size > limits.maxTotalBytes) {
        omitted.push({ file: path, line: 1, why: "more had been read before than is read of one repository, so it was not read" });
        return undefined;
      }
      totalBytes += size;
      const bytes = Buffer.alloc(size);
      return decodeText(bytes.subarray(0, readSync(descriptor, bytes, 0, size, 0)));
    } catch {
      return undefined;
    } finally {
      closeSync(descriptor);
    }
  };

  return (path) => {
    if (kept.has(path)) return kept.get(path);
    const text = load(path);
    // What was refused is remembered as well, so that it is said once.
    if (text === undefined || keptChars + text.length <= maxKeptChars) {
      kept.set(path, text);
      keptChars += text?.length ?? 0;
    }
    return text;
  };
}

function statOf(descriptor: number): { size: number; isFile: boolean } {
  const stat = fstatSync(descriptor);
  return { size: stat.size, isFile: stat.isFile() };
}

/** The folder itself is `.`; a path that leaves it names nothing. */
function normalise(path: string): string {
  const clean = posix.normalize(path.replaceAll("\\", "/")).replace(/\/$/, "");
  return clean === "" ? "." : clean;
}

/** All paths below a folder; they lie together because they are sorted. */
function below(paths: readonly string[], root: string): readonly string[] {
  if (root === ".") return paths;
  const prefix = `${root}/`;
  const start = firstAtLeast(paths, prefix);
  let end = start;
  while (end < paths.length && (paths[end] ?? "").startsWith(prefix)) end++;
  return paths.slice(start, end);
}

function firstAtLeast(paths: readonly string[], wanted: string): number {
  let low = 0;
  let high = paths.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((paths[middle] ?? "") < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
