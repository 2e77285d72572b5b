import { CompiledQuery } from "kysely";
import { fail } from "../errors.js";
import type {
  DatabaseTransaction,
  DrizzleTransactionHandle,
  KyselyTransactionHandle,
  PostgresClientHandle,
  PrismaTransactionHandle,
  SqliteHandle,
} from "../media.js";
import type { DatabaseKind } from "./migrations.js";

/** Run one statement in somebody's transaction. */
export type Execute = (sql: string, parameters: readonly unknown[]) => Promise<Executed>;

export interface Executed {
  readonly rows: readonly unknown[];
  /** Undefined where the client does not say. */
  readonly affected: number | undefined;
}

/**
 * Find out whose transaction this is by what it can do, and how to run a statement in it.
 *
 * @throws TRANSACTION_UNUSABLE when it is none of those we know, is told to be no transaction, or is of another database
 */
export function executorOf(tx: DatabaseTransaction, kind: DatabaseKind): Execute {
  if (kind === "sqlite") {
    if ("prepare" in tx) return throughSqlite(tx);
    if ("withoutPlugins" in tx && tx.isTransaction) return throughKysely(tx);
    throw fail("TRANSACTION_UNUSABLE", {
      reason: "the catalogue is in SQLite, where a transaction begins with media.transaction(). Pass the tx that it gives",
    });
  }
  if ("$queryRawUnsafe" in tx) return throughPrisma(tx);
  if ("withoutPlugins" in tx) {
    if (tx.isTransaction) return throughKysely(tx);
    throw fail("TRANSACTION_UNUSABLE", { reason: "it is a Kysely instance. Pass what db.transaction().execute() gives" });
  }
  if ("execute" in tx) {
    if ("rollback" in tx) return throughDrizzle(tx);
    throw fail("TRANSACTION_UNUSABLE", { reason: "it is a Drizzle database. Pass what db.transaction() gives" });
  }
  if ("query" in tx) {
    if (!("totalCount" in tx)) return throughPg(tx);
    throw fail("TRANSACTION_UNUSABLE", {
      reason: "it is a pool, each of whose queries may go to another connection. Pass a client of pool.connect() after BEGIN",
    });
  }
  throw fail("TRANSACTION_UNUSABLE", {
    reason:
      "it is nothing that Holdfast knows for a catalogue in PostgreSQL: a client of pg, or a transaction of Kysely, Drizzle or Prisma",
  });
}

function throughKysely(tx: KyselyTransactionHandle): Execute {
  // The application's plugins are for the application's columns.
  const plain = tx.withoutPlugins();
  return async (sql, parameters) => {
    const { rows, numAffectedRows } = await plain.executeQuery(CompiledQuery.raw(sql, [...parameters]));
    return { rows, affected: numAffectedRows === undefined ? undefined : Number(numAffectedRows) };
  };
}

function throughDrizzle(tx: DrizzleTransactionHandle): Execute {
  return async (sql, parameters) => {
    // What Drizzle asks of a query: SQL that writes itself out with its parameters. Ours is written out already.
    const written = { toQuery: () => ({ sql, params: [...parameters] }) };
    const result = await tx.execute({ getSQL: () => written });
    // Each of its drivers answers as its own client does.
    if (Array.isArray(result)) return { rows: result, affected: undefined };
    const { rows, rowCount } = result as { readonly rows: readonly unknown[]; readonly rowCount?: number | null };
    return { rows, affected: rowCount ?? undefined };
  };
}

function throughPrisma(tx: PrismaTransactionHandle): Execute {
  return async (sql, parameters) => {
    if (!answersRows.test(sql)) return { rows: [], affected: Number(await tx.$executeRawUnsafe(sql, ...parameters)) };
    const rows = await tx.$queryRawUnsafe(sql, ...parameters);
    return { rows: Array.isArray(rows) ? rows : [], affected: undefined };
  };
}

// Ours are written by Kysely: lower case, and no text of anybody's in them.
const answersRows = /^\s*(select|with)\b|\breturning\b/i;

function throughPg(client: PostgresClientHandle): Execute {
  return async (sql, parameters) => {
    const { rows, rowCount } = await client.query(sql, [...parameters]);
    return { rows, affected: rowCount ?? undefined };
  };
}

function throughSqlite(handle: SqliteHandle): Execute {
  return async (sql, parameters) => {
    const statement = handle.prepare(sql);
    if (statement.reader) return { rows: statement.all(parameters), affected: undefined };
    return { rows: [], affected: Number(statement.run(parameters).changes) };
  };
}
