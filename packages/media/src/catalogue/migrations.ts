import { fail } from "../errors.js";

/** The databases that a catalogue can be kept in. */
export type DatabaseKind = "sqlite" | "postgres";

/**
 * One step of the tables' history. Steps are only ever added. A change that takes something away is made in two: `expand`
 * leaves the previous release working, and is applied before the new one starts; `contract` removes what nobody uses any
 * more, and is applied when asked for, once no instance of the previous release runs.
 */
export interface Migration {
  readonly id: string;
  readonly step: "expand" | "contract";
  /**
   * SQL statements in the dialect SQLite and PostgreSQL share; `{p}` stands for the table prefix, and `{c}` for the order of
   * bytes, in which SQLite compares text by itself and PostgreSQL does when told to.
   */
  readonly statements: readonly string[];
}

const first: Migration = {
  id: "0001_files",
  step: "expand",
  statements: [
    `CREATE TABLE {p}meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
)`,
    `CREATE TABLE {p}files (
  id TEXT{c} PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'stored', 'trashed', 'purging', 'purged', 'abandoned')),
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT,
  sha256 TEXT,
  width INTEGER,
  height INTEGER,
  has_alpha INTEGER,
  frames INTEGER,
  thumbhash TEXT,
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'public')),
  object_key TEXT{c} NOT NULL UNIQUE,
  lease_token TEXT,
  lease_expires_at BIGINT,
  reserved_at BIGINT NOT NULL,
  stored_at BIGINT,
  swept_at BIGINT,
  changed_at BIGINT NOT NULL,
  CHECK (state NOT IN ('stored', 'trashed') OR (size IS NOT NULL AND sha256 IS NOT NULL AND stored_at IS NOT NULL))
)`,
    `CREATE INDEX {p}files_by_state ON {p}files (state, id)`,
    `CREATE TABLE {p}replicas (
  file_id TEXT{c} NOT NULL REFERENCES {p}files (id),
  storage TEXT NOT NULL,
  object_key TEXT{c} NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  etag TEXT,
  verified_by TEXT NOT NULL,
  verified_at BIGINT NOT NULL,
  PRIMARY KEY (file_id, storage)
)`,
    `CREATE TABLE {p}attachments (
  record_type TEXT NOT NULL,
  record_id TEXT NOT NULL,
  slot TEXT NOT NULL,
  position INTEGER NOT NULL,
  file_id TEXT{c} NOT NULL REFERENCES {p}files (id),
  attached_at BIGINT NOT NULL,
  PRIMARY KEY (record_type, record_id, slot, position)
)`,
    `CREATE INDEX {p}attachments_by_file ON {p}attachments (file_id)`,
    `CREATE TABLE {p}variants (
  id TEXT{c} PRIMARY KEY,
  file_id TEXT{c} NOT NULL REFERENCES {p}files (id),
  transform TEXT NOT NULL,
  format TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'stored', 'abandoned')),
  object_key TEXT{c} NOT NULL UNIQUE,
  lease_token TEXT,
  lease_expires_at BIGINT,
  size BIGINT,
  sha256 TEXT,
  width INTEGER,
  height INTEGER,
  swept_at BIGINT,
  changed_at BIGINT NOT NULL
)`,
    `CREATE UNIQUE INDEX {p}variants_stored ON {p}variants (file_id, transform, format) WHERE state = 'stored'`,
    `CREATE INDEX {p}variants_by_file ON {p}variants (file_id)`,
    `CREATE INDEX {p}variants_by_state ON {p}variants (state, lease_expires_at)`,
  ],
};

