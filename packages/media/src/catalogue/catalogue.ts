import { randomBytes } from "node:crypto";
import { isAbsolute, join, resolve } from "node:path";
import { Kysely, type RawBuilder, sql } from "kysely";
import { fail } from "../errors.js";
import type { SqliteHandle } from "../media.js";
import { type DiskFacts, type Environment, judgeDisk, readDiskFacts, realPathOf } from "../storage/instance.js";
import { defaultDataFolder } from "../storage/choose.js";
import { refuseEphemeral } from "../storage/ephemeral.js";
import { defaultTablePrefix, migrations, migrationsTable, parseTablePrefix, sqliteNow, withPrefix } from "./migrations.js";
import type { Schema } from "./schema.js";
import { SharedConnectionDialect } from "./shared-connection.js";
import { openSqliteFile, prepareConnection, sqlitePathOf } from "./sqlite.js";
import { statementsOf } from "./statements.js";
import { tablePrefixPlugin } from "./table-prefix.js";

/** The database of files, replicas, attachments and variants, opened. */
export interface Catalogue {
  readonly db: Kysely<Schema>;
  /** The database's clock, milliseconds since 1970: every lease and age is by this clock, never by ours. */
  readonly now: RawBuilder<number>;
  /** Where it is, for people. */
  readonly description: string;
  /** Whether it is a database of our own, whose tables are made without asking. */
  readonly isOwn: boolean;
  /** Apply the migrations that are missing, each in a transaction of its own. */
  migrate(): Promise<void>;
  /** @throws CATALOGUE_NOT_MIGRATED */
  confirmMigrated(): Promise<void>;
  /** A value kept for the life of the catalogue, written once by whoever is first. */
  remember(name: string, make: () => string): Promise<string>;
  recall(name: string): Promise<string | undefined>;
  /** Keep a value in the place of the one kept before. */
  replace(name: string, value: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Open the catalogue: the database given, else the one of MEDIA_DATABASE_URL, else `holdfast-data/catalogue.db`.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, CATALOGUE_UNUSABLE
 */
export async function openCatalogue(options: {
  readonly database?: string | SqliteHandle;
  readonly tablePrefix?: string;
  readonly env: Environment;
  readonly cwd: string;
  readonly facts?: DiskFacts;
}): Promise<Catalogue> {
  const prefix = parseTablePrefix(options.tablePrefix ?? defaultTablePrefix);
  if (typeof options.database === "object") {
    const description = "an open SQLite handle";
    prepareConnection(options.database, `(${description})`);
    return catalogueOver({ handle: options.database, close: () => undefined }, prefix, description, false);
  }
  const path = sqliteFileFor(options.database, options.env, options.cwd);
  const judgement = judgeDisk(realPathOf(path), options.env, options.facts ?? readDiskFacts());
  refuseEphemeral("catalogue", path, judgement, options.env);
  const connection = await openSqliteFile(path);
  return catalogueOver(connection, prefix, `SQLite (${path})`, true);
}

function sqliteFileFor(given: string | undefined, env: Environment, cwd: string): string {
  const fromEnvironment = env["MEDIA_DATABASE_URL"];
  const url = given ?? fromEnvironment;
  if (url === undefined) {
    const applicationUrl = env["DATABASE_URL"];
    if (applicationUrl !== undefined && /^postgres(ql)?:/.test(applicationUrl)) {
      const problem =
        "DATABASE_URL asks for PostgreSQL, where this version of Holdfast cannot keep its catalogue yet. " +
        "Set MEDIA_DATABASE_URL=file:/data/catalogue.db, on a disk that lasts.";
      throw fail("CONFIG_INVALID", { problems: [problem] });
    }
    return join(cwd, defaultDataFolder, "catalogue.db");
  }
  const variable = given === undefined ? "MEDIA_DATABASE_URL" : "database";
  const path = sqlitePathOf(url);
  if (path === undefined || path === "") {
    // The value may hold a password: name its scheme only.
    const scheme = /^[a-z][a-z0-9+]*:/i.exec(url)?.[0] ?? "no scheme";
    throw fail("CONFIG_INVALID", {
      problems: [
        `${variable} has ${scheme === "no scheme" ? scheme : `the scheme "${scheme}"`}; write file:/data/catalogue.db, the path of a SQLite file.`,
      ],
    });
  }
  return isAbsolute(path) ? path : resolve(cwd, path);
}

function catalogueOver(
  connection: { readonly handle: SqliteHandle; close(): void },
  prefix: string,
  description: string,
  isOwn: boolean,
): Catalogue {
  const { handle } = connection;
  const db = new Kysely<Schema>({
    // The dialect closes its database when destroyed; whoever opened the handle closes it.
    dialect: new SharedConnectionDialect(handle, {
      database: {
        prepare: statementsOf(handle),
        close: () => undefined,
      },
    }),
    plugins: [tablePrefixPlugin(prefix)],
  });
  const now = sql<number>`${sql.raw(sqliteNow)}`;
  const applied = sql.table(`${prefix}migrations`);

  async function missing(): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`SELECT id FROM ${applied}`.execute(db);
    const done = new Set(rows.map((row) => row.id));
    return migrations.map((migration) => migration.id).filter((id) => !done.has(id));
  }

  return {
    db,
    now,
    description,
    isOwn,
    async migrate() {
      await sql.raw(withPrefix(migrationsTable, prefix)).execute(db);
      for (const migration of migrations) {
        await db.transaction().execute(async (tx) => {
          // The insert takes the write lock, so of two that race one waits and then finds it done.
          const noted = await sql`INSERT INTO ${applied} (id, applied_at) VALUES (${migration.id}, ${now}) ON CONFLICT DO NOTHING`.execute(
            tx,
          );
          if (noted.numAffectedRows === 0n) return;
          for (const statement of migration.statements) await sql.raw(withPrefix(statement, prefix)).execute(tx);
        });
      }
    },
    async confirmMigrated() {
      const ids = await missing().catch(() => migrations.map((migration) => migration.id));
      if (ids.length > 0) throw fail("CATALOGUE_NOT_MIGRATED", { missing: ids });
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
    async recall(name) {
      return (await db.selectFrom("meta").select("value").where("name", "=", name).executeTakeFirst())?.value;
    },
    async replace(name, value) {
      await db
        .insertInto("meta")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    },
    async close() {
      await db.destroy();
      connection.close();
    },
  };
}

/** A token that only the holder of a lease knows. */
export function newLeaseToken(): string {
  return randomBytes(16).toString("hex");
}
