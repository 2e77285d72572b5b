import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A repository's index is rarely a tenth of this. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Tell which files are under version control, from git's own index (gitformat-index, versions 2 and 3), without running git. Undefined
 * where there is none, or where it is of another form: then nobody knows.
 */
export function committedFiles(directory: string): ReadonlySet<string> | undefined {
  try {
    const path = join(directory, ".git/index");
    if (statSync(path).size > maxBytes) return undefined;
    return parseIndex(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** Parse git's index; undefined where it is not one of the forms that are known. */
export function parseIndex(index: Buffer): ReadonlySet<string> | undefined {
  if (index.length < 12 || index.toString("latin1", 0, 4) !== "DIRC") return undefined;
  const version = index.readUInt32BE(4);
  if (version !== 2 && version !== 3) return undefined;
  const found = new Set<string>();
  let at = 12;
  for (let left = index.readUInt32BE(8); left > 0; left--) {
    if (at + 62 > index.length) return undefined;
    // 40 bytes of stat data, 20 of the object's name, 2 of flags; extended flags take 2 more.
    const isExtended = (index.readUInt16BE(at + 60) & 0x4000) !== 0;
    const start = at + (isExtended ? 64 : 62);
    const end = index.indexOf(0, start);
    if (end < 0) return undefined;
    found.add(index.toString("utf8", start, end));
    // Entries are padded with 1 to 8 zero bytes to a multiple of 8.
    at += Math.floor((end - at + 8) / 8) * 8;
  }
  return found;
}
