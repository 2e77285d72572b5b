import type { Selectable } from "kysely";
import { fail } from "../errors.js";
import type { AttachmentTarget } from "../media.js";
import { arrange, type Placing } from "./arrange.js";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { noteChanged } from "./changes.js";
import type { FileId, FileRecord } from "./file.js";
import { toRecord } from "./files.js";
import type { AttachmentsTable, FilesTable } from "./schema.js";

/** What a change of attachments made. */
export interface ChangedSlot {
  /** The stored files of the slot as they are now, in order. */
  readonly files: readonly FileRecord[];
  /** The files that are not in the slot any more. */
  readonly detached: readonly FileId[];
}

/** One slot of a record, or all of them. */
export type DetachTarget = readonly [recordType: string, recordId: string, slot?: string];

/** Rows written by one statement: far below what either database takes as parameters. */
const rowsAtOnce = 500;

/**
 * Put files into a record's slot, in the transaction given. What has to make way and is attached nowhere else goes to the
 * trash. Of transactions that change the same slot, or the same file, one waits for the other.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_STORED before anything is written
 */
export async function attachFiles(
  catalogue: Catalogue,
  tx: CatalogueTransaction,
  ids: readonly FileId[],
  target: AttachmentTarget,
  placing: Placing,
): Promise<ChangedSlot> {
  await lockSlot(catalogue, tx, target);
  const links = await linksOf(tx, target);
  const rows = await lockFiles(catalogue, tx, [...ids, ...links.map(({ file_id: id }) => id)]);
  for (const id of ids) confirmStored(id, rows.get(id));
  const standing = [...new Set(links.map(({ file_id: id }) => id as FileId))].filter((id) => isKept(rows.get(id)));
  const next = arrange(standing, ids, placing, (id) => rows.get(id)?.state === "stored");
  const changed = await writeSlot(catalogue, tx, target, links, next);
  const detached = standing.filter((id) => !next.includes(id));
  const wereStaged = ids.filter((id) => typeof rows.get(id)?.expires_at === "number");
  await keepStaged(tx, wereStaged);
  await trashUnattached(catalogue, tx, detached);
  await noteChanged(catalogue, tx, [...changed, ...wereStaged, ...detached]);
  const files = next.flatMap((id) => {
    const row = rows.get(id);
    return row?.state === "stored" ? [toRecord({ ...row, expires_at: null })] : [];
  });
  return { files, detached };
}

/**
 * Take files out of a record's slot, or out of all its slots; all of them where none are named. Those that are attached
 * nowhere else go to the trash. The files that were taken out.
 */
export async function detachFiles(
  catalogue: Catalogue,
  tx: CatalogueTransaction,
  [recordType, recordId, slot]: DetachTarget,
  ids: readonly FileId[] | undefined,
): Promise<FileId[]> {
  const slots = slot === undefined ? await slotsOf(tx, recordType, recordId) : [slot];
  const targets = slots.map((name): AttachmentTarget => [recordType, recordId, name]);
  for (const target of targets) await lockSlot(catalogue, tx, target);
  const linksBySlot: { readonly target: AttachmentTarget; readonly links: Link[] }[] = [];
  for (const target of targets) linksBySlot.push({ target, links: await linksOf(tx, target) });
  const rows = await lockFiles(
    catalogue,
    tx,
    linksBySlot.flatMap(({ links }) => links.map(({ file_id: id }) => id)),
  );
  const changed: FileId[] = [];
  const detached: FileId[] = [];
  for (const { target, links } of linksBySlot) {
    const standing = [...new Set(links.map(({ file_id: id }) => id as FileId))].filter((id) => isKept(rows.get(id)));
    const next = ids === undefined ? [] : standing.filter((id) => !ids.includes(id));
    changed.push(...(await writeSlot(catalogue, tx, target, links, next)));
    detached.push(...standing.filter((id) => !next.includes(id)));
  }
  await trashUnattached(catalogue, tx, detached);
  await noteChanged(catalogue, tx, [...changed, ...detached]);
  return [...new Set(detached)];
}

type Link = Pick<Selectable<AttachmentsTable>, "file_id" | "position" | "attached_at">;
type FileRow = Selectable<FilesTable>;

/** The same lock as of an upload that is attached when it is committed. */
async function lockSlot(catalogue: Catalogue, tx: CatalogueTransaction, target: AttachmentTarget): Promise<void> {
  await catalogue.lock(tx, `slot ${JSON.stringify(target)}`);
}

