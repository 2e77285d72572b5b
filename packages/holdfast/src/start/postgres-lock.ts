import { createHash } from "node:crypto";

/** The part of pg that is used; it is found at run time in the app's own packages. */
export interface PgModule {
  readonly Client: new (config: {
    readonly connectionString: string;
    readonly application_name: string;
    readonly connectionTimeoutMillis: number;
    readonly keepAlive: boolean;
  }) => PgClient;
}

/** A connection of pg: the part of it that is used. */
export interface PgClient {
  connect(): Promise<unknown>;
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Two numbers that nobody else's advisory lock has. The scripts that `holdfast init` writes take the same lock. */
export const migrationLock: readonly number[] = [0, 4].map((at) =>
  createHash("sha256").update("holdfast start: migrations").digest().readInt32BE(at),
);
const [lockClass, lockObject] = migrationLock;

/** Who else has the lock, as PostgreSQL knows them. */
export interface LockHolder {
  readonly name: string;
  readonly since: string;
}

/** Try to take the lock on this connection; it is let go of when the connection ends, however that happens. */
export async function tryLock(client: PgClient): Promise<boolean> {
  const { rows } = await client.query("SELECT pg_try_advisory_lock($1, $2) AS taken", [lockClass, lockObject]);
  return rows[0]?.["taken"] === true;
}

/** Let go of the lock. */
export async function unlock(client: PgClient): Promise<void> {
  await client.query("SELECT pg_advisory_unlock($1, $2)", [lockClass, lockObject]);
}

/** Find out who has the lock; undefined when it has just been let go of. */
export async function findHolder(client: PgClient): Promise<LockHolder | undefined> {
  const { rows } = await client.query(
    `SELECT a.application_name AS name, to_char(a.backend_start, 'HH24:MI:SS') AS since
     FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::bigint::oid AND l.objid = $2::bigint::oid`,
    // Object ids are unsigned; the lock's numbers are not.
    [(lockClass ?? 0) >>> 0, (lockObject ?? 0) >>> 0],
  );
  const [row] = rows;
  return row === undefined ? undefined : { name: textOf(row["name"]), since: textOf(row["since"]) };
}

/** Have the server notice within a minute that this machine has gone, so that no dead instance keeps the lock. */
export async function noticeDeath(client: PgClient): Promise<void> {
  await client.query("SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4");
}

/** The last migration that an instance began. */
export interface MigrationRun {
  readonly id: string;
  readonly release: string | undefined;
  readonly instance: string;
  readonly startedAt: string;
  readonly outcome: "running" | "done" | "failed";
}

/** Make the table of runs where it is not there yet. */
export async function makeRuns(client: PgClient): Promise<void> {
  await client.query(`CREATE TABLE IF NOT EXISTS holdfast_start_migrations (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release TEXT,
    instance TEXT NOT NULL,
    command TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'done', 'failed')),
    started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    finished_at TIMESTAMPTZ
  )`);
}

/** Read the last run. Whoever has the lock and finds one that is running finds one whose process has died. */
export async function lastRun(client: PgClient): Promise<MigrationRun | undefined> {
  const { rows } = await client.query(
    `SELECT id::text AS id, release, instance, outcome, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS started
     FROM holdfast_start_migrations ORDER BY id DESC LIMIT 1`,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const outcome = row["outcome"] === "done" || row["outcome"] === "failed" ? row["outcome"] : "running";
  return {
    id: textOf(row["id"]),
    release: row["release"] === null ? undefined : textOf(row["release"]),
    instance: textOf(row["instance"]),
    startedAt: `${textOf(row["started"])} UTC`,
    outcome,
  };
}

/** Note that a run begins; answers its id. */
export async function beginRun(
  client: PgClient,
  run: { readonly release: string | undefined; readonly instance: string; readonly command: string },
): Promise<string> {
  const { rows } = await client.query(
    "INSERT INTO holdfast_start_migrations (release, instance, command) VALUES ($1, $2, $3) RETURNING id::text AS id",
    [run.release ?? null, run.instance, run.command],
  );
  return textOf(rows[0]?.["id"]);
}

/** Note how a run ended. */
export async function endRun(client: PgClient, id: string, outcome: "done" | "failed"): Promise<void> {
  await client.query("UPDATE holdfast_start_migrations SET outcome = $2, finished_at = clock_timestamp() WHERE id = $1", [id, outcome]);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
