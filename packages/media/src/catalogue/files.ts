import { type Selectable, sql } from "kysely";
import type { AttachmentTarget } from "../media.js";
import type { Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import type { Catalogue } from "./catalogue.js";
import { noteChanged } from "./changes.js";
import { compiledOnce } from "./compiled.js";
import type { FileId, FileRecord, Visibility } from "./file.js";
import type { FilesTable } from "./schema.js";
import { transact } from "./transact.js";
import { visibilityColumns, visibilityOf } from "./visibility.js";

/** So many parameters SQLite and PostgreSQL both take in one statement. */
const maxRecords = 1000;

/** A reservation: the right to write one key, kept alive by heartbeats. */
export interface Reservation {
  readonly id: FileId;
  readonly key: Key;
  readonly token: string;
}

/** What is known of a file before its bytes. */
export interface FileAbout {
  readonly name: string;
  readonly type: string;
  readonly visibility: Visibility;
  readonly leaseMs: number;
  readonly owner?: string;
  readonly idempotencyKey?: string;
}

type Reserving = Reservation &
  Omit<FileAbout, "visibility" | "owner" | "idempotencyKey"> &
  ReturnType<typeof visibilityColumns> &
  Record<"owner" | "idempotencyKey", string | null>;

const reserving = compiledOnce(({ db, now }, about: Reserving) =>
  db.insertInto("files").values((eb) => ({
    id: about.id,
    state: sql.lit("reserved"),
    name: about.name,
    type: about.type,
    visibility: about.visibility,
    is_confidential: about.is_confidential,
    owner: about.owner,
    idempotency_key: about.idempotencyKey,
    object_key: about.key,
    lease_token: about.token,
    lease_expires_at: eb(now, "+", about.leaseMs),
    reserved_at: now,
    changed_at: now,
  })),
);

/** Commit the row `reserved`, with its lease. */
export async function reserveFile(catalogue: Catalogue, reservation: Reservation, about: FileAbout): Promise<void> {
  const { owner = null, idempotencyKey = null } = about;
  await reserving.run(catalogue, { ...about, ...visibilityColumns(about.visibility), ...reservation, owner, idempotencyKey });
}

/** Prolong a lease. False when it is no longer ours. */
export async function keepReservation({ db, now }: Catalogue, { id, token }: Reservation, leaseMs: number): Promise<boolean> {
  const result = await db
    .updateTable("files")
    .set((eb) => ({ lease_expires_at: eb(now, "+", leaseMs) }))
    .where("id", "=", id)
    .where("state", "=", "reserved")
    .where("lease_token", "=", token)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Give a reservation up. False when it is no longer ours. The row stays until its key has been deleted twice. */
export async function abandonFile({ db, now }: Catalogue, { id, token }: Reservation): Promise<boolean> {
  const result = await db
    .updateTable("files")
    .set({ state: "abandoned", lease_token: null, lease_expires_at: null, changed_at: now })
    .where("id", "=", id)
    .where("state", "=", "reserved")
    .where("lease_token", "=", token)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const findingStored = compiledOnce(({ db }, { id }: { readonly id: FileId }) =>
  db.selectFrom("files").selectAll().where("id", "=", id).where("state", "=", sql.lit("stored")),
);

/** Read one stored file. */
export async function findFile(catalogue: Catalogue, id: FileId): Promise<FileRecord | undefined> {
  const [row] = (await findingStored.run(catalogue, { id })).rows;
  return row === undefined ? undefined : toRecord(row);
}

/** Read several stored files; those that are not there are left out. */
export async function findFiles({ db }: Catalogue, ids: readonly FileId[]): Promise<FileRecord[]> {
  const found: FileRecord[] = [];
  for (let at = 0; at < ids.length; at += maxRecords) {
    const asked = ids.slice(at, at + maxRecords);
    const rows = await db.selectFrom("files").selectAll().where("id", "in", asked).where("state", "=", "stored").execute();
    found.push(...rows.map(toRecord));
  }
  return found;
}

/** The file that was kept under an idempotency key, whatever became of it since. */
export async function findByIdempotencyKey({ db }: Catalogue, key: string): Promise<FileRecord | undefined> {
  const row = await db
    .selectFrom("files")
    .selectAll()
    .where("idempotency_key", "=", key)
    .where("state", "not in", ["reserved", "abandoned"])
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Read stored files, newest first, after the cursor. */
export async function listFiles({ db }: Catalogue, page: { readonly limit: number; readonly after?: FileId }): Promise<FileRecord[]> {
  let query = db.selectFrom("files").selectAll().where("state", "=", "stored");
  if (page.after !== undefined) query = query.where("id", "<", page.after);
  const rows = await query.orderBy("id", "desc").limit(page.limit).execute();
  return rows.map(toRecord);
}

/** Read the stored files attached to a record's slot, in order. */
export async function attachedFiles({ db }: Catalogue, [recordType, recordId, slot]: AttachmentTarget): Promise<FileRecord[]> {
  const rows = await db
    .selectFrom("files")
    .innerJoin("attachments", "attachments.file_id", "files.id")
    .selectAll("files")
    .where("attachments.record_type", "=", recordType)
    .where("attachments.record_id", "=", recordId)
    .where("attachments.slot", "=", slot)
    .where("files.state", "=", "stored")
    .orderBy("attachments.position")
    .execute();
  return rows.map(toRecord);
}

/** Read the stored files attached to one slot of many records, each record's in order. A record without any is not in the map. */
export async function filesAttachedToEach(
  { db }: Catalogue,
  recordType: string,
  recordIds: readonly string[],
  slot: string,
): Promise<Map<string, FileRecord[]>> {
  const found = new Map<string, FileRecord[]>();
  for (let at = 0; at < recordIds.length; at += maxRecords) {
    const rows = await db
      .selectFrom("files")
      .innerJoin("attachments", "attachments.file_id", "files.id")
      .selectAll("files")
      .select("attachments.record_id as attached_to")
      .where("attachments.record_type", "=", recordType)
      .where("attachments.record_id", "in", recordIds.slice(at, at + maxRecords))
      .where("attachments.slot", "=", slot)
      .where("files.state", "=", "stored")
      .orderBy("attachments.position")
      .execute();
    for (const { attached_to: recordId, ...row } of rows) found.set(recordId, [...(found.get(recordId) ?? []), toRecord(row)]);
  }
  return found;
}

/** Move a file between `stored` and `trashed`. False when it was not in `from`. */
export async function moveFile(catalogue: Catalogue, id: FileId, from: "stored" | "trashed", to: "stored" | "trashed"): Promise<boolean> {
  const { db, now } = catalogue;
  return await transact(db, async (tx) => {
    const result = await tx
      .updateTable("files")
      // What somebody moved by hand is no longer a stage that expires.
      .set({ state: to, changed_at: now, expires_at: null })
      .where("id", "=", id)
      .where("state", "=", from)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return false;
    await noteChanged(catalogue, tx, [id]);
    return true;
  });
}

type RecordColumn = Exclude<
  keyof FilesTable,
  "lease_token" | "lease_expires_at" | "reserved_at" | "swept_at" | "changed_at" | "idempotency_key" | "revision"
>;

const isOfRecord: Readonly<Record<RecordColumn, true>> = {
  id: true,
  state: true,
  name: true,
  type: true,
  size: true,
  sha256: true,
  width: true,
  height: true,
  has_alpha: true,
  frames: true,
  thumbhash: true,
  visibility: true,
  is_confidential: true,
  owner: true,
  object_key: true,
  stored_at: true,
  expires_at: true,
};

/** The columns that a record is read from: by name, for a statement that is kept does not bear columns that are added later. */
export const recordColumns: readonly RecordColumn[] = Object.keys(isOfRecord) as RecordColumn[];

/** Read a row of a file that is, or was, stored. */
export function toRecord(row: Pick<Selectable<FilesTable>, RecordColumn>): FileRecord {
  const { size, sha256, stored_at: storedAt } = row;
  if (size === null || sha256 === null || storedAt === null) throw new Error(`the row of file ${row.id} is not of a stored file`);
  return {
    id: row.id as FileId,
    state: row.state,
    name: row.name,
    type: row.type,
    size,
    sha256: sha256 as Sha256,
    width: row.width ?? undefined,
    height: row.height ?? undefined,
    hasAlpha: row.has_alpha === 1,
    frames: row.frames ?? 1,
    thumbhash: row.thumbhash ?? undefined,
    visibility: visibilityOf(row),
    owner: row.owner ?? undefined,
    key: row.object_key as Key,
    storedAt,
    expiresAt: row.expires_at ?? undefined,
  };
}
