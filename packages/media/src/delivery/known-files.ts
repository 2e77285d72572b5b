import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileId, FileRecord } from "../catalogue/file.js";
import { findFile } from "../catalogue/files.js";

/** What was read is believed this long. Another process that trashes a file is noticed no later; we ourselves are at once. */
const believedMs = 1000;
const maxFiles = 1000;

/** Stored files lately read from the catalogue, so that a picture everybody asks for costs one query a second. */
export interface KnownFiles {
  /** A stored file, as the catalogue says now or said within the last second. */
  find(id: FileId): Promise<FileRecord | undefined>;
  /** The same where nothing has to be asked for it. */
  atHand(id: FileId): FileRecord | undefined;
  /** To be called when a file's row has changed: what was read before counts no more, nor does what is being read. */
  forget(id: FileId): void;
  /** Forget everything, for good. */
  close(): void;
}

/** Remember the stored files of one catalogue. */
export function createKnownFiles(catalogue: Catalogue): KnownFiles {
  const known = new Map<FileId, { readonly file: FileRecord; readonly believedUntil: number }>();
  let changes = 0;
  let isClosed = false;

  const atHand = (id: FileId): FileRecord | undefined => {
    const entry = known.get(id);
    return entry !== undefined && performance.now() < entry.believedUntil ? entry.file : undefined;
  };

  return {
    atHand,
    async find(id) {
      const remembered = atHand(id);
      if (remembered !== undefined) return remembered;
      known.delete(id);
      const changesBefore = changes;
      // From before the query: what happens to the row meanwhile must not be believed for longer.
      const believedUntil = performance.now() + believedMs;
      const file = await findFile(catalogue, id);
      if (file === undefined || changes !== changesBefore || isClosed) return file;
      known.set(id, { file, believedUntil });
      for (const [oldest] of known) {
        if (known.size <= maxFiles) break;
        known.delete(oldest);
      }
      return file;
    },
    forget(id) {
      changes += 1;
      known.delete(id);
    },
    close() {
      isClosed = true;
      known.clear();
    },
  };
}
