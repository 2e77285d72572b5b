import type { Selectable } from "kysely";
import type { Sha256 } from "../storage/driver.js";
import { isKey, type Key } from "../storage/key.js";
import type { Catalogue } from "./catalogue.js";
import { compiledOnce } from "./compiled.js";
import { type FileId, parseFileId, type Visibility } from "./file.js";
import { manifestKey } from "./layout.js";
import type { FilesTable } from "./schema.js";
import { visibilities, visibilityOf } from "./visibility.js";

/**
 * What the catalogue knows of a file, written beside its object, so that the catalogue can be made again from the storage
 * alone. docs/storage-layout.md holds its JSON Schema. Times are in ISO 8601, in UTC, to the millisecond.
 */
export interface Manifest {
  /** The version of this form. */
  readonly manifest: 1;
  readonly id: FileId;
  /** The key of the object that this is about. */
  readonly key: Key;
  /** Counts the changes; of two manifests of a file the one with the greater number is the later. */
  readonly revision: number;
  readonly state: "stored" | "trashed";
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: Sha256;
  readonly width: number | null;
  readonly height: number | null;
  readonly hasAlpha: boolean | null;
  readonly frames: number | null;
  readonly thumbhash: string | null;
  readonly visibility: Visibility;
  readonly owner: string | null;
  readonly idempotencyKey: string | null;
  readonly reservedAt: string;
  readonly storedAt: string;
  readonly changedAt: string;
  /** When the file goes to the trash unless somebody attaches it. */
  readonly expiresAt: string | null;
  readonly attachments: readonly ManifestAttachment[];
}

/** The link from an application's record to the file. */
export interface ManifestAttachment {
  readonly recordType: string;
  readonly recordId: string;
  readonly slot: string;
  readonly position: number;
  readonly attachedAt: string;
}

/** What is to be written beside a file's object: its manifest, or nothing any more where its bytes are to go or are gone. */
export type ManifestWanted =
  | { readonly isWanted: true; readonly key: Key; readonly revision: number; readonly manifest: Manifest }
  | { readonly isWanted: false; readonly key: Key };

const findingRow = compiledOnce(({ db }, { id }: { readonly id: FileId }) => db.selectFrom("files").selectAll().where("id", "=", id));

const findingAttachments = compiledOnce(({ db }, { id }: { readonly id: FileId }) =>
  db
    .selectFrom("attachments")
    .select(["record_type", "record_id", "slot", "position", "attached_at"])
    .where("file_id", "=", id)
    .orderBy("record_type")
    .orderBy("record_id")
    .orderBy("slot")
    .orderBy("position"),
);

/** Read what a file's manifest is to be. Undefined where there is no such file. */
export async function readManifestWanted(catalogue: Catalogue, id: FileId): Promise<ManifestWanted | undefined> {
  // The row before the attachments: whoever changes those changes its revision too, which is read again after the writing.
  const [row] = (await findingRow.run(catalogue, { id })).rows;
  if (row === undefined || row.state === "reserved" || row.state === "abandoned") return undefined;
  const key = manifestKey(row.object_key as Key);
  if (row.state !== "stored" && row.state !== "trashed") return { isWanted: false, key };
  const attachments = (await findingAttachments.run(catalogue, { id })).rows;
  const manifest: Manifest = {
    ...describe(row, row.state),
    attachments: attachments.map((link) => ({
      recordType: link.record_type,
      recordId: link.record_id,
      slot: link.slot,
      position: link.position,
      attachedAt: isoOf(link.attached_at),
    })),
  };
  return { isWanted: true, key, revision: row.revision, manifest };
}

function describe(row: Selectable<FilesTable>, state: Manifest["state"]): Omit<Manifest, "attachments"> {
  const { size, sha256, stored_at: storedAt } = row;
  if (size === null || sha256 === null || storedAt === null) throw new Error(`the row of file ${row.id} is not of a stored file`);
  return {
    manifest: 1,
    id: row.id as FileId,
    key: row.object_key as Key,
    revision: row.revision,
    state,
    name: row.name,
    type: row.type,
    size,
    sha256: sha256 as Sha256,
    width: row.width,
    height: row.height,
    hasAlpha: row.has_alpha === null ? null : row.has_alpha === 1,
    frames: row.frames,
    thumbhash: row.thumbhash,
    visibility: visibilityOf(row),
    owner: row.owner,
    idempotencyKey: row.idempotency_key,
    reservedAt: isoOf(row.reserved_at),
    storedAt: isoOf(storedAt),
    changedAt: isoOf(row.changed_at),
    expiresAt: row.expires_at === null ? null : isoOf(row.expires_at),
  };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

/** Read a manifest that was found in the storage; undefined where it is not one, or of a version that this release does not know. */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isManifest(value) ? value : undefined;
}

type Check = (value: unknown) => boolean;

// PostgreSQL keeps no NUL in a text.
const isText: Check = (value) => typeof value === "string" && value.isWellFormed() && !value.includes("\0");
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const isOneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const ofForm =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" && value !== null && Object.entries(checks).every(([name, check]) => check(Reflect.get(value, name)));

const attachmentForm: Readonly<Record<keyof ManifestAttachment, Check>> = {
  recordType: isText,
  recordId: isText,
  slot: isText,
  position: isCount,
  attachedAt: isTime,
};

/** Each property with what it must be; what a later release adds is passed over. */
export const manifestForm: Readonly<Record<keyof Manifest, Check>> = {
  manifest: isOneOf(1),
  id: (value) => typeof value === "string" && parseFileId(value) !== undefined,
  key: (value) => typeof value === "string" && isKey(value),
  revision: isCount,
  state: isOneOf("stored", "trashed"),
  name: isText,
  type: isText,
  size: isCount,
  sha256: (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
  width: orNull(isCount),
  height: orNull(isCount),
  hasAlpha: isOneOf(true, false, null),
  frames: orNull(isCount),
  thumbhash: orNull(isText),
  visibility: isOneOf(...visibilities),
  owner: orNull(isText),
  idempotencyKey: orNull(isText),
  reservedAt: isTime,
  storedAt: isTime,
  changedAt: isTime,
  expiresAt: orNull(isTime),
  attachments: (value) => Array.isArray(value) && value.every(ofForm(attachmentForm)),
};

function isManifest(value: unknown): value is Manifest {
  return ofForm(manifestForm)(value);
}
