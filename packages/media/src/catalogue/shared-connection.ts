import { type DatabaseConnection, type Driver, SqliteDialect, type SqliteDialectConfig, SqliteDriver } from "kysely";
import type { SqliteHandle } from "../media.js";
import { takeTurn } from "./handle-turns.js";

/**
 * SQLite through a connection that others use as well. Kysely lets one transaction at a time onto a connection, but each
 * instance of it counts for itself: what a second one commits inside the first one's transaction would be acknowledged,
 * and rolled back with it. So all take turns by the handle.
 */
export class SharedConnectionDialect extends SqliteDialect {
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
    return await super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    this.#endTurn();
  }
}