async function slotsOf(tx: CatalogueTransaction, recordType: string, recordId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("attachments")
    .select("slot")
    .distinct()
    .where("record_type", "=", recordType)
    .where("record_id", "=", recordId)
    .execute();
  // In one order for everybody, so that two transactions never wait for each other.
  return rows.map(({ slot }) => slot).toSorted();
}

async function linksOf(tx: CatalogueTransaction, [recordType, recordId, slot]: AttachmentTarget): Promise<Link[]> {
  return await tx
    .selectFrom("attachments")
    .select(["file_id", "position", "attached_at"])
    .where("record_type", "=", recordType)
    .where("record_id", "=", recordId)
    .where("slot", "=", slot)
    .orderBy("position")
    .execute();
}

/** Read files so that nobody changes them before this transaction ends; not even the expiry of what is staged. */
async function lockFiles({ kind }: Catalogue, tx: CatalogueTransaction, ids: readonly string[]): Promise<Map<string, FileRow>> {
  const rows = new Map<string, FileRow>();
  const sorted = [...new Set(ids)].toSorted();
  for (let at = 0; at < sorted.length; at += rowsAtOnce) {
    const page = await tx
      .selectFrom("files")
      .selectAll()
      .where("id", "in", sorted.slice(at, at + rowsAtOnce))
      .orderBy("id")
      // The weaker lock lets variants of the file be committed meanwhile, which refer to it.
      .$if(kind === "postgres", (query) => query.forNoKeyUpdate())
      .execute();
    for (const row of page) rows.set(row.id, row);
  }
  return rows;
}

function isKept(row: FileRow | undefined): boolean {
  return row?.state === "stored" || row?.state === "trashed";
}

function confirmStored(id: FileId, row: FileRow | undefined): void {
  if (row === undefined || row.state === "reserved" || row.state === "abandoned") throw fail("FILE_NOT_FOUND", { id });
  if (row.state === "stored") return;
  const reason =
    row.state === "trashed"
      ? `it is in the trash, by hand or because it was staged and not attached in time. Bring it back with media.restore("${id}"), or upload it again`
      : "it was in the trash until its retention ended, and its bytes are deleted. Upload it again";
  throw fail("FILE_NOT_STORED", { id, name: row.name, reason });
}

/** Make a slot hold exactly these files in this order, touching only what differs. The files whose place has changed. */
async function writeSlot(
  { now }: Catalogue,
  tx: CatalogueTransaction,
  [recordType, recordId, slot]: AttachmentTarget,
  links: readonly Link[],
  next: readonly FileId[],
): Promise<FileId[]> {
  const isRight = (link: Link): boolean => next[link.position] === link.file_id;
  const wrong = links.filter((link) => !isRight(link));
  for (let at = 0; at < wrong.length; at += rowsAtOnce) {
    await tx
      .deleteFrom("attachments")
      .where("record_type", "=", recordType)
      .where("record_id", "=", recordId)
      .where("slot", "=", slot)
      .where(
        "position",
        "in",
        wrong.slice(at, at + rowsAtOnce).map(({ position }) => position),
      )
      .execute();
  }
  const right = new Set(links.filter(isRight).map(({ file_id: id }) => id));
  const since = new Map(links.map((link) => [link.file_id, link.attached_at]));
  const placed = next.flatMap((id, position) => (right.has(id) ? [] : [{ id, position }]));
  for (let at = 0; at < placed.length; at += rowsAtOnce) {
    await tx
      .insertInto("attachments")
      .values(
        placed.slice(at, at + rowsAtOnce).map(({ id, position }) => ({
          record_type: recordType,
          record_id: recordId,
          slot,
          position,
          file_id: id,
          attached_at: since.get(id) ?? now,
        })),
      )
      .execute();
  }
  return placed.map(({ id }) => id);
}

/** What is attached does not expire. */
async function keepStaged(tx: CatalogueTransaction, ids: readonly FileId[]): Promise<void> {
  for (let at = 0; at < ids.length; at += rowsAtOnce) {
    await tx
      .updateTable("files")
      .set({ expires_at: null })
      .where("id", "in", ids.slice(at, at + rowsAtOnce))
      .execute();
  }
}

/** Move to the trash, from where they can be brought back, what nothing holds any more. */
async function trashUnattached({ now }: Catalogue, tx: CatalogueTransaction, ids: readonly FileId[]): Promise<void> {
  for (let at = 0; at < ids.length; at += rowsAtOnce) {
    await tx
      .updateTable("files")
      .set({ state: "trashed", changed_at: now, expires_at: null })
      .where("id", "in", ids.slice(at, at + rowsAtOnce))
      .where("state", "=", "stored")
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom("attachments").select("attachments.file_id").whereRef("attachments.file_id", "=", "files.id"))),
      )
      .execute();
  }
}
