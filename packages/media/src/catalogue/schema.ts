import type { FileState, Visibility } from "./file.js";

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
}

export const tableNames: readonly (keyof Schema)[] = ["meta", "files", "replicas", "attachments", "variants"];

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
  visibility: Visibility;
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
  /** One row an attempt to make it; at most one of a file's attempts at a transform and format is `stored`. */
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
