import { createHash, randomUUID } from "node:crypto";
import { type Driver, fail, HoldfastError, type Key, type ObjectStat, parseKey, type Sha256 } from "@holdfast/media";
import Database from "libsql";

/** An object is held in memory whole while it is written, so it must not be large. */
const maxBytes = 64 * 1024 * 1024;
/** Keys fetched at one time by a listing, so that no statement stays open while somebody thinks about them. */
const pageSize = 500;

const tables = `
  CREATE TABLE IF NOT EXISTS objects (
    key TEXT PRIMARY KEY, bytes BLOB NOT NULL, content_type TEXT NOT NULL, modified_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL);
`;

interface Row {
  readonly key: string;
  readonly size: number;
  readonly content_type: string;
  readonly modified_at: number;
}

/** Keep small objects as blobs in one SQLite file. Each put is one transaction: whole, or not at all. */
export function sqliteBlobDriver(options: { readonly path: string }): Driver {
  const storage = `sqlite (${options.path})`;
  const database = wrapped(storage, "be opened", () => open(options.path));
  const describe = ({ key, size, content_type, modified_at }: Row): ObjectStat => {
    return { key: parseKey(key), size, modifiedAt: modified_at, contentType: content_type };
  };
  const stat = (key: Key): ObjectStat | undefined => {
    const row = database.prepare("SELECT key, length(bytes) AS size, content_type, modified_at FROM objects WHERE key = ?").get([key]);
    return row === undefined ? undefined : describe(row as Row);
  };

  return {
    name: "sqlite-blob",
    limits: { maxKeyBytes: 1024, maxBytes },

    async put(key, source, { expect, contentType, ifAbsent = false, signal }) {
      const blocks: Uint8Array[] = [];
      let size = 0;
      for await (const block of source.open()) {
        signal?.throwIfAborted();
        size += block.byteLength;
        if (size > maxBytes) throw fail("UPLOAD_TOO_LARGE", { name: key, maxBytes });
        // A copy: whoever gives blocks may use their memory again.
        blocks.push(Uint8Array.from(block));
      }
      signal?.throwIfAborted();
      const bytes = Buffer.concat(blocks);
      const sha256 = sha256Of(bytes);
      for (const expected of [expect?.size, source.size]) {
        if (expected === undefined || expected === size) continue;
        throw fail("OBJECT_MISMATCH", { key, what: "size", expected: String(expected), found: String(size) });
      }
      if (expect?.sha256 !== undefined && expect.sha256 !== sha256) {
        throw fail("OBJECT_MISMATCH", { key, what: "SHA-256", expected: expect.sha256, found: sha256 });
      }
      wrapped(storage, `store "${key}"`, () => {
        const whenTaken = ifAbsent
          ? "NOTHING"
          : "UPDATE SET bytes = excluded.bytes, content_type = excluded.content_type, modified_at = excluded.modified_at";
        const write = database.transaction(() => {
          const insert = database.prepare(`INSERT INTO objects VALUES (?, ?, ?, ?) ON CONFLICT (key) DO ${whenTaken}`);
          if (insert.run([key, bytes, contentType, Date.now()]).changes === 0) throw fail("OBJECT_EXISTS", { key });
          // SQLite checks no checksum of ours, so what it holds is read back before it is committed.
          const found = sha256Of(bytesOf(database.prepare("SELECT bytes FROM objects WHERE key = ?").get([key])));
          if (found !== sha256) throw fail("OBJECT_MISMATCH", { key, what: "SHA-256", expected: sha256, found });
        });
        write();
      });
      return { size, sha256, verifiedBy: "readback" };
    },

    async open(key, { range } = {}) {
      const [start, end] = [range?.start ?? 0, range?.end ?? maxBytes];
      const found = wrapped(storage, `open "${key}"`, () => {
        // The bytes are read now: a put that replaces the object does not change what was opened before it.
        const select = "SELECT length(bytes) AS size, substr(bytes, ?, ?) AS bytes FROM objects WHERE key = ?";
        return database.prepare(select).get([start + 1, end - start + 1, key]) as { readonly size: number } | undefined;
      });
      if (found === undefined) throw fail("OBJECT_NOT_FOUND", { key });
      return { size: found.size, range, bytes: only(bytesOf(found)), close: async () => undefined };
    },

    stat: async (key) => wrapped(storage, `look at "${key}"`, () => stat(key)),

    async delete(key) {
      wrapped(storage, `delete "${key}"`, () => database.prepare("DELETE FROM objects WHERE key = ?").run([key]));
    },

    // SQLite compares text by its UTF-8 bytes, so this is in the order that orderedList promises.
    async *list({ prefix = "", signal } = {}) {
      const select =
        "SELECT key, length(bytes) AS size, content_type, modified_at FROM objects WHERE key >= ? AND key > ? ORDER BY key LIMIT ?";
      for (let after = ""; ;) {
        signal?.throwIfAborted();
        const page = wrapped(storage, "be listed", () => database.prepare(select).all([prefix, after, pageSize]) as Row[]);
        for (const row of page) {
          if (!row.key.startsWith(prefix)) return;
          yield describe(row);
          after = row.key;
        }
        if (page.length < pageSize) return;
      }
    },

    identity: async () => (database.prepare("SELECT id FROM identity").get() as { readonly id: string }).id,
    close: async () => void database.close(),
    ifAbsent: true,
    orderedList: true,
  };
}

function open(path: string): Database.Database {
  const database = new Database(path);
  database.exec("PRAGMA journal_mode = WAL");
  // Without FULL a commit outlives the process, and not a power cut.
  database.exec("PRAGMA synchronous = FULL");
  database.exec(tables);
  database.prepare("INSERT INTO identity SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)").run([randomUUID()]);
  return database;
}

/** Wrap SQLite's errors once, where they enter: full, denied and unreachable are three different things. */
function wrapped<T>(storage: string, action: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HoldfastError || !(cause instanceof Error)) throw cause;
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
    if (code === "SQLITE_FULL") throw fail("STORAGE_FULL", { storage }, { cause });
    if (["SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN"].includes(code))
      throw fail("STORAGE_DENIED", { storage, action, reason: code }, { cause });
    throw fail("STORAGE_UNREACHABLE", { storage, action, reason: cause.message }, { cause });
  }
}

function bytesOf(row: unknown): Uint8Array {
  const bytes = typeof row === "object" && row !== null && "bytes" in row ? row.bytes : undefined;
  if (bytes instanceof Uint8Array) return bytes;
  // libsql answers an empty blob with null; the column itself cannot be null.
  if (bytes === null) return new Uint8Array();
  throw new TypeError(`SQLite answered ${typeof bytes} instead of a blob`);
}

function sha256Of(bytes: Uint8Array): Sha256 {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
