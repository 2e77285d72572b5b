import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import Database from "libsql";
import type { ServiceFolder } from "./service-process.js";

/** One row that holds the right to a key: of a file or of a variant. */
export interface Attempt {
  readonly table: "files" | "variants";
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly key: string;
  readonly size: number | null;
  readonly sha256: string | null;
}

/** What a service has left on the disk: the rows of its catalogue, its objects, and the parts of unfinished puts. */
export interface Traces {
  readonly rows: readonly Attempt[];
  /** Key and size of every object. */
  readonly objects: ReadonlyMap<string, number>;
  /** Name and size of every part. */
  readonly parts: ReadonlyMap<string, number>;
}

/**
 * Read what a service left. The catalogue is copied first and the copy is read, for opening a database with a write-ahead
 * log changes it: the next boot must find what the last one left, not what we made of it.
 */
export async function readTraces(folder: ServiceFolder): Promise<Traces> {
  return {
    rows: await readRows(folder.database),
    objects: await sizesBelow(folder.storage, (path) => !path.startsWith(".holdfast")),
    parts: await sizesBelow(join(folder.storage, ".holdfast", "parts"), () => true),
  };
}

/** How the parts of a key are named, so that a part can be told to belong to a row. */
export function partPrefixOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

/** The key of the object that an object belongs to: a manifest lies beside its own. */
export function ownerOf(key: string): string {
  return key.replace(/\.json$/, "");
}

/** The bytes of an object, read past the service. */
export async function readObject(folder: ServiceFolder, key: string): Promise<Uint8Array> {
  return await readFile(join(folder.storage, key));
}

/** What is wrong once everything has settled: nothing, where the disk holds what the stored rows say, and no more. */
export function leftovers({ rows, objects, parts }: Traces): string[] {
  const kept = new Set(rows.filter(({ state }) => state === "stored" || state === "trashed").map(({ key }) => key));
  return [
    ...rows.filter(({ state }) => state === "reserved").map(({ key }) => `still reserved: ${key}`),
    ...[...objects.keys()].filter((key) => !kept.has(ownerOf(key))).map((key) => `an object of no stored row: ${key}`),
    ...[...kept].filter((key) => !objects.has(key)).map((key) => `a stored row without its object: ${key}`),
    ...[...parts.keys()].map((part) => `a part of an unfinished put: ${part}`),
  ];
}

async function readRows(database: string): Promise<Attempt[]> {
  if (!existsSync(database)) return [];
  const copyFolder = await mkdtemp(join(tmpdir(), "holdfast-copy-"));
  try {
    const copy = join(copyFolder, "catalogue.db");
    await copyFile(database, copy);
    if (existsSync(`${database}-wal`)) await copyFile(`${database}-wal`, `${copy}-wal`);
    const db = new Database(copy);
    try {
      const files = `SELECT 'files' AS "table", id, name, state, object_key AS "key", size, sha256 FROM holdfast_files`;
      const variants = `SELECT 'variants', id, '', state, object_key, size, sha256 FROM holdfast_variants`;
      return db.prepare(`${files} UNION ALL ${variants}`).all() as Attempt[];
    } catch (error) {
      // Killed before its first boot had made the tables.
      if (error instanceof Error && error.message.includes("no such table")) return [];
      throw error;
    } finally {
      db.close();
    }
  } finally {
    await rm(copyFolder, { recursive: true, force: true });
  }
}

async function sizesBelow(root: string, passes: (path: string) => boolean): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const entries = existsSync(root) ? await readdir(root, { recursive: true, withFileTypes: true }) : [];
  for (const entry of entries) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !passes(path)) continue;
    const size = await sizeOf(join(root, path));
    if (size !== undefined) sizes.set(path, size);
  }
  return sizes;
}

/** The size of a file, or undefined where the service has removed it since the folder was listed. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
