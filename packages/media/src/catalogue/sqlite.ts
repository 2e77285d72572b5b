import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { fail } from "../errors.js";
import type { SqliteHandle } from "../media.js";
import { realPathOf } from "../env/disk.js";

/** Needed for `unixepoch('subsec')`; RETURNING and partial indexes are older. */
const oldestVersion = [3, 42] as const;
/** A predecessor may still be draining when its successor boots: wait as long as platforms usually let it. */
const handOverMs = 30_000;

/** An open SQLite database, and how to let go of it. */
export interface SqliteConnection {
  readonly handle: SqliteHandle;
  close(): void;
}

interface Shared {
  readonly opening: Promise<SqliteConnection>;
  users: number;
}

// Across copies of this module too: a development server that reloads an app must not meet its own lock.
const registryKey: unique symbol = Symbol.for("holdfast.sqlite");
const registry: Map<string, Shared> = ((globalThis as { [registryKey]?: Map<string, Shared> })[registryKey] ??= new Map());

/**
 * Open the SQLite file at `path` in WAL with `synchronous=FULL`: each commit is on the disk when it returns. One process
 * at a time: SQLite's own locks admit several, but a checkpoint racing a writer in another process can corrupt a WAL
 * (fixed in SQLite 3.51.3; the embedded version is older), so the file `<path>-owner` is held locked meanwhile.
 *
 * @throws CATALOGUE_UNUSABLE
 */
export async function openSqliteFile(path: string): Promise<SqliteConnection> {
  const where = `(SQLite at ${path})`;
  const real = realPathOf(path);
  const shared = registry.get(real) ?? { opening: openShared(path, where), users: 0 };
  registry.set(real, shared);
  // Counted before anything is awaited, so that whoever closes meanwhile knows of us.
  shared.users += 1;
  const connection = await shared.opening.catch((error: unknown) => {
    if (registry.get(real) === shared) registry.delete(real);
    throw error;
  });
  let isClosed = false;
  return {
    handle: connection.handle,
    close() {
      if (isClosed) return;
      isClosed = true;
      shared.users -= 1;
      if (shared.users > 0) return;
      registry.delete(real);
      connection.close();
    },
  };
}

async function openShared(path: string, where: string): Promise<SqliteConnection> {
  const opened: { close(): void }[] = [];
  const close = (): void => {
    for (const database of opened.splice(0).toReversed()) database.close();
  };
  try {
    mkdirSync(dirname(path), { recursive: true });
    opened.push(await lockOwner(`${path}-owner`, where));
    const database = new Database(path);
    opened.push(database);
    prepareConnection(database, where);
    return { handle: database, close };
  } catch (cause) {
    // The lock too: who mends the file and opens it again must not wait for itself.
    close();
    if (cause instanceof Error && cause.name === "HoldfastError") throw cause;
    const reason = `${cause instanceof Error ? cause.message : String(cause)}. Check that the folder exists and can be written to.`;
    throw fail("CATALOGUE_UNUSABLE", { where, reason }, { cause });
  }
}

/** Hold an exclusive lock on a file of its own: the system lets go of it when the process ends, however it ends. */
async function lockOwner(path: string, where: string): Promise<SqliteHandle> {
  const owner = new Database(path);
  for (const deadline = Date.now() + handOverMs; ;) {
    try {
      owner.exec("BEGIN EXCLUSIVE");
      return owner;
    } catch (cause) {
      if (!(cause instanceof Error) || !/locked|busy/i.test(cause.message) || Date.now() > deadline) {
        owner.close();
        const reason = `another process has had it open for ${handOverMs / 1000} seconds. A SQLite catalogue is for one process; stop the other one.`;
        throw fail("CATALOGUE_UNUSABLE", { where, reason }, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * Make every commit of this connection durable, and check that the SQLite behind it is recent enough.
 *
 * @throws CATALOGUE_UNUSABLE
 */
export function prepareConnection(handle: SqliteHandle, where: string): void {
  const version = String(readPragma(handle, "SELECT sqlite_version() AS value"));
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1])) {
    throw fail("CATALOGUE_UNUSABLE", { where, reason: `it is SQLite ${version}; ${oldestVersion.join(".")} or later is needed.` });
  }
  const mode = readPragma(handle, "PRAGMA journal_mode = WAL");
  // A database in memory has no WAL, and asks for no durability.
  if (mode !== "wal" && mode !== "memory") {
    const reason = `its file system has no write-ahead log (journal mode "${String(mode)}"). Put it on a local disk.`;
    throw fail("CATALOGUE_UNUSABLE", { where, reason });
  }
  run(handle, "PRAGMA synchronous = FULL");
  run(handle, "PRAGMA busy_timeout = 5000");
  run(handle, "PRAGMA foreign_keys = ON");
  const synchronous = readPragma(handle, "PRAGMA synchronous");
  if (synchronous !== 2) {
    throw fail("CATALOGUE_UNUSABLE", { where, reason: `it does not take synchronous=FULL (it says ${String(synchronous)}).` });
  }
}

/** Read the path out of `file:/data/catalogue.db`, `file:catalogue.db` or `file:///data/catalogue.db`. */
export function sqlitePathOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  return url.startsWith("file://") ? fileURLToPath(url) : decodeURIComponent(url.slice("file:".length));
}

function readPragma(handle: SqliteHandle, statement: string): unknown {
  const [row] = handle.prepare(statement).all([]);
  return typeof row === "object" && row !== null ? Object.values(row)[0] : undefined;
}

function run(handle: SqliteHandle, statement: string): void {
  const prepared = handle.prepare(statement);
  if (prepared.reader) prepared.all([]);
  else prepared.run([]);
}
