import { randomUUID } from "node:crypto";
import type { Insertable } from "kysely";
import type { Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { readCanary } from "./canary.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { manifestKind } from "./changes.js";
import { enqueueJobs } from "./jobs.js";
import type { Manifest, ManifestAttachment } from "./manifest.js";
import type { FilesTable } from "./schema.js";
import type { Storage } from "../storage/storage.js";
import { transact } from "./transact.js";
import { visibilityColumns } from "./visibility.js";

/** A file that is to be known again. */
export interface RestoredFile {
  readonly manifest: Manifest;
  /** Its object as it is in the storage; undefined where it is not there, or not the one that the manifest tells of. */
  readonly replica: RestoredReplica | undefined;
  /** Whether the manifest is ours, made for an object that had none, and has yet to be written. */
  readonly isAdopted: boolean;
}

/** How it is known that a storage holds a file's bytes: seen in the listing with its size, or read and hashed. */
export interface RestoredReplica {
  readonly size: number;
  readonly sha256: Sha256;
  readonly etag: string | undefined;
  readonly verifiedBy: "listing" | "readback";
}

/** What became of some files. */
export interface Restored {
  readonly files: number;
  readonly attachments: number;
  /** Files whose id or idempotency key another one has already. */
  readonly refused: readonly Manifest[];
  /** Attachments whose place another file has; they were put behind it. */
  readonly moved: readonly { readonly id: string; readonly attachment: ManifestAttachment }[];
}

const markerName = "rebuilding";
const identityName = "storage_identity";

/** Whether a rebuild may write here: the number of files that the catalogue knows already, unless an unfinished rebuild made them. */
export async function filesInTheWay(catalogue: Catalogue): Promise<number> {
  if ((await catalogue.recall(markerName)) !== undefined) return 0;
  const { count } = await catalogue.db
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** Note that a rebuild has begun, so that one which was interrupted can go on. */
export async function beginRebuild(catalogue: Catalogue, storage: Storage): Promise<void> {
  await catalogue.replace(markerName, await storage.identity());
}

/** Tie catalogue and storage together again, and let the catalogue remember what the storage has survived. */
export async function endRebuild(catalogue: Catalogue, storage: Storage): Promise<void> {
  const identity = await storage.identity();
  await catalogue.remember(identityName, () => identity);
  const canary = await readCanary(storage);
  if (canary !== undefined) {
    await catalogue.replace("canary", JSON.stringify(canary));
    await catalogue.replace("canary_id", canary.id);
  }
  await catalogue.db.deleteFrom("meta").where("name", "=", markerName).execute();
}

/** Which of these keys the catalogue knows already. */
export async function knownKeys({ db }: Catalogue, keys: readonly Key[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db.selectFrom("files").select("object_key").where("object_key", "in", keys).execute();
  return new Set(rows.map((row) => row.object_key));
}

/** Write files and their attachments, in one transaction. What is there already stays. */
export async function restoreFiles(catalogue: Catalogue, storage: Storage, files: readonly RestoredFile[]): Promise<Restored> {
  if (files.length === 0) return { files: 0, attachments: 0, refused: [], moved: [] };
  const identity = await storage.identity();
  return await transact(catalogue.db, async (tx) => {
    const rows = await tx
      .insertInto("files")
      .values(files.map(({ manifest }) => rowOf(manifest)))
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .execute();
    const written = new Set(rows.map(({ id }) => id));
    const restored = files.filter(({ manifest }) => written.has(manifest.id));
    const replicas = restored.flatMap(({ manifest, replica }) =>
      replica === undefined
        ? []
        : [
            {
              file_id: manifest.id,
              storage: identity,
              object_key: manifest.key,
              size: replica.size,
              sha256: replica.sha256,
              etag: replica.etag ?? null,
              verified_by: replica.verifiedBy,
              verified_at: catalogue.now,
            },
          ],
    );
    if (replicas.length > 0) await tx.insertInto("replicas").values(replicas).execute();
    const links = restored.flatMap(({ manifest }) => manifest.attachments.map((attachment) => ({ id: manifest.id, attachment })));
    const moved = await restoreAttachments(tx, links);
    const due = restored.filter(({ isAdopted }) => isAdopted).map(({ manifest }) => manifest.id);
    await enqueueJobs(catalogue, tx, manifestKind, [...due, ...moved.map(({ id }) => id)]);
    const refused = files.map(({ manifest }) => manifest).filter(({ id }) => !written.has(id));
    return { files: written.size, attachments: links.length, refused, moved };
  });
}

type Link = Restored["moved"][number];

/** Two files may claim one place where the catalogue was lost while they changed places: the second goes to the end. */
async function restoreAttachments(tx: CatalogueTransaction, links: readonly Link[]): Promise<readonly Link[]> {
  const moved: Link[] = [];
  for (const { id, attachment } of links) {
    const row = {
      record_type: attachment.recordType,
      record_id: attachment.recordId,
      slot: attachment.slot,
      position: attachment.position,
      file_id: id,
      attached_at: Date.parse(attachment.attachedAt),
    };
    const result = await tx
      .insertInto("attachments")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (result.numInsertedOrUpdatedRows === 1n) continue;
    const { last } = await tx
      .selectFrom("attachments")
      .select((eb) => eb.fn.max("position").as("last"))
      .where("record_type", "=", row.record_type)
      .where("record_id", "=", row.record_id)
      .where("slot", "=", row.slot)
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("attachments")
      .values({ ...row, position: Number(last) + 1 })
      .execute();
    moved.push({ id, attachment });
  }
  return moved;
}

/** A variant's object whose making nobody remembers. */
export interface ForgottenVariant {
  readonly key: Key;
  readonly fileId: string;
  readonly transform: string;
  readonly format: string;
}

/**
 * Note the objects of variants as attempts that came to nothing, so that settling deletes them; a variant is made again when
 * it is asked for. Those of files that the catalogue does not know are left alone. The number of those noted.
 */
export async function noteForgottenVariants({ db, now }: Catalogue, variants: readonly ForgottenVariant[]): Promise<number> {
  if (variants.length === 0) return 0;
  const ids = [...new Set(variants.map(({ fileId }) => fileId))];
  const known = new Set((await db.selectFrom("files").select("id").where("id", "in", ids).execute()).map(({ id }) => id));
  const rows = variants
    .filter(({ fileId }) => known.has(fileId))
    .map(({ key, fileId, transform, format }) => ({
      id: randomUUID(),
      file_id: fileId,
      transform,
      format,
      state: "abandoned" as const,
      object_key: key,
      changed_at: now,
    }));
  if (rows.length === 0) return 0;
  const written = await db
    .insertInto("variants")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .execute();
  return written.length;
}

function rowOf(manifest: Manifest): Insertable<FilesTable> {
  return {
    id: manifest.id,
    state: manifest.state,
    name: manifest.name,
    type: manifest.type,
    size: manifest.size,
    sha256: manifest.sha256,
    width: manifest.width,
    height: manifest.height,
    has_alpha: manifest.hasAlpha === null ? null : Number(manifest.hasAlpha),
    frames: manifest.frames,
    thumbhash: manifest.thumbhash,
    ...visibilityColumns(manifest.visibility),
    object_key: manifest.key,
    reserved_at: Date.parse(manifest.reservedAt),
    stored_at: Date.parse(manifest.storedAt),
    changed_at: Date.parse(manifest.changedAt),
    owner: manifest.owner,
    idempotency_key: manifest.idempotencyKey,
    expires_at: manifest.expiresAt === null ? null : Date.parse(manifest.expiresAt),
    revision: manifest.revision,
  };
}
