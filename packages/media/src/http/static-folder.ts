import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, posix, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** The file that tells which name each file has; beside the files themselves. */
export const manifestName = "manifest.json";

/** What `manifest.json` says: the name each file is served by, which changes with its bytes. */
export interface StaticManifest {
  readonly version: 1;
  readonly files: Readonly<Record<string, string>>;
}

/** What was done with a folder of static files. */
export interface StaticReport {
  readonly files: number;
  readonly bytes: number;
  readonly compressed: number;
}

/** Worth compressing: what is text, or nearly. */
const compressible = /\.(?:css|html?|[cm]?js|json|map|svg|txt|xml|wasm|webmanifest|ico|ttf|otf|eot)$/i;
/** Below it the answer is one packet either way. */
const leastBytes = 256;
const maxFiles = 20_000;
const maxFileBytes = 64 * 1024 * 1024;

const [compressBrotli, compressGzip] = [promisify(brotliCompress), promisify(gzip)];

/** How a folder is prepared. */
export interface FolderOptions {
  readonly signal?: AbortSignal | undefined;
  /** What is thrown where a folder cannot be prepared. */
  readonly unusable: (path: string, reason: string, cause?: unknown) => Error;
}

/**
 * Make the files of folders ready to be served for ever: every file under a name with the hash of its bytes, what can be
 * compressed in gzip and Brotli beside it, references in style sheets turned to the new names, and `manifest.json`. Files keep their
 * own names as well, for what is asked for by a fixed name: `robots.txt`, `favicon.ico`. Of two files of one name the later folder's
 * is taken. `to` is replaced whole, or not at all. The command line has this file for itself, so it imports nothing of ours.
 */
export async function prepareFolder(from: readonly string[], to: string, { signal, unusable }: FolderOptions): Promise<StaticReport> {
  const names = await listFiles(from, to, unusable);
  const scratch = `${to}.${process.pid}.part`;
  await rm(scratch, { recursive: true, force: true });
  try {
    const report = await writeAll(names, scratch, signal);
    const previous = `${to}.${process.pid}.old`;
    await mkdir(dirname(to), { recursive: true });
    await putAside(to, previous);
    await rename(scratch, to);
    await rm(previous, { recursive: true, force: true });
    return report;
  } catch (cause) {
    await rm(scratch, { recursive: true, force: true });
    // A folder that belongs to somebody else, a disk that is full or may only be read.
    if (cause instanceof Error && "syscall" in cause) throw unusable(to, `it cannot be made (${cause.message})`, cause);
    throw cause;
  }
}

/** Rename a folder, where it is there. One that came with a container's image can only be removed: its layer is not written to. */
async function putAside(folder: string, to: string): Promise<void> {
  try {
    await rename(folder, to);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EXDEV") await rm(folder, { recursive: true });
    else if (code !== "ENOENT") throw error;
  }
}

async function writeAll(paths: ReadonlyMap<string, string>, to: string, signal: AbortSignal | undefined): Promise<StaticReport> {
  const names = [...paths.keys()];
  const pathOf = (name: string): string => paths.get(name) ?? name;
  const hashed: Record<string, string> = {};
  const counts = { files: 0, bytes: 0, compressed: 0 };
  const put = async (name: string, bytes: Buffer): Promise<void> => {
    signal?.throwIfAborted();
    const served = hashedName(name, bytes);
    hashed[name] = served;
    counts.files += 1;
    counts.bytes += bytes.byteLength;
    const isCompressed = await writeOne(to, [name, served], bytes);
    if (isCompressed) counts.compressed += 1;
  };
  const isSheet = (name: string): boolean => extname(name).toLowerCase() === ".css";
  for (const name of names) if (!isSheet(name)) await put(name, await readFile(pathOf(name)));

  // A style sheet's hash depends on what it refers to: those it imports come first.
  const under = new Set<string>();
  const sheet = async (name: string): Promise<void> => {
    if (hashed[name] !== undefined || under.has(name)) return;
    under.add(name);
    const text = await readFile(pathOf(name), "utf8");
    for (const { target } of referencesIn(name, text)) if (isSheet(target) && paths.has(target)) await sheet(target);
    await put(name, Buffer.from(withHashedNames(name, text, hashed)));
  };
  for (const name of names) if (isSheet(name)) await sheet(name);

  const manifest: StaticManifest = { version: 1, files: Object.fromEntries(names.map((name) => [name, hashed[name] ?? name])) };
  await mkdir(to, { recursive: true });
  await writeFile(join(to, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return counts;
}

async function writeOne(to: string, names: readonly string[], bytes: Buffer): Promise<boolean> {
  const versions: (readonly [string, Buffer])[] = [["", bytes]];
  if (bytes.byteLength >= leastBytes && names.some((name) => compressible.test(name))) {
    const [brotli, gzipped] = await Promise.all([
      compressBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength } }),
      compressGzip(bytes, { level: 9 }),
    ]);
    // What gains less than a twentieth is not worth unpacking.
    for (const [ending, packed] of [
      [".br", brotli],
      [".gz", gzipped],
    ] as const)
      if (packed.byteLength < bytes.byteLength * 0.95) versions.push([ending, packed]);
  }
  for (const name of names) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    for (const [ending, content] of versions) await writeFile(join(to, `${name}${ending}`), content);
  }
  return versions.length > 1;
}

