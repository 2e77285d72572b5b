import type { ColumnType } from "kysely";
import type { FileState } from "./file.js";

/**
 * The tables, as Kysely sees them; `tablePrefix` goes before each name. Times are milliseconds since 1970 by the
 * database's own clock. What each column means stands in docs/catalogue.md.
 */
export interface Schema {
  readonly meta: MetaTable;
  readonly files: FilesTable;
  readonly replicas: ReplicasTable;
  readonly attachments: AttachmentsTable;
  readonly variants: VariantsTable;
  readonly jobs: JobsTable;
}

export const tableNames: readonly (keyof Schema)[] = ["meta", "files", "replicas", "attachments", "variants", "jobs"];

export interface MetaTable {
  name: string;
  value: string;
}

export interface FilesTable {
  id: string;
  state: FileState;
  name: string;
  type: string;
  size: number | null;
  sha256: string | null;
  width: number | null;
  height: number | null;
  has_alpha: number | null;
  frames: number | null;
  thumbhash: string | null;
  visibility: "public" | "private";
  /** 1 where nobody may read anything of the file but whom `authorize` or a signature admits. */
  is_confidential: ColumnType<number, number | undefined, number>;
  /** The key of this attempt's object, unique to it. */
  object_key: string;
  lease_token: string | null;
  lease_expires_at: number | null;
  reserved_at: number;
  stored_at: number | null;
  /** When the key of an abandoned attempt was first deleted; it is deleted once more, later. */
  swept_at: number | null;
  /** When the present state was entered. */
  changed_at: number;
  /** Whose it is, in the application's words. */
  owner: string | null;
  /** What the sender called this upload, so that the same one sent twice is one file. */
  idempotency_key: string | null;
  /** When a staged file that nobody attached goes to the trash. */
  expires_at: number | null;
  /** Counts the changes that a manifest tells of. */
  revision: ColumnType<number, number | undefined, number>;
}

export interface ReplicasTable {
  file_id: string;
  /** The identity of the storage. */
  storage: string;
  object_key: string;
  size: number;
  sha256: string;
  etag: string | null;
  verified_by: string;
  verified_at: number;
}

export interface AttachmentsTable {
  record_type: string;
  record_id: string;
  slot: string;
  position: number;
  file_id: string;
  attached_at: number;
}

export interface VariantsTable {
  /** One row an attempt to make it; at most one of a file's attempts at a transform and format is not `abandoned`. */
  id: string;
  file_id: string;
  transform: string;
  format: string;
  state: "reserved" | "stored" | "abandoned";
  object_key: string;
  lease_token: string | null;
  lease_expires_at: number | null;
  size: number | null;
  sha256: string | null;
  width: number | null;
  height: number | null;
  swept_at: number | null;
  changed_at: number;
}

export interface JobsTable {
  id: string;
  kind: string;
  /** What it is about, a file's id for most; of one kind and subject at most one job is `ready`. */
  subject: string;
  state: "ready" | "running" | "dead";
  run_at: number;
  attempts: ColumnType<number, number | undefined, number>;
  /** Counts the claims: what a worker did under an older one no longer counts. */
  fence: ColumnType<number, number | undefined, number>;
  lease_expires_at: number | null;
  last_error: string | null;
  enqueued_at: number;
  changed_at: number;
}

/** Columns and aliases that hold numbers which some database clients answer as text. */
export const numberColumns: ReadonlySet<string> = new Set([
  "size",
  "lease_expires_at",
  "reserved_at",
  "stored_at",
  "swept_at",
  "changed_at",
  "expires_at",
  "revision",
  "verified_at",
  "attached_at",
  "run_at",
  "fence",
  "enqueued_at",
  "count",
]);
