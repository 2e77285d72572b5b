import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from "kysely";
import type { KyselyTransactionHandle, SqliteHandle } from "../media.js";
import { takeTurn } from "./handle-turns.js";
import { statementsOf } from "./statements.js";

/**
 * A dialect of Kysely for the SQLite handle that an application shares with media: it takes turns with media on the handle, so
 * that no query of one falls into a transaction of the other, and its transactions can be passed to `attach` and `detach`.
 * Whoever opened the handle closes it. Call `media.migrate()` first, at the start: what media looks at once, it cannot look at inside a
 * transaction.
 *
 * @example
 * ```ts
 * import { openMedia, sharedSqliteDialect } from "@holdfast/media";
 * import { Kysely } from "kysely";
 * import Database from "libsql";
 * const handle = new Database("app.db");
 * const media = await openMedia({ database: handle });
 * await media.migrate();
 * const db = new Kysely<{ articles: { id: string } }>({ dialect: sharedSqliteDialect(handle) });
 * await db.transaction().execute(async (tx) => {
 *   await tx.insertInto("articles").values({ id: "42" }).execute();
 *   await media.attach("01k3v9q0w8y6r2m4x7c5b1n0pz", { to: ["article", "42", "cover"], tx });
 * });
 * ```
 */
export function sharedSqliteDialect(handle: SqliteHandle): Dialect {
  // The dialect closes its database when destroyed; whoever opened the handle closes it.
  const database = { prepare: statementsOf(handle), close: () => undefined };
  return new SharedConnectionDialect(handle, { database });
}

/**
 * SQLite through a connection that others use as well. Kysely lets one transaction at a time onto a connection, but each
 * instance of it counts for itself: what a second one commits inside the first one's transaction would be acknowledged,
 * and rolled back with it. So all take turns by the handle.
 */
class SharedConnectionDialect extends SqliteDialect {
  readonly #handle: SqliteHandle;
  readonly #config: SqliteDialectConfig;

  constructor(handle: SqliteHandle, config: SqliteDialectConfig) {
    super(config);
    this.#handle = handle;
    this.#config = config;
  }

  override createDriver(): Driver {
    return new SharedConnectionDriver(this.#handle, this.#config);
  }
}

class SharedConnectionDriver extends SqliteDriver {
  readonly #handle: SqliteHandle;
  /** Ends the turn that is being taken; there is only ever one. */
  #endTurn: () => void = () => undefined;

  constructor(handle: SqliteHandle, config: SqliteDialectConfig) {
    super(config);
    this.#handle = handle;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#endTurn = await takeTurn(this.#handle);
    return namingItsHandle(await super.acquireConnection(), this.#handle);
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    this.#endTurn();
  }
}

/** A question that only connections of ours answer; to any other SQLite it is a function that there is not. */
const handleQuestion = "select holdfast_handle()";

function namingItsHandle(connection: DatabaseConnection, handle: SqliteHandle): DatabaseConnection {
  return {
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> =>
      query.sql === handleQuestion ? { rows: [{ handle } as R] } : await connection.executeQuery<R>(query),
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
  };
}

/** The handle on which a transaction of Kysely is, where that takes turns on it. */
export async function handleOf(tx: KyselyTransactionHandle): Promise<unknown> {
  const answer = await tx
    .withoutPlugins()
    .executeQuery(CompiledQuery.raw(handleQuestion))
    .catch(() => undefined);
  const [row] = answer?.rows ?? [];
  return typeof row === "object" && row !== null && "handle" in row ? row.handle : undefined;
}
