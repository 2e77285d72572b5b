import type { Media, MediaFile } from "@holdfast/media";
import type { Transaction } from "kysely";
import type { Database } from "./database.js";
import type { SiteTables } from "./site-tables.js";

/** A picture of a record, and what it shows. */
export interface Photo {
  readonly file: MediaFile;
  readonly description: string;
}

/** How many pictures a record has at most. */
export const mostPhotos = 12;

/** The pictures of one kind of records: several each, in an order of their own, each described. */
export interface Photos {
  of(recordId: string): Promise<Photo[]>;
  /** The first picture of each record, where it has one. */
  coversOf(recordIds: readonly string[]): Promise<ReadonlyMap<string, MediaFile>>;
  /** Give a record these pictures and no others, in this order, when the transaction commits. */
  put<Tables extends SiteTables>(recordId: string, photos: readonly Photo[], tx: Transaction<Tables>): Promise<void>;
  /** Take a record's pictures away when the transaction commits. */
  remove<Tables extends SiteTables>(recordId: string, tx: Transaction<Tables>): Promise<void>;
}

/** Keep the pictures of records of this type. */
export function createPhotos({ database, media }: { readonly database: Database; readonly media: Media }, recordType: string): Photos {
  const db = database.as<SiteTables>();
  const slot = "photos";
  const describe = async (tx: Transaction<SiteTables>, recordId: string, photos: readonly Photo[]): Promise<void> => {
    await tx.deleteFrom("picture_descriptions").where("record_id", "=", recordId).execute();
    const rows = photos.map(({ file, description }) => ({ record_id: recordId, file_id: file.id, description }));
    if (rows.length > 0) await tx.insertInto("picture_descriptions").values(rows).execute();
  };
  return {
    async of(recordId) {
      const files = await media.attached(recordType, recordId, slot);
      const rows = await db.selectFrom("picture_descriptions").selectAll().where("record_id", "=", recordId).execute();
      const descriptions = new Map(rows.map((row) => [row.file_id, row.description]));
      return files.map((file) => ({ file, description: descriptions.get(file.id) ?? "" }));
    },
    async coversOf(recordIds) {
      const covers = new Map<string, MediaFile>();
      const found = await media.attachedToEach(recordType, recordIds, slot);
      for (const [id, [cover]] of found) if (cover !== undefined) covers.set(id, cover);
      return covers;
    },
    async put(recordId, photos, tx) {
      await describe(tx as unknown as Transaction<SiteTables>, recordId, photos);
      const files = photos.map(({ file }) => file);
      if (files.length === 0) await media.detach({ from: [recordType, recordId, slot], tx });
      else await media.attach(files, { to: [recordType, recordId, slot], replace: true, tx });
    },
    async remove(recordId, tx) {
      await describe(tx as unknown as Transaction<SiteTables>, recordId, []);
      await media.detach({ from: [recordType, recordId], tx });
    },
  };
}