const second: Migration = {
  id: "0002_jobs",
  step: "expand",
  statements: [
    "ALTER TABLE {p}files ADD COLUMN owner TEXT",
    "ALTER TABLE {p}files ADD COLUMN idempotency_key TEXT",
    "ALTER TABLE {p}files ADD COLUMN expires_at BIGINT",
    "ALTER TABLE {p}files ADD COLUMN revision BIGINT NOT NULL DEFAULT 0",
    `CREATE UNIQUE INDEX {p}files_by_idempotency_key ON {p}files (idempotency_key)
  WHERE idempotency_key IS NOT NULL AND state NOT IN ('reserved', 'abandoned')`,
    "CREATE INDEX {p}files_by_expiry ON {p}files (expires_at) WHERE expires_at IS NOT NULL",
    `CREATE TABLE {p}jobs (
  id TEXT{c} PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT{c} NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'dead')),
  run_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  fence BIGINT NOT NULL DEFAULT 0,
  lease_expires_at BIGINT,
  last_error TEXT,
  enqueued_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
)`,
    "CREATE UNIQUE INDEX {p}jobs_ready ON {p}jobs (kind, subject) WHERE state = 'ready'",
    "CREATE INDEX {p}jobs_due ON {p}jobs (state, run_at)",
  ],
};

const third: Migration = {
  id: "0003_confidential",
  step: "expand",
  statements: ["ALTER TABLE {p}files ADD COLUMN is_confidential INTEGER NOT NULL DEFAULT 0"],
};

/** Of a variant at most one attempt is alive, whoever makes it: the row is the lease by which all instances make it once. */
const fourth: Migration = {
  id: "0004_variant_leases",
  step: "expand",
  statements: [
    "UPDATE {p}variants SET state = 'abandoned', lease_token = NULL, lease_expires_at = NULL WHERE state = 'reserved'",
    "CREATE UNIQUE INDEX {p}variants_alive ON {p}variants (file_id, transform, format) WHERE state <> 'abandoned'",
  ],
};

/** Every migration there is, oldest first. */
export const migrations: readonly Migration[] = [first, second, third, fourth];

/** The statement that makes the table in which applied migrations are noted. */
export const migrationsTable = "CREATE TABLE IF NOT EXISTS {p}migrations (id TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)";

/** The database's own clock in milliseconds since 1970. SQLite has it from 3.42; both read it once a statement. */
export const clockOf: Readonly<Record<DatabaseKind, string>> = {
  sqlite: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  postgres: "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)",
};

/**
 * Print the SQL that makes the tables, for those who run migrations themselves. Only what a migration adds is printed, not
 * what a later `contract` step takes away, unless asked for.
 *
 * @param options.database whose SQL. @defaultValue `sqlite`
 * @param options.tablePrefix before each table's name; letters, digits and underscores. @defaultValue `holdfast_`
 * @param options.contract with the steps that the previous release does not survive. @defaultValue false
 */
export function migrationSql(
  options: { readonly database?: DatabaseKind; readonly tablePrefix?: string; readonly contract?: boolean } = {},
): string {
  const { database = "sqlite", contract = false } = options;
  const write = writerFor(database, parseTablePrefix(options.tablePrefix ?? defaultTablePrefix));
  const steps = migrations
    .filter(({ step }) => contract || step === "expand")
    .flatMap((migration) => [
      `-- ${migration.id}`,
      ...migration.statements.map((statement) => `${write(statement)};`),
      write(`INSERT INTO {p}migrations (id, applied_at) VALUES ('${migration.id}', ${clockOf[database]});`),
    ]);
  return [`${write(migrationsTable)};`, "BEGIN;", ...steps, "COMMIT;", ""].join("\n");
}

export const defaultTablePrefix = "holdfast_";

/** Validate a table prefix: it goes into SQL as it is. @throws CONFIG_INVALID */
export function parseTablePrefix(prefix: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,30}$/.test(prefix)) return prefix;
  throw fail("CONFIG_INVALID", { problems: [`tablePrefix "${prefix}" is not usable: letters, digits and underscores, at most 31.`] });
}

/** Make what writes a statement out for one database and prefix. */
export function writerFor(database: DatabaseKind, prefix: string): (statement: string) => string {
  const collation = database === "postgres" ? ' COLLATE "C"' : "";
  return (statement) => statement.replaceAll("{p}", prefix).replaceAll("{c}", collation);
}