function hashedName(name: string, bytes: Buffer): string {
  const ending = posix.extname(name);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return `${name.slice(0, name.length - ending.length)}.${hash}${ending}`;
}

interface Reference {
  readonly start: number;
  readonly end: number;
  readonly url: string;
  /** The file that is meant, relative to the folder. */
  readonly target: string;
}

/** `url(…)`, `@import "…"` and source maps of a style sheet that mean files of this folder. */
function referencesIn(name: string, text: string): readonly Reference[] {
  const found: Reference[] = [];
  const pattern = /url\(\s*(?:"([^"]*)"|'([^']*)'|([^\s"')]+))\s*\)|@import\s+(?:"([^"]*)"|'([^']*)')|sourceMappingURL=([^\s*]+)/dg;
  for (const match of text.matchAll(pattern)) {
    const at = [1, 2, 3, 4, 5, 6].find((group) => match[group] !== undefined);
    const range = at === undefined ? undefined : match.indices?.[at];
    const url = at === undefined ? undefined : match[at];
    if (url === undefined || range === undefined || /^(?:[a-z][a-z0-9+.-]*:|\/|#|$)/i.test(url)) continue;
    const path = url.split(/[?#]/, 1)[0] ?? "";
    found.push({ start: range[0], end: range[1], url, target: posix.normalize(posix.join(posix.dirname(name), path)) });
  }
  return found;
}

function withHashedNames(name: string, text: string, hashed: Readonly<Record<string, string>>): string {
  let result = "";
  let at = 0;
  for (const { start, end, url, target } of referencesIn(name, text)) {
    const served = hashed[target];
    if (served === undefined) continue;
    const ending = /[?#].*$/.exec(url)?.[0] ?? "";
    result += `${text.slice(at, start)}${posix.relative(posix.dirname(name), served)}${ending}`;
    at = end;
  }
  return result + text.slice(at);
}

/** The files below the folders by their names there, in order; hidden ones and links left out. */
async function listFiles(
  folders: readonly string[],
  to: string,
  unusable: FolderOptions["unusable"],
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const from of folders) {
    const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
      throw unusable(from, cause.code === "ENOENT" ? "there is no such folder" : cause.message, cause);
    });
    const isWithin = !relative(from, to).startsWith("..");
    if (isWithin) throw unusable(to, `it lies in ${from}, which it is made from`);
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(from, path).split(sep).join("/");
      const isHidden = name.split("/").some((part) => part.startsWith("."));
      if (entry.isFile() && !isHidden && name !== manifestName) paths.set(name, path);
    }
    if (paths.size > maxFiles) throw unusable(from, `it holds ${paths.size} files, and ${maxFiles} are the most`);
  }
  for (const path of paths.values()) {
    const { size } = await lstat(path);
    if (size > maxFileBytes) throw unusable(path, `it has ${size} bytes, and ${maxFileBytes} are the most`);
  }
  return new Map([...paths].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
