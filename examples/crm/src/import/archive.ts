import type { Readable } from "node:stream";
import { type Entry, getFileNameLowLevel, openPromise, parseExtraFields, validateFileName, type ZipFile } from "yauzl";
import type { FileProblem } from "./file-problem.js";

export const mostArchiveBytes = 100_000_000;

/** How large what is packed may be. Photos hardly become smaller by being packed: what does is none. */
export interface ArchiveLimits {
  readonly entries: number;
  readonly entryBytes: number;
  /** All entries together, unpacked. */
  readonly bytes: number;
  /** How many times its packed size an entry of more than `leastJudgedBytes` may come to. */
  readonly ratio: number;
}

const limits: ArchiveLimits = { entries: 1_000, entryBytes: 20_000_000, bytes: 300_000_000, ratio: 20 };
const leastJudgedBytes = 1_000_000;

/** An archive of photos, open. Nothing of it is ever written under a name that it gives. */
export interface Archive {
  /** The names of its files, with their folders. */
  readonly names: readonly string[];
  /** The file that a table means: by its whole path, else by its name where only one has it; capitals do not matter. */
  find(name: string): string | undefined;
  /** Unpack one file, no more of it than the archive said there is. */
  open(name: string): Promise<Readable>;
  close(): void;
}

/**
 * Open an archive and judge it whole before anything is unpacked: by the number and the sizes of its files, and by their names. That the
 * sizes it gives are true is held to while a file is unpacked.
 */
export async function openArchive(
  path: string,
  allowed: ArchiveLimits = limits,
): Promise<{ readonly archive: Archive } | { readonly problem: FileProblem }> {
  let zip: ZipFile;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false });
  } catch {
    return { problem: { code: "noZip" } };
  }
  try {
    const read = await readEntries(zip, allowed);
    if ("problem" in read) zip.close();
    return "problem" in read ? read : { archive: archiveOf(zip, read.entries) };
  } catch {
    zip.close();
    return { problem: { code: "noZip" } };
  }
}

async function readEntries(
  zip: ZipFile,
  allowed: ArchiveLimits,
): Promise<{ readonly entries: ReadonlyMap<string, Entry> } | { readonly problem: FileProblem }> {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  if (zip.entryCount > allowed.entries) return { problem: { code: "tooManyEntries" } };
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    if (validateFileName(name) !== null || name.includes("\0")) return { problem: { code: "unsafe" } };
    bytes += entry.uncompressedSize;
    const isSwollen = entry.uncompressedSize > leastJudgedBytes && entry.uncompressedSize > allowed.ratio * entry.compressedSize;
    if (isSwollen || entry.uncompressedSize > allowed.entryBytes || bytes > allowed.bytes) return { problem: { code: "bomb" } };
    if (entry.isEncrypted()) return { problem: { code: "encrypted" } };
    if (!isFolder(name) && !isOfMac(name)) entries.set(name, entry);
  }
  return { entries };
}

function nameOf(entry: Entry): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFieldRaw } = entry;
  // A Mac takes letters apart from their accents, a table does not. Windows' own backslashes are slashes.
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, parseExtraFields(extraFieldRaw), false).normalize("NFC");
}

const isFolder = (name: string): boolean => name.endsWith("/");
/** What a Mac packs beside each file. */
const isOfMac = (name: string): boolean => name.startsWith("__MACOSX/") || name.split("/").at(-1) === ".DS_Store";

function archiveOf(zip: ZipFile, entries: ReadonlyMap<string, Entry>): Archive {
  const names = [...entries.keys()];
  const byPath = new Map(names.map((name) => [folded(name), name]));
  const byName = new Map<string, string[]>();
  for (const name of names) {
    const last = folded(name.slice(name.lastIndexOf("/") + 1));
    byName.set(last, [...(byName.get(last) ?? []), name]);
  }
  return {
    names,
    find(name) {
      const whole = entries.has(name) ? name : byPath.get(folded(name));
      const [only, ...others] = whole === undefined ? (byName.get(folded(name)) ?? []) : [whole];
      return others.length === 0 ? only : undefined;
    },
    async open(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new Error(`The archive has no file "${name}".`);
      return await zip.openReadStreamPromise(entry);
    },
    close: () => zip.close(),
  };
}

function folded(name: string): string {
  return name.normalize("NFC").replaceAll("\\", "/").toLowerCase();
}
