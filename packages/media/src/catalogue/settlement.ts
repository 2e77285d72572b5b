import type { Key } from "../storage/key.js";
import type { Catalogue } from "./catalogue.js";
import { lateManifestKind, noteChanged } from "./changes.js";
import type { FileId } from "./file.js";
import { enqueueJobs } from "./jobs.js";
import { transact } from "./transact.js";

/** The two tables whose rows hold the right to a key. */
export type Attempts = "files" | "variants";

const attempts: readonly Attempts[] = ["files", "variants"];
/** Rows handled in one transaction: short ones, so that nobody waits long behind them. */
const pageSize = 200;

/** A key that an attempt may have written, or may still write. */
export interface DueKey {
  readonly table: Attempts;
  readonly id: string;
  readonly key: Key;
}

/** Turn every reservation whose lease ran out into `abandoned`. The number of them. */
export async function abandonExpired({ db, now }: Catalogue): Promise<number> {
  let count = 0;
  for (const table of attempts) {
    const result = await db
      .updateTable(table)
      .set({ state: "abandoned", lease_token: null, lease_expires_at: null, changed_at: now })
      .where("state", "=", "reserved")
      .where("lease_expires_at", "<", now)
      .executeTakeFirst();
    count += Number(result.numUpdatedRows);
  }
  return count;
}

/** The keys of abandoned attempts that were never deleted yet, a page of them. */
export async function keysToSweep({ db }: Catalogue, afterId: string, table: Attempts): Promise<DueKey[]> {
  const rows = await db
    .selectFrom(table)
    .select(["id", "object_key"])
    .where("state", "=", "abandoned")
    .where("swept_at", "is", null)
    .where("id", ">", afterId)
    .orderBy("id")
    .limit(pageSize)
    .execute();
  return rows.map((row) => ({ table, id: row.id, key: row.object_key as Key }));
}

/** Note that an abandoned attempt's key was deleted for the first time. */
export async function noteSwept({ db, now }: Catalogue, { table, id }: Pick<DueKey, "table" | "id">): Promise<void> {
  await db.updateTable(table).set({ swept_at: now }).where("id", "=", id).where("state", "=", "abandoned").execute();
}

/** The keys that were deleted once, long enough ago that no late write can follow a second deletion. A page of them. */
export async function keysToClear({ db, now }: Catalogue, afterId: string, table: Attempts, lateWriteMs: number): Promise<DueKey[]> {
  const rows = await db
    .selectFrom(table)
    .select(["id", "object_key"])
    .where("state", "=", "abandoned")
    .where("swept_at", "is not", null)
    .where((eb) => eb("swept_at", "<=", eb(now, "-", lateWriteMs)))
    .where("id", ">", afterId)
    .orderBy("id")
    .limit(pageSize)
    .execute();
  return rows.map((row) => ({ table, id: row.id, key: row.object_key as Key }));
}

/** Remove an abandoned attempt's row, its key having been deleted twice. */
export async function removeAttempt({ db }: Catalogue, { table, id }: DueKey): Promise<void> {
  await db.deleteFrom(table).where("id", "=", id).where("state", "=", "abandoned").execute();
}

/**
 * Move a page of the staged files that nobody attached in time to the trash. How many there were. A file that is being attached
 * just now is left to the next look: by then it is attached, or still expired.
 */
export async function trashExpired(catalogue: Catalogue): Promise<number> {
  const { db, kind, now } = catalogue;
  return await transact(db, async (tx) => {
    const due = await tx
      .selectFrom("files")
      .select("id")
      .where("expires_at", "<=", now)
      .where("state", "=", "stored")
      .orderBy("id")
      .limit(pageSize)
      .$if(kind === "postgres", (query) => query.forNoKeyUpdate().skipLocked())
      .execute();
    const ids = due.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await tx.updateTable("files").set({ state: "trashed", changed_at: now, expires_at: null }).where("id", "in", ids).execute();
    await noteChanged(catalogue, tx, ids);
    return ids.length;
  });
}

/** How many files are stored or trashed, and how many of the trashed are due to be purged. */
export async function countDuePurges({ db, now }: Catalogue, retentionMs: number): Promise<{ due: number; held: number }> {
  const { count: due } = await db
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("state", "=", "trashed")
    .where((eb) => eb("changed_at", "<=", eb(now, "-", retentionMs)))
    .executeTakeFirstOrThrow();
  const { count: held } = await db
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("state", "in", ["stored", "trashed"])
    .executeTakeFirstOrThrow();
  return { due, held };
}

/** Move every trashed file whose retention ended to `purging`, from where nothing brings it back; its variants go with it. */
export async function beginPurges({ db, now }: Catalogue, retentionMs: number): Promise<void> {
  await transact(db, async (tx) => {
    await tx
      .updateTable("files")
      .set({ state: "purging", changed_at: now })
      .where("state", "=", "trashed")
      .where((eb) => eb("changed_at", "<=", eb(now, "-", retentionMs)))
      .execute();
    await tx
      .updateTable("variants")
      .set({ state: "abandoned", lease_token: null, lease_expires_at: null, changed_at: now })
      .where("state", "=", "stored")
      .where("file_id", "in", (eb) => eb.selectFrom("files").select("id").where("state", "=", "purging"))
      .execute();
  });
}

/** The files whose bytes are being deleted, a page of them. */
export async function purgingFiles({ db }: Catalogue, afterId: string): Promise<{ id: FileId; key: Key }[]> {
  const rows = await db
    .selectFrom("files")
    .select(["id", "object_key"])
    .where("state", "=", "purging")
    .where("id", ">", afterId)
    .orderBy("id")
    .limit(pageSize)
    .execute();
  return rows.map((row) => ({ id: row.id as FileId, key: row.object_key as Key }));
}

/**
 * Note that a file's bytes are deleted. Its row stays, so that its id is never mistaken for an unknown one. Its manifest is
 * deleted once more when no writing of it that was begun before can come late.
 */
export async function endPurge(catalogue: Catalogue, id: FileId, lateWriteMs: number): Promise<void> {
  const { db, now } = catalogue;
  await transact(db, async (tx) => {
    await tx.updateTable("files").set({ state: "purged", changed_at: now }).where("id", "=", id).where("state", "=", "purging").execute();
    await tx.deleteFrom("replicas").where("file_id", "=", id).execute();
    await tx.deleteFrom("attachments").where("file_id", "=", id).execute();
    await enqueueJobs(catalogue, tx, lateManifestKind, [id], { delayMs: lateWriteMs });
  });
}
