import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type PostgresHandle, sharedSqliteDialect, type SqliteHandle } from "@holdfast/media";
import { Kysely, PostgresDialect } from "kysely";
import Libsql from "libsql";
import { Pool } from "pg";
import type { Log } from "./log.js";

/** The one database of a site: its own tables, and media's catalogue beside them. */
export interface Database {
  readonly kind: "sqlite" | "postgres";
  /** What `openMedia({ database })` is given, so that a record and its pictures are committed together. */
  readonly shared: SqliteHandle | PostgresHandle;
  /** The same database, seen as the tables somebody has there. */
  as<Tables>(): Kysely<Tables>;
  close(): Promise<void>;
}

/** Open the database that the settings name. */
export function openDatabase(url: string, log: Log): Database {
  if (!url.startsWith("file:")) {
    const pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000 });
    // Without a listener, an idle connection that the server closes would end the process.
    pool.on("error", (error) => log.error(`database: an idle connection was lost (${error.message})`));
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    return {
      kind: "postgres",
      shared: pool,
      as: <Tables>() => db as unknown as Kysely<Tables>,
      close: async () => await db.destroy(),
    };
  }
  const path = url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
  mkdirSync(dirname(path), { recursive: true });
  const handle = new Libsql(path);
  const db = new Kysely<unknown>({ dialect: sharedSqliteDialect(handle) });
  return {
    kind: "sqlite",
    shared: handle,
    as: <Tables>() => db as unknown as Kysely<Tables>,
    async close() {
      await db.destroy();
      handle.close();
    },
  };
}
