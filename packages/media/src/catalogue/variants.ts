import { randomUUID } from "node:crypto";
import type { Receipt, Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { type Catalogue, type CatalogueTransaction, newLeaseToken } from "./catalogue.js";
import type { FileId } from "./file.js";
import { isUniqueViolation } from "./sql-state.js";
import { transact } from "./transact.js";

/** Which variant of which file. */
export interface VariantName {
  readonly fileId: FileId;
  readonly transform: string;
  readonly format: string;
}

/** A variant that is in the storage. */
export interface VariantRecord extends VariantName {
  readonly key: Key;
  readonly size: number;
  readonly sha256: Sha256;
  readonly width: number;
  readonly height: number;
}

/** The right to store one variant under one key. */
export interface VariantReservation {
  readonly id: string;
  readonly token: string;
  readonly key: Key;
}

/** Read a stored variant. */
export async function findVariant({ db }: Catalogue, name: VariantName): Promise<VariantRecord | undefined> {
  const row = await db
    .selectFrom("variants")
    .selectAll()
    .where("file_id", "=", name.fileId)
    .where("transform", "=", name.transform)
    .where("format", "=", name.format)
    .where("state", "=", "stored")
    .executeTakeFirst();
  if (row === undefined || row.size === null || row.sha256 === null || row.width === null || row.height === null) return undefined;
  const { size, width, height } = row;
  return { ...name, key: row.object_key as Key, size, sha256: row.sha256 as Sha256, width, height };
}

/** Note that a variant is about to be stored under `key`. */
export async function reserveVariant({ db, now }: Catalogue, name: VariantName, key: Key, leaseMs: number): Promise<VariantReservation> {
  const reservation = { id: randomUUID(), token: newLeaseToken(), key };
  await db
    .insertInto("variants")
    .values((eb) => ({
      id: reservation.id,
      file_id: name.fileId,
      transform: name.transform,
      format: name.format,
      state: "reserved",
      object_key: key,
      lease_token: reservation.token,
      lease_expires_at: eb(now, "+", leaseMs),
      changed_at: now,
    }))
    .execute();
  return reservation;
}

/**
 * Make a reserved variant `stored`. False when it is no longer ours, when another attempt was first, or when the file has
 * gone meanwhile.
 */
export async function commitVariant(
  { db, now, kind }: Catalogue,
  reservation: VariantReservation,
  receipt: Receipt,
  dimensions: { readonly width: number; readonly height: number },
): Promise<boolean> {
  const commit = async (tx: CatalogueTransaction): Promise<boolean> => {
    const own = await tx
      .updateTable("variants")
      .set({ changed_at: now })
      .where("id", "=", reservation.id)
      .where("state", "=", "reserved")
      .where("lease_token", "=", reservation.token)
      .returning(["file_id", "transform", "format"])
      .executeTakeFirst();
    if (own === undefined) return false;
    // Whoever purges the file removes the variants that are stored then, and no others.
    const file = await tx
      .selectFrom("files")
      .select("id")
      .where("id", "=", own.file_id)
      .where("state", "in", ["stored", "trashed"])
      // Held until the commit: a purge that begins meanwhile waits, and then finds this variant.
      .$if(kind === "postgres", (query) => query.forShare())
      .executeTakeFirst();
    if (file === undefined) return false;
    const other = await tx
      .selectFrom("variants")
      .select("id")
      .where("file_id", "=", own.file_id)
      .where("transform", "=", own.transform)
      .where("format", "=", own.format)
      .where("state", "=", "stored")
      .executeTakeFirst();
    if (other !== undefined) return false;
    await tx
      .updateTable("variants")
      .set({
        state: "stored",
        size: receipt.size,
        sha256: receipt.sha256,
        width: dimensions.width,
        height: dimensions.height,
        lease_token: null,
        lease_expires_at: null,
      })
      .where("id", "=", reservation.id)
      .execute();
    return true;
  };
  try {
    return await transact(db, commit);
  } catch (error) {
    // Another instance was first, between our look and our commit.
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Give up a reservation, or a stored variant whose bytes have gone: it is made again when next asked for. */
export async function abandonVariant({ db, now }: Catalogue, key: Key): Promise<void> {
  await db
    .updateTable("variants")
    .set({ state: "abandoned", lease_token: null, lease_expires_at: null, changed_at: now })
    .where("object_key", "=", key)
    .where("state", "!=", "abandoned")
    .execute();
}
