import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { SiteTables } from "./site-tables.js";

const windowMs = 15 * 60 * 1000;
/** A person mistypes; a list of passwords is longer. */
const perAccount = 10;
/** A whole office may come from one address. */
const perAddress = 60;

/**
 * Count an attempt to log in, before the password is looked at; answers whether it may go on. It is counted in the database, so
 * that it holds for all instances together, and under hashes, so that the table tells nobody who tried.
 */
export async function mayTryToLogIn(db: Kysely<SiteTables>, email: string, address: string): Promise<boolean> {
  const [ofAccount, ofAddress] = [await count(db, keyOf("account", email)), await count(db, keyOf("address", address))];
  return ofAccount <= perAccount && ofAddress <= perAddress;
}

/** Forget the attempts at an account: it was its owner. */
export async function forgetAttempts(db: Kysely<SiteTables>, email: string): Promise<void> {
  await db.deleteFrom("attempts").where("key", "=", keyOf("account", email)).execute();
}

async function count(db: Kysely<SiteTables>, key: string): Promise<number> {
  const now = new Date().toISOString();
  const endsAt = new Date(Date.now() + windowMs).toISOString();
  await db.deleteFrom("attempts").where("ends_at", "<", now).execute();
  const row = await db
    .insertInto("attempts")
    .values({ key, count: 1, ends_at: endsAt })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ count: sql`attempts.count + 1` }))
    .returning("count")
    .executeTakeFirstOrThrow();
  return row.count;
}

function keyOf(kind: string, value: string): string {
  return createHash("sha256").update(`${kind}\n${value.toLowerCase()}`).digest("base64url");
}
