import { CompiledQuery } from "kysely";
import { fail } from "../errors.js";
import type { DatabaseTransaction, KyselyTransactionHandle, PostgresClientHandle, SqliteHandle } from "../media.js";
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
 * @throws CONFIG_INVALID when it is none of those we know, or of another database than the catalogue's
 */
export function executorOf(tx: DatabaseTransaction, kind: DatabaseKind): Execute {
  if ("withoutPlugins" in tx) return throughKysely(tx);
  if ("query" in tx && kind === "postgres") return throughPg(tx);
  if ("prepare" in tx && kind === "sqlite") return throughSqlite(tx);
  const database = kind === "postgres" ? "PostgreSQL" : "SQLite";
  throw fail("CONFIG_INVALID", {
    problems: [`tx is not a transaction that Holdfast knows for a catalogue in ${database}; docs/attachments.md lists those it does.`],
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
