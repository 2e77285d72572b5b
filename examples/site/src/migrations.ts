import { type Kysely, sql } from "kysely";
import type { Database } from "./database.js";

/** One step from the database's form of before to the next. It is run once, and never changed after it has been. */
export interface Migration {
  readonly name: string;
  up(tx: Kysely<unknown>): Promise<void>;
}

interface Tables {
  site_migrations: { name: string };
}

/** Any number that nobody else locks. */
const lockNumber = 4_205_461;

/** Run the migrations that have not been run yet, in order, each in a transaction; of several instances at once, one does it. */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  const db = database.as<Tables>();
  await locked(database, db, async (tx) => {
    await tx.schema
      .createTable("site_migrations")
      .ifNotExists()
      .addColumn("name", "text", (column) => column.primaryKey())
      .execute();
  });
  for (const { name, up } of migrations) {
    await locked(database, db, async (tx) => {
      const done = await tx.selectFrom("site_migrations").where("name", "=", name).select("name").executeTakeFirst();
      if (done !== undefined) return;
      await up(tx as Kysely<unknown>);
      await tx.insertInto("site_migrations").values({ name }).execute();
    });
  }
}

async function locked(database: Database, db: Kysely<Tables>, work: (tx: Kysely<Tables>) => Promise<void>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // In SQLite there is one connection, and so one transaction at a time.
    if (database.kind === "postgres") await sql`SELECT pg_advisory_xact_lock(${lockNumber})`.execute(tx);
    await work(tx);
  });
}
