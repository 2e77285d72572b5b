import type { CompiledQuery } from "kysely";

/** The SQL database handle of better-sqlite3 and libsql: the part of it that is used. */
export interface SqliteHandle {
  prepare(sql: string): {
    readonly reader: boolean;
    all(parameters: readonly unknown[]): unknown[];
    run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
    iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
  };
  close(): void;
}

/** A connection of pg, within a transaction or not: the part of it that is used. */
export interface PostgresClientHandle {
  query(sql: string, parameters: unknown[]): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
}

/** A pool of connections of pg: the part of it that is used. */
export interface PostgresHandle {
  connect(): Promise<PostgresPoolClientHandle>;
}

/** A connection lent by a pool: the part of it that is used. */
export interface PostgresPoolClientHandle extends PostgresClientHandle {
  query(sql: string, parameters: unknown[]): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
  /** The same, as a statement that the connection keeps prepared under its name. */
  query(statement: {
    readonly name: string;
    readonly text: string;
    readonly values: unknown[];
  }): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  release(error?: Error | boolean): void;
}

/** A transaction of Kysely: the part of it that is used. */
export interface KyselyTransactionHandle {
  readonly isTransaction: boolean;
  withoutPlugins(): {
    executeQuery(query: CompiledQuery): Promise<{ readonly rows: unknown[]; readonly numAffectedRows?: bigint | undefined }>;
  };
}

/** A transaction of Drizzle on PostgreSQL: the part of it that is used. */
export interface DrizzleTransactionHandle {
  execute(query: string | { getSQL(): unknown }): PromiseLike<unknown>;
  rollback(): never;
}

/** An interactive transaction of Prisma: the part of it that is used. */
export interface PrismaTransactionHandle {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
}

/**
 * A transaction that the application began, through whichever client it uses. On PostgreSQL: a client of pg after `BEGIN`, a
 * transaction of Kysely, of Drizzle or of Prisma. On SQLite: the `tx` of `media.transaction()`, or a transaction of a Kysely over
 * `sharedSqliteDialect()` of the same handle.
 */
export type DatabaseTransaction =
  | PostgresClientHandle
  | SqliteHandle
  | KyselyTransactionHandle
  | DrizzleTransactionHandle
  | PrismaTransactionHandle;
