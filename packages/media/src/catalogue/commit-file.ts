import { randomUUID } from "node:crypto";
import type { AttachmentTarget } from "../media.js";
import type { Receipt } from "../storage/driver.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { manifestKind } from "./changes.js";
import type { FileRecord } from "./file.js";
import { type Reservation, toRecord } from "./files.js";
import { enqueueJobs, tellEnqueued } from "./jobs.js";
import { transact } from "./transact.js";

/** What inspecting a file found, beside its receipt. */
export interface FileFacts {
  readonly width?: number;
  readonly height?: number;
  readonly hasAlpha: boolean;
  readonly frames: number;
  readonly thumbhash?: string;
}

/** What is committed of a file whose bytes are durable and verified. */
export interface StoredFile {
  readonly receipt: Receipt;
  readonly facts: FileFacts;
  /** The identity of the storage that holds it. */
  readonly storage: string;
  readonly attachTo?: AttachmentTarget;
  /** Stage it: unless it is attached until then, it goes to the trash. */
  readonly expiresInMs?: number;
}

/**
 * Make a reservation `stored`, with its replica, its attachment and the job that writes its manifest, all or nothing, guarded
 * by the lease's token. Undefined when the reservation is no longer ours; nothing has changed then.
 */
export async function commitFile(catalogue: Catalogue, reservation: Reservation, stored: StoredFile): Promise<FileRecord | undefined> {
  const { db, kind } = catalogue;
  // PostgreSQL writes several tables in one statement, which is one journey instead of six.
  if (kind === "postgres" && stored.attachTo === undefined) return await commitAtOnce(catalogue, reservation, stored);
  return await transact(db, async (tx) => {
    const row = await storing(catalogue, tx, reservation, stored).returningAll().executeTakeFirst();
    if (row === undefined) return undefined;
    await tx
      .insertInto("replicas")
      .values({ file_id: reservation.id, object_key: reservation.key, verified_at: catalogue.now, ...receiptColumns(stored) })
      .execute();
    if (stored.attachTo !== undefined) await appendAttachment(catalogue, tx, reservation.id, stored.attachTo);
    await enqueueJobs(catalogue, tx, manifestKind, [reservation.id]);
    return toRecord(row);
  });
}

async function commitAtOnce(catalogue: Catalogue, reservation: Reservation, stored: StoredFile): Promise<FileRecord | undefined> {
  const { db, now } = catalogue;
  const { storage, size, sha256, etag, verified_by: verifiedBy } = receiptColumns(stored);
  const row = await db
    .with("stored", (qc) => storing(catalogue, qc, reservation, stored).returningAll())
    .with("replica", (qc) =>
      qc
        .insertInto("replicas")
        .columns(["file_id", "object_key", "storage", "size", "sha256", "etag", "verified_by", "verified_at"])
        .expression((eb) =>
          eb
            .selectFrom("stored")
            .select((of) => [
              "stored.id",
              "stored.object_key",
              of.val(storage).as("storage"),
              of.cast<number>(of.val(size), "bigint").as("size"),
              of.val(sha256).as("sha256"),
              of.val(etag).as("etag"),
              of.val(verifiedBy).as("verified_by"),
              now.as("verified_at"),
            ]),
        ),
    )
    .with("manifest", (qc) =>
      qc
        .insertInto("jobs")
        .columns(["id", "kind", "subject", "state", "run_at", "enqueued_at", "changed_at"])
        .expression((eb) =>
          eb
            .selectFrom("stored")
            .select((of) => [
              of.val<string>(randomUUID()).as("id"),
              of.val(manifestKind).as("kind"),
              "stored.id as subject",
              of.val<"ready">("ready").as("state"),
              now.as("run_at"),
              now.as("enqueued_at"),
              now.as("changed_at"),
            ]),
        ),
    )
    .selectFrom("stored")
    .selectAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  tellEnqueued(db);
  return toRecord(row);
}

/** The one guarded update by which a file becomes stored. */
function storing(
  { now }: Catalogue,
  db: Pick<CatalogueTransaction, "updateTable">,
  reservation: Reservation,
  { receipt, facts, expiresInMs }: StoredFile,
) {
  return db
    .updateTable("files")
    .set((eb) => ({
      state: "stored",
      size: receipt.size,
      sha256: receipt.sha256,
      width: facts.width ?? null,
      height: facts.height ?? null,
      has_alpha: facts.hasAlpha ? 1 : 0,
      frames: facts.frames,
      thumbhash: facts.thumbhash ?? null,
      lease_token: null,
      lease_expires_at: null,
      stored_at: now,
      changed_at: now,
      expires_at: expiresInMs === undefined ? null : eb(now, "+", expiresInMs),
      revision: eb("revision", "+", 1),
    }))
    .where("id", "=", reservation.id)
    .where("state", "=", "reserved")
    .where("lease_token", "=", reservation.token);
}

function receiptColumns({ receipt, storage }: StoredFile) {
  const { size, sha256, etag = null, verifiedBy } = receipt;
  return { storage, size, sha256, etag, verified_by: verifiedBy };
}

async function appendAttachment(catalogue: Catalogue, tx: CatalogueTransaction, fileId: string, target: AttachmentTarget): Promise<void> {
  const [recordType, recordId, slot] = target;
  await catalogue.lock(tx, `slot ${JSON.stringify(target)}`);
  const { last } = await tx
    .selectFrom("attachments")
    .select((eb) => eb.fn.max("position").as("last"))
    .where("record_type", "=", recordType)
    .where("record_id", "=", recordId)
    .where("slot", "=", slot)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("attachments")
    .values({
      record_type: recordType,
      record_id: recordId,
      slot,
      position: (last as number | null) === null ? 0 : Number(last) + 1,
      file_id: fileId,
      attached_at: catalogue.now,
    })
    .execute();
}
