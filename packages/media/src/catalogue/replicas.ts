import type { Receipt, Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { replicateKind } from "./changes.js";
import type { FileId } from "./file.js";
import { enqueueJobs } from "./jobs.js";
import { transact } from "./transact.js";

/** One copy of a file's object in one storage, with how it is known that it is there. Times are milliseconds since 1970. */
export interface Replica {
  /** The identity of the storage. */
  readonly storage: string;
  readonly key: Key;
  readonly size: number;
  readonly sha256: Sha256;
  /** `backend`, `readback`, or `listing` after a rebuild. */
  readonly verifiedBy: string;
  readonly verifiedAt: number;
}

/** Files looked at in one statement. */
const pageSize = 500;

/** Read the copies that are known of a file. */
export async function replicasOf({ db }: Catalogue, id: FileId): Promise<Replica[]> {
  const rows = await db.selectFrom("replicas").selectAll().where("file_id", "=", id).orderBy("verified_at").orderBy("storage").execute();
  return rows.map((row) => ({
    storage: row.storage,
    key: row.object_key as Key,
    size: row.size,
    sha256: row.sha256 as Sha256,
    verifiedBy: row.verified_by,
    verifiedAt: row.verified_at,
  }));
}

/** What copies of a file are to be: whole where it is stored or trashed; none where it is being purged, or was. */
export type CopiesWanted =
  | { readonly isWanted: true; readonly key: Key; readonly size: number; readonly sha256: Sha256; readonly type: string }
  | { readonly isWanted: false; readonly key: Key };

/** Read what copies of a file are to be. Undefined where there is no such file, or its upload is not acknowledged. */
export async function readCopiesWanted({ db }: Catalogue, id: FileId): Promise<CopiesWanted | undefined> {
  const row = await db
    .selectFrom("files")
    .select(["state", "object_key", "size", "sha256", "type"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined || row.state === "reserved" || row.state === "abandoned") return undefined;
  const key = row.object_key as Key;
  const { size, sha256, type } = row;
  if ((row.state !== "stored" && row.state !== "trashed") || size === null || sha256 === null) return { isWanted: false, key };
  return { isWanted: true, key, size, sha256: sha256 as Sha256, type };
}

/** Note copies of a file. False when the file is not wanted any more: whoever made them takes them back. */
export async function noteReplicas(
  { now, kind }: Catalogue,
  tx: CatalogueTransaction,
  id: FileId,
  key: Key,
  copies: readonly { readonly storage: string; readonly receipt: Receipt }[],
): Promise<boolean> {
  const file = await tx
    .selectFrom("files")
    .select("id")
    .where("id", "=", id)
    .where("state", "in", ["stored", "trashed"])
    // Held until the commit: a purge that begins meanwhile waits, and then deletes these copies too.
    .$if(kind === "postgres", (query) => query.forShare())
    .executeTakeFirst();
  if (file === undefined) return false;
  for (const { storage, receipt } of copies) {
    const facts = {
      object_key: key,
      size: receipt.size,
      sha256: receipt.sha256,
      etag: receipt.etag ?? null,
      verified_by: receipt.verifiedBy,
      verified_at: now,
    };
    await tx
      .insertInto("replicas")
      .values({ file_id: id, storage, ...facts })
      .onConflict((conflict) => conflict.columns(["file_id", "storage"]).doUpdateSet(facts))
      .execute();
  }
  return true;
}

/** Make the copying of every file due that a storage lacks, a page at a time. */
export async function enqueueMissingReplicas(catalogue: Catalogue, storage: string, signal: AbortSignal): Promise<void> {
  for (let after = ""; !signal.aborted;) {
    const rows = await catalogue.db
      .selectFrom("files")
      .select("id")
      .where("state", "in", ["stored", "trashed"])
      .where("id", ">", after)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("replicas")
              .select("replicas.file_id")
              .whereRef("replicas.file_id", "=", "files.id")
              .where("replicas.storage", "=", storage),
          ),
        ),
      )
      .orderBy("id")
      .limit(pageSize)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    const ids = rows.map(({ id }) => id);
    await transact(catalogue.db, async (tx) => await enqueueJobs(catalogue, tx, replicateKind, ids));
    after = last.id;
  }
  signal.throwIfAborted();
}

/** Tell whether one of these storages is not known to hold a file. */
export async function lacksReplicas(catalogue: Catalogue, id: FileId, storages: readonly string[]): Promise<boolean> {
  const noted = new Set((await replicasOf(catalogue, id)).map(({ storage }) => storage));
  return storages.some((storage) => !noted.has(storage));
}
