import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { enqueueJobs } from "./jobs.js";

/** The kind of job that writes a file's manifest anew. */
export const manifestKind = "manifest";

/** Once more after a purge, when no writing that was begun before it can still come late: what such a one left is deleted. */
export const lateManifestKind = "late-manifest";

/** Copies a file to the storages that lack it. */
export const replicateKind = "replicate";

/** Finds the files that a storage lacks, and has them copied. Its subject is the storage's identity. */
export const mirrorKind = "mirror";

/** Rows named by one statement: far below what either database takes as parameters. */
const rowsAtOnce = 500;

/**
 * Note, in the transaction that makes it so, that what a manifest tells of these files has changed: their revision goes up, and
 * their manifests are due. Of transactions that change the same file one waits for the other here.
 */
export async function noteChanged(catalogue: Catalogue, tx: CatalogueTransaction, ids: Iterable<string>): Promise<void> {
  const sorted = [...new Set(ids)].toSorted();
  if (sorted.length === 0) return;
  for (let at = 0; at < sorted.length; at += rowsAtOnce) {
    await tx
      .updateTable("files")
      .set((eb) => ({ revision: eb("revision", "+", 1) }))
      .where("id", "in", sorted.slice(at, at + rowsAtOnce))
      .execute();
  }
  await enqueueJobs(catalogue, tx, manifestKind, sorted);
}
