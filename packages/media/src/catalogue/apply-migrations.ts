import { type Kysely, sql } from "kysely";
import { fail, isHoldfastError } from "../errors.js";
import { clockOf, type DatabaseKind, migrations as allMigrations, migrationsTable, type Migration, writerFor } from "./migrations.js";
import { sqlStateOf } from "./sql-state.js";
import type { Schema } from "./schema.js";

/** How long to wait for another process that is migrating, or for those who use a table that changes: they wait behind us. */
const defaultLockTimeoutMs = 50_000;

/** The database whose tables are made. */
export interface Tables {
  readonly db: Kysely<Schema>;
  readonly kind: DatabaseKind;
  readonly prefix: string;
  readonly description: string;
}

/**
 * Apply the migrations that are missing, oldest first, each in a transaction of its own. Of several processes one does it
 * while the others wait, and then find it done. `contract` steps are left out unless asked for.
 *
 * @throws CATALOGUE_UNUSABLE
 */
export async function applyMigrations(
  { db, kind, prefix, description }: Tables,
  { contract = false, lockTimeoutMs = defaultLockTimeoutMs }: { readonly contract?: boolean; readonly lockTimeoutMs?: number },
  migrations: readonly Migration[] = allMigrations,
): Promise<void> {
  const write = writerFor(kind, prefix);
  const applied = sql.table(`${prefix}migrations`);
  const now = sql.raw(clockOf[kind]);
  const within = async (work: (tx: Kysely<Schema>) => Promise<void>): Promise<void> =>
    await db.transaction().execute(async (tx) => {
      if (kind === "postgres") {
        await sql.raw(`SET LOCAL lock_timeout = ${lockTimeoutMs}`).execute(tx);
        await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${prefix}migrations`}, 0))`.execute(tx);
      }
      await work(tx);
    });
  try {
    await within(async (tx) => void (await sql.raw(write(migrationsTable)).execute(tx)));
    for (const { id, step, statements } of migrations) {
      if (step === "contract" && !contract) continue;
      await within(async (tx) => {
        // In SQLite the insert takes the write lock, so of two that race one waits and then finds it done.
        const noted = await sql`INSERT INTO ${applied} (id, applied_at) VALUES (${id}, ${now}) ON CONFLICT DO NOTHING`.execute(tx);
        if (noted.numAffectedRows === 0n) return;
        for (const statement of statements) await sql.raw(write(statement)).execute(tx);
      });
    }
  } catch (cause) {
    if (isHoldfastError(cause)) throw cause;
    const isLocked = sqlStateOf(cause) === "55P03";
    const reason = isLocked
      ? `another process is making its tables, or holds them locked, and was not done within ${Math.ceil(lockTimeoutMs / 1000)} s. Wait until it is, and start again.`
      : `its tables cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw fail("CATALOGUE_UNUSABLE", { where: `(${description})`, reason }, { cause });
  }
}

/** The migrations that this release needs and the database lacks. Later ones, of a newer release, do not matter. */
export async function missingMigrations(
  { db, prefix }: Tables,
  migrations: readonly Migration[] = allMigrations,
): Promise<readonly string[]> {
  const needed = migrations.filter(({ step }) => step === "expand").map(({ id }) => id);
  try {
    const { rows } = await sql<{ id: string }>`SELECT id FROM ${sql.table(`${prefix}migrations`)}`.execute(db);
    const done = new Set(rows.map(({ id }) => id));
    return needed.filter((id) => !done.has(id));
  } catch (error) {
    // Only where the table is missing: a database that cannot be reached is another matter.
    const isMissing = sqlStateOf(error) === "42P01" || (error instanceof Error && error.message.includes("no such table"));
    if (isMissing) return needed;
    throw error;
  }
}
