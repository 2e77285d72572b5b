import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { AttachmentTarget } from "../media.js";
import type { Receipt } from "../storage/driver.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { manifestKind } from "./changes.js";
import { compiledOnce } from "./compiled.js";
import type { FileRecord } from "./file.js";
import { recordColumns, type Reservation, toRecord } from "./files.js";
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

/** The values that a commit writes. */
interface Committing {
  readonly id: string;
  readonly token: string;
  readonly size: number;
  readonly sha256: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly hasAlpha: number;
  readonly frames: number;
  readonly thumbhash: string | null;
  readonly expiresInMs: number | null;
  readonly storage: string;
  readonly etag: string | null;
  readonly verifiedBy: string;
  readonly jobId: string;
}

/**
 * Make a reservation `stored`, with its replica, its attachment and the job that writes its manifest, all or nothing, guarded
 * by the lease's token. Undefined when the reservation is no longer ours; nothing has changed then.
 */
export async function commitFile(catalogue: Catalogue, reservation: Reservation, stored: StoredFile): Promise<FileRecord | undefined> {
  const { db, kind } = catalogue;
  const values = valuesOf(reservation, stored);
  // PostgreSQL writes several tables in one statement, which is one journey instead of six.
  if (kind === "postgres" && stored.attachTo === undefined) {
    const [row] = (await committingAtOnce.run(catalogue, values)).rows;
    if (row === undefined) return undefined;
    tellEnqueued(db);
    return toRecord(row);
  }
  return await transact(db, async (tx) => {
    const [row] = (await storing.run(catalogue, values, tx)).rows;
    if (row === undefined) return undefined;
    await replicating.run(catalogue, { ...values, key: reservation.key }, tx);
    if (stored.attachTo !== undefined) await appendAttachment(catalogue, tx, reservation.id, stored.attachTo);
    await enqueueJobs(catalogue, tx, manifestKind, [reservation.id]);
    return toRecord(row);
  });
}

function valuesOf({ id, token }: Reservation, { receipt, facts, storage, expiresInMs }: StoredFile): Committing {
  const { size, sha256, etag = null, verifiedBy } = receipt;
  const { width = null, height = null, hasAlpha, frames, thumbhash = null } = facts;
  const about = { width, height, hasAlpha: hasAlpha ? 1 : 0, frames, thumbhash };
  return { id, token, size, sha256, ...about, expiresInMs: expiresInMs ?? null, storage, etag, verifiedBy, jobId: randomUUID() };
}

const storing = compiledOnce((catalogue, values: Committing) => storingIn(catalogue, catalogue.db, values).returning(recordColumns));

const replicating = compiledOnce(({ db, now }, values: Committing & Pick<Reservation, "key">) =>
  db.insertInto("replicas").values({
    file_id: values.id,
    object_key: values.key,
    storage: values.storage,
    size: values.size,
    sha256: values.sha256,
    etag: values.etag,
    verified_by: values.verifiedBy,
    verified_at: now,
  }),
);

const committingAtOnce = compiledOnce((catalogue, values: Committing) => {
  const { db, now } = catalogue;
  return db
    .with("stored", (qc) => storingIn(catalogue, qc, values).returning(recordColumns))
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
              of.val(values.storage).as("storage"),
              of.cast<number>(of.val(values.size), "bigint").as("size"),
              of.val(values.sha256).as("sha256"),
              of.val(values.etag).as("etag"),
              of.val(values.verifiedBy).as("verified_by"),
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
              of.val(values.jobId).as("id"),
              of.val(manifestKind).as("kind"),
              "stored.id as subject",
              sql.lit("ready" as const).as("state"),
              now.as("run_at"),
              now.as("enqueued_at"),
              now.as("changed_at"),
            ]),
        ),
    )
    .selectFrom("stored")
    .selectAll();
});

/** The one guarded update by which a file becomes stored. */
function storingIn({ now }: Catalogue, db: Pick<CatalogueTransaction, "updateTable">, values: Committing) {
  return db
    .updateTable("files")
    .set((eb) => ({
      state: sql.lit("stored"),
      size: values.size,
      sha256: values.sha256,
      width: values.width,
      height: values.height,
      has_alpha: values.hasAlpha,
      frames: values.frames,
      thumbhash: values.thumbhash,
      lease_token: null,
      lease_expires_at: null,
      stored_at: now,
      changed_at: now,
      // Without a time to expire at the sum is NULL.
      expires_at: sql<number | null>`${now} + ${values.expiresInMs}`,
      revision: eb("revision", "+", 1),
    }))
    .where("id", "=", values.id)
    .where("state", "=", sql.lit("reserved"))
    .where("lease_token", "=", values.token);
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
