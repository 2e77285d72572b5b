import { sql } from "kysely";
import { fail } from "../errors.js";
import type { DatabaseTransaction, SqliteHandle } from "../media.js";
import type { CatalogueTransaction } from "./catalogue.js";
import { isWithinTransaction } from "./handle-turns.js";
import { handleOf } from "./shared-connection.js";

/**
 * Make sure, in PostgreSQL, that two statements in a row are in one transaction, and on a database with our tables. A client
 * without `BEGIN` would commit each for itself: an attachment would stay when the application's rows are rolled back.
 *
 * @throws TRANSACTION_UNUSABLE
 */
export async function confirmOpenTransaction(tx: CatalogueTransaction, prefix: string): Promise<void> {
  const begun = await sql<{ xid: string }>`SELECT txid_current()::text AS xid`.execute(tx);
  const table = `"${prefix}files"`;
  const { rows } = await sql<{ xid: string | null; files: string | null }>`
    SELECT txid_current_if_assigned()::text AS xid, to_regclass(${table})::text AS files`.execute(tx);
  const [now] = rows;
  if (now === undefined || now.xid !== begun.rows[0]?.xid) {
    throw fail("TRANSACTION_UNUSABLE", { reason: "no transaction is open on the connection that was passed. Send BEGIN on it first" });
  }
  if (now.files === null) {
    const reason = `its connection sees no table ${table}. Open it on the catalogue's database, with the schema of those tables in its search_path`;
    throw fail("TRANSACTION_UNUSABLE", { reason });
  }
}

/**
 * Make sure, in SQLite, that we are called by the work of `media.transaction()`, or given a transaction of a Kysely that takes
 * turns with us. After a `BEGIN` of the application's own, what
 * others commit on the same handle meanwhile would be acknowledged, and rolled back with it.
 *
 * @throws TRANSACTION_UNUSABLE
 */
export async function confirmOwnTransaction(tx: DatabaseTransaction, handle: SqliteHandle): Promise<void> {
  if (tx === handle && isWithinTransaction(handle)) return;
  if ("withoutPlugins" in tx && (await handleOf(tx)) === handle) return;
  const reason =
    "the catalogue is in SQLite, where a transaction begins with media.transaction(), or with a Kysely over sharedSqliteDialect() of the same handle. Pass the tx that it gives, within its work";
  throw fail("TRANSACTION_UNUSABLE", { reason });
}
