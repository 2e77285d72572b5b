import { fail } from "../errors.js";

/** One step of the tables' history. Steps are only ever added, and each leaves the previous release working. */
export interface Migration {
  readonly id: string;
  /** SQL statements in the dialect SQLite and PostgreSQL share; `{p}` stands for the table prefix. */
  readonly statements: readonly string[];
}

const first: Migration = {
  id: "0001_files",
  statements: [
    `CREATE TABLE {p}meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
)`,
    `CREATE TABLE {p}files (
  id TEXT PRIMARY KEY,
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
  object_key TEXT NOT NULL UNIQUE,
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
  file_id TEXT NOT NULL REFERENCES {p}files (id),
  storage TEXT NOT NULL,
  object_key TEXT NOT NULL,
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
  file_id TEXT NOT NULL REFERENCES {p}files (id),
  attached_at BIGINT NOT NULL,
  PRIMARY KEY (record_type, record_id, slot, position)
)`,
    `CREATE INDEX {p}attachments_by_file ON {p}attachments (file_id)`,
    `CREATE TABLE {p}variants (
  id TEXT PRIMARY KEY,
  file_id TEXT NOT NULL REFERENCES {p}files (id),
  transform TEXT NOT NULL,
  format TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'stored', 'abandoned')),
  object_key TEXT NOT NULL UNIQUE,
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

/** Every migration there is, oldest first. */
export const migrations: readonly Migration[] = [first];

/** The statement that makes the table in which applied migrations are noted. */
export const migrationsTable = "CREATE TABLE IF NOT EXISTS {p}migrations (id TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)";

/** The database's own clock in milliseconds since 1970, as SQLite (3.42 and later) writes it. */
export const sqliteNow = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/**
 * Print the SQL that makes the tables, for those who run migrations themselves.
 *
 * @param options.tablePrefix before each table's name; letters, digits and underscores. @defaultValue `holdfast_`
 */
export function migrationSql(options: { readonly tablePrefix?: string } = {}): string {
  const prefix = parseTablePrefix(options.tablePrefix ?? defaultTablePrefix);
  const steps = migrations.flatMap((migration) => [
    `-- ${migration.id}`,
    ...migration.statements.map((statement) => `${withPrefix(statement, prefix)};`),
    `INSERT INTO ${prefix}migrations (id, applied_at) VALUES ('${migration.id}', ${sqliteNow});`,
  ]);
  return [`${withPrefix(migrationsTable, prefix)};`, "BEGIN;", ...steps, "COMMIT;", ""].join("\n");
}

export const defaultTablePrefix = "holdfast_";

/** Validate a table prefix: it goes into SQL as it is. @throws CONFIG_INVALID */
export function parseTablePrefix(prefix: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,30}$/.test(prefix)) return prefix;
  throw fail("CONFIG_INVALID", { problems: [`tablePrefix "${prefix}" is not usable: letters, digits and underscores, at most 31.`] });
}

/** Put the prefix where `{p}` stands. */
export function withPrefix(statement: string, prefix: string): string {
  return statement.replaceAll("{p}", prefix);
}
