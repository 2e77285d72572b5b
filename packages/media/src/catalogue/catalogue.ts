import { randomBytes } from "node:crypto";
import { isAbsolute, join, resolve } from "node:path";
import { type Dialect, Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import { fail } from "../errors.js";
import type { DatabaseTransaction, Logger, PostgresHandle, SqliteHandle } from "../media.js";
import { defaultDataFolder } from "../storage/choose.js";
import { refuseEphemeral } from "../storage/ephemeral.js";
import { type DiskFacts, judgeDisk, readDiskFacts, realPathOf } from "../env/disk.js";
import type { Environment } from "../env/platform.js";
import { type Problems, readSetting, type Setting } from "../storage/setting.js";
import { applyMigrations, missingMigrations } from "./apply-migrations.js";
import { confirmOpenTransaction, confirmOwnTransaction } from "./confirm-transaction.js";
import { transactionOn } from "./handle-turns.js";
import { tellEnqueued } from "./jobs.js";
import { readMeta, writeMeta } from "./meta.js";
import { clockOf, type DatabaseKind, defaultTablePrefix, parseTablePrefix } from "./migrations.js";
import { numbersPlugin } from "./numbers.js";
import { createPreparedStatements, type PreparedStatements, readPrepare } from "./prepared.js";
import { describePostgres, isPostgresUrl, openPostgresUrl, postgresOver, whyPostgresForgets } from "./postgres.js";
import type { Schema } from "./schema.js";
import { sharedSqliteDialect } from "./shared-connection.js";
import { openSqliteFile, prepareConnection, sqlitePathOf } from "./sqlite.js";
import { tablePrefixPlugin } from "./table-prefix.js";
import { dialectWithin } from "./within.js";

/** The database of files, replicas, attachments, variants and jobs, opened. */
export interface Catalogue {
  readonly db: Kysely<Schema>;
  readonly kind: DatabaseKind;
  /** The database's clock, milliseconds since 1970: every lease and age is by this clock, never by ours. */
  readonly now: RawBuilder<number>;
  /** Where it is, for people. */
  readonly description: string;
  /** Whether it is a database of our own, whose tables are made without asking. */
  readonly isOwn: boolean;
  /**
   * The same tables inside a transaction that the application began; it commits or rolls back what is done here.
   *
   * @throws TRANSACTION_UNUSABLE where it can be told that it is no transaction, or none on this database
   */
  within(tx: DatabaseTransaction): Promise<Kysely<Schema>>;
  /**
   * Begin a transaction for the application, on the SQLite handle that it shares with the catalogue; end it when the work is
   * done. @throws TRANSACTION_UNUSABLE on PostgreSQL, where the application has clients of its own
   */
  transaction<T>(work: (tx: SqliteHandle) => T | Promise<T>): Promise<T>;
  /**
   * Let one transaction at a time past this point, among all that name the same thing; the others wait for it to end. In
   * SQLite there is only ever one.
   */
  lock(tx: Kysely<Schema>, name: string): Promise<void>;
  /** Apply the migrations that are missing, each in a transaction of its own, one process at a time. */
  migrate(options?: { readonly contract?: boolean }): Promise<void>;
  /** @throws CATALOGUE_NOT_MIGRATED */
  confirmMigrated(): Promise<void>;
  /** A value kept for the life of the catalogue, written once by whoever is first. */
  remember(name: string, make: () => string): Promise<string>;
  recall(name: string): Promise<string | undefined>;
  /** Keep a value in the place of the one kept before. */
  replace(name: string, value: string): Promise<void>;
  /** Have PostgreSQL keep a statement prepared, from its next run on; in SQLite all are. */
  keepPrepared(sql: string): void;
  /** Why a commit that was acknowledged may be gone after the database has crashed, if it may. */
  whyNotDurable(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Our tables inside a transaction: one of our own, or the application's. */
export type CatalogueTransaction = Kysely<Schema> | Transaction<Schema>;

/**
 * Open the catalogue: the database given, else the one of MEDIA_DATABASE_URL, else of DATABASE_URL where that is PostgreSQL,
 * else `holdfast-data/catalogue.db`.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, CATALOGUE_UNUSABLE
 */
export async function openCatalogue(options: {
  readonly database?: string | SqliteHandle | PostgresHandle;
  readonly tablePrefix?: string;
  readonly prepareStatements?: boolean;
  readonly env: Environment;
  readonly cwd: string;
  readonly facts?: DiskFacts;
  readonly log?: Pick<Logger, "warn">;
}): Promise<Catalogue> {
  const { database, env, cwd, log = console } = options;
  const prefix = parseTablePrefix(options.tablePrefix ?? defaultTablePrefix);
  const preparing = (url?: string): PreparedStatements =>
    createPreparedStatements({ isOff: !readPrepare(options.prepareStatements, env, url), log });
  if (typeof database === "object") {
    if ("connect" in database) {
      const prepared = preparing();
      const { dialect, close } = postgresOver(database, prepared);
      return catalogueOver({ ...onPostgres, dialect, prepared, close, description: "PostgreSQL, an open pool" }, prefix);
    }
    const description = "an open SQLite handle";
    prepareConnection(database, `(${description})`);
    return catalogueOver({ ...sqliteOver(database), close: async () => undefined, description, isOwn: false }, prefix);
  }
  const named = database === undefined ? databaseOf(env) : { variable: optionName, value: database };
  if (named !== undefined && isPostgresUrl(named.value)) {
    const prepared = preparing(named.value);
    const { dialect, close } = await openPostgresUrl(named, prepared, log);
    return catalogueOver({ ...onPostgres, dialect, prepared, close, description: describePostgres(named.value) }, prefix);
  }
  const path = sqliteFileOf(named, cwd);
  const judgement = judgeDisk(realPathOf(path), env, options.facts ?? readDiskFacts());
  refuseEphemeral("catalogue", path, judgement, env);
  const connection = await openSqliteFile(path);
  const close = async (): Promise<void> => connection.close();
  return catalogueOver({ ...sqliteOver(connection.handle), close, description: `SQLite (${path})`, isOwn: true }, prefix);
}

const onPostgres = { kind: "postgres", handle: undefined, isOwn: false } as const;

/** What errors call the database that a program gives. */
const optionName = "database";

/** The database that the environment names: the media's own, else the application's where instances can share it. @throws CONFIG_INVALID */
function databaseOf(env: Environment): Setting | undefined {
  const problems: Problems = [];
  const read = (variable: string): Setting | undefined => readSetting(env, [variable], problems, { isSecret: true });
  // However it was pasted: a catalogue in a file of its own would be a surprise where PostgreSQL is meant.
  const isShared = /postgres(ql)?:\/\//i.test(env["DATABASE_URL"] ?? "");
  const named = read("MEDIA_DATABASE_URL") ?? (isShared ? read("DATABASE_URL") : undefined);
  if (problems.length > 0) throw fail("CONFIG_INVALID", { problems });
  return named;
}

function sqliteFileOf(named: Setting | undefined, cwd: string): string {
  if (named === undefined) return join(cwd, defaultDataFolder, "catalogue.db");
  const { variable, value: url } = named;
  const path = sqlitePathOf(url);
  if (path === undefined || path === "") {
    // The value may hold a password: name its scheme only.
    const scheme = /^[a-z][a-z0-9+]*:/i.exec(url)?.[0] ?? "no scheme";
    const found = scheme === "no scheme" ? scheme : `the scheme "${scheme}"`;
    const problem = `${variable} has ${found}; write postgres://user:password@host/database, or file:/data/catalogue.db, the path of a SQLite file.`;
    throw fail("CONFIG_INVALID", { problems: [problem] });
  }
  return isAbsolute(path) ? path : resolve(cwd, path);
}

function sqliteOver(handle: SqliteHandle): Pick<Connection, "kind" | "handle" | "dialect"> {
  return { kind: "sqlite", handle, dialect: sharedSqliteDialect(handle) };
}

interface Connection {
  readonly kind: DatabaseKind;
  /** The connection itself, in SQLite. */
  readonly handle: SqliteHandle | undefined;
  readonly dialect: Dialect;
  /** Absent in SQLite. */
  readonly prepared?: PreparedStatements;
  readonly description: string;
  readonly isOwn: boolean;
  close(): Promise<void>;
}

function catalogueOver(connection: Connection, prefix: string): Catalogue {
  const { kind, handle, description, isOwn } = connection;
  const plugins = [tablePrefixPlugin(prefix), numbersPlugin];
  const db = new Kysely<Schema>({ dialect: connection.dialect, plugins });
  const tables = { db, kind, prefix, description };
  return {
    db,
    kind,
    now: sql<number>`${sql.raw(clockOf[kind])}`,
    description,
    isOwn,
    async within(tx) {
      const joined = new Kysely<Schema>({ dialect: dialectWithin(tx, kind), plugins });
      await (handle === undefined ? confirmOpenTransaction(joined, prefix) : confirmOwnTransaction(tx, handle));
      return joined;
    },
    async transaction(work) {
      if (handle === undefined) {
        const reason = "media.transaction() is for a catalogue in SQLite. Begin one with your own client of PostgreSQL, and pass it as tx";
        throw fail("TRANSACTION_UNUSABLE", { reason });
      }
      return await transactionOn(handle, work).finally(() => tellEnqueued(db));
    },
    async lock(tx, name) {
      if (kind === "sqlite") return;
      // Prisma reads no column of the type void.
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${prefix}${name}`}, 0))::text`.execute(tx);
    },
    migrate: async (options = {}) => await applyMigrations(tables, options),
    async confirmMigrated() {
      const missing = await missingMigrations(tables);
      if (missing.length > 0) throw fail("CATALOGUE_NOT_MIGRATED", { missing });
    },
    async remember(name, make) {
      await db
        .insertInto("meta")
        .values({ name, value: make() })
        .onConflict((c) => c.doNothing())
        .execute();
      const row = await db.selectFrom("meta").select("value").where("name", "=", name).executeTakeFirstOrThrow();
      return row.value;
    },
    recall: async (name) => await readMeta(db, name),
    replace: async (name, value) => await writeMeta(db, name, value),
    keepPrepared: (text) => connection.prepared?.keep(text),
    whyNotDurable: async () => (kind === "postgres" ? await whyPostgresForgets(db, description) : undefined),
    async close() {
      await db.destroy();
      await connection.close();
    },
  };
}

/** A token that only the holder of a lease knows. */
export function newLeaseToken(): string {
  return randomBytes(16).toString("hex");
}
