import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { DatabaseTransaction } from "../media.js";
import type { DatabaseKind } from "./migrations.js";
import { executorOf } from "./executor.js";

/**
 * A dialect whose every query goes through a transaction that somebody else began and will end. It begins and ends nothing
 * itself: a transaction within it would be a savepoint, which we do not need.
 */
export function dialectWithin(tx: DatabaseTransaction, kind: DatabaseKind): Dialect {
  const execute = executorOf(tx, kind);
  const connection: DatabaseConnection = {
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      const { rows, affected } = await execute(query.sql, query.parameters);
      return { rows: rows as R[], ...(affected === undefined ? {} : { numAffectedRows: BigInt(affected) }) };
    },
    streamQuery: () => {
      throw new Error("nothing is streamed inside an application's transaction");
    },
  };
  const refuse = async (): Promise<void> => {
    throw new Error("the transaction is the application's to begin and to end");
  };
  const driver: Driver = {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  };
  const isPostgres = kind === "postgres";
  return {
    createAdapter: () => (isPostgres ? new PostgresAdapter() : new SqliteAdapter()),
    createDriver: () => driver,
    createIntrospector: (db) => (isPostgres ? new PostgresIntrospector(db) : new SqliteIntrospector(db)),
    createQueryCompiler: () => (isPostgres ? new PostgresQueryCompiler() : new SqliteQueryCompiler()),
  };
}
