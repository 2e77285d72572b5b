import { randomUUID } from "node:crypto";
import { type Selectable, sql } from "kysely";
import type { Receipt, Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { type Catalogue, newLeaseToken } from "./catalogue.js";
import { compiledOnce } from "./compiled.js";
import type { FileId } from "./file.js";
import type { VariantsTable } from "./schema.js";

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
export async function findVariant(catalogue: Catalogue, name: VariantName): Promise<VariantRecord | undefined> {
  const found = await lookAtVariant(catalogue, name);
  return found?.state === "stored" ? found.variant : undefined;
}

/** What is known of a variant: it is stored, or somebody makes it, or did until their lease ran out. */
export type KnownVariant =
  | { readonly state: "stored"; readonly variant: VariantRecord }
  | { readonly state: "reserved"; readonly key: Key; readonly isExpired: boolean };

const looking = compiledOnce(({ db, now }, { fileId, transform, format }: VariantName) =>
  db
    .selectFrom("variants")
    .selectAll()
    .select((eb) => eb.case().when("lease_expires_at", "<", now).then(1).else(0).end().as("is_expired"))
    .where("file_id", "=", fileId)
    .where("transform", "=", transform)
    .where("format", "=", format)
    .where("state", "!=", sql.lit("abandoned")),
);

/** Read how far a variant is; `undefined` where nobody has begun. */
export async function lookAtVariant(catalogue: Catalogue, name: VariantName): Promise<KnownVariant | undefined> {
  const [row] = (await looking.run(catalogue, name)).rows;
  if (row === undefined) return undefined;
  const variant = recordOf(name, row);
  return variant === undefined
    ? { state: "reserved", key: row.object_key as Key, isExpired: Number(row.is_expired) === 1 }
    : { state: "stored", variant };
}

type Reserving = VariantName & VariantReservation & { readonly leaseMs: number };

const reserving = compiledOnce(({ db, now }, { id, token, key, leaseMs, fileId, transform, format }: Reserving) =>
  db
    .insertInto("variants")
    .values((eb) => ({
      id,
      file_id: fileId,
      transform,
      format,
      state: sql.lit("reserved"),
      object_key: key,
      lease_token: token,
      lease_expires_at: eb(now, "+", leaseMs),
      changed_at: now,
    }))
    .onConflict((conflict) => conflict.columns(["file_id", "transform", "format"]).where("state", "!=", sql.lit("abandoned")).doNothing())
    .returning("id"),
);

/**
 * Take it upon oneself to make a variant and store it under `key`: of all who try, one is given the reservation, for as long as its
 * lease is kept. `undefined` where another attempt is under way, or has been stored.
 */
export async function reserveVariant(
  catalogue: Catalogue,
  name: VariantName,
  key: Key,
  leaseMs: number,
): Promise<VariantReservation | undefined> {
  const reservation = { id: randomUUID(), token: newLeaseToken(), key };
  const { rows } = await reserving.run(catalogue, { ...name, ...reservation, leaseMs });
  return rows.length === 0 ? undefined : reservation;
}

/** Prolong a reservation's lease. False when it is no longer ours. */
export async function keepVariant({ db, now }: Catalogue, { id, token }: VariantReservation, leaseMs: number): Promise<boolean> {
  const result = await db
    .updateTable("variants")
    .set((eb) => ({ lease_expires_at: eb(now, "+", leaseMs) }))
    .where("id", "=", id)
    .where("state", "=", "reserved")
    .where("lease_token", "=", token)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Let go of a reservation under which nothing was written: the next who asks may make the variant at once. */
export async function releaseVariant({ db }: Catalogue, { id, token }: VariantReservation): Promise<void> {
  await db.deleteFrom("variants").where("id", "=", id).where("state", "=", "reserved").where("lease_token", "=", token).execute();
}

type Committing = VariantReservation & Pick<Receipt, "size" | "sha256"> & { readonly width: number; readonly height: number };

const committing = compiledOnce(({ db, now, kind }, { id, token, size, sha256, width, height }: Committing) =>
  db
    .updateTable("variants")
    .set({
      state: sql.lit("stored"),
      size,
      sha256,
      width,
      height,
      lease_token: null,
      lease_expires_at: null,
      changed_at: now,
    })
    .where("id", "=", id)
    .where("state", "=", sql.lit("reserved"))
    .where("lease_token", "=", token)
    // Whoever purges the file removes the variants that are stored then, and no others.
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("files")
          .select("files.id")
          .whereRef("files.id", "=", "variants.file_id")
          .where("files.state", "in", ["stored", "trashed"])
          // Held until the commit: a purge that begins meanwhile waits, and then finds this variant.
          .$if(kind === "postgres", (query) => query.forShare()),
      ),
    )
    .returning("id"),
);

/** Make a reserved variant `stored`. False when it is no longer ours, or when the file has gone meanwhile. */
export async function commitVariant(
  catalogue: Catalogue,
  reservation: VariantReservation,
  { size, sha256 }: Receipt,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<boolean> {
  return (await committing.run(catalogue, { ...reservation, size, sha256, width, height })).rows.length > 0;
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

function recordOf(name: VariantName, row: Selectable<VariantsTable>): VariantRecord | undefined {
  const { size, sha256, width, height } = row;
  if (row.state !== "stored" || size === null || sha256 === null || width === null || height === null) return undefined;
  return { ...name, key: row.object_key as Key, size, sha256: sha256 as Sha256, width, height };
}
