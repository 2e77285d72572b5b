import type { CatalogueTransaction } from "./catalogue.js";

/** Read a value that is kept for the life of the catalogue. */
export async function readMeta(tx: CatalogueTransaction, name: string): Promise<string | undefined> {
  return (await tx.selectFrom("meta").select("value").where("name", "=", name).executeTakeFirst())?.value;
}

/** Keep a value in the place of the one kept before. */
export async function writeMeta(tx: CatalogueTransaction, name: string, value: string): Promise<void> {
  await tx
    .insertInto("meta")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}
