import type { FileRecord } from "../catalogue/file.js";
import type { Counters } from "../counters.js";
import { fail, isHoldfastError } from "../errors.js";
import type { Picture } from "../images/decoding.js";
import { geometryOf } from "../images/geometry.js";
import { type Transform, transformOf } from "../images/transform.js";
import { readAll } from "../storage/object-body.js";
import type { Storage } from "../storage/storage.js";
import type { VariantShelf } from "./variant-shelf.js";

/** From how many pixels on a mezzanine pays: below, the original is as quickly decoded. */
const largePixels = 6_000_000;
/** The longest side of a mezzanine, and how much larger than what is made of it it has to be, so that nobody sees the difference. */
const mezzanineSide = 2048;
const headroom = 2;
const maxRemembered = 2000;

/** A mezzanine as rows and keys know it. No URL asks for it: no transform has this name. */
export const mezzanine: { readonly name: "mezzanine"; readonly format: "jpeg"; readonly transform: Transform } = {
  name: "mezzanine",
  format: "jpeg",
  transform: { ...transformOf({ width: mezzanineSide, height: mezzanineSide, quality: 92 }), name: "mezzanine" },
};

/** What variants are made from: the original, or something smaller that was made of it before. */
export interface Pictures {
  /** The original. @throws FILE_LOST */
  original(file: FileRecord): Promise<Picture>;
  /** What a transform is best made from. @throws FILE_LOST */
  best(file: FileRecord, transform: Transform): Promise<Picture>;
  /** Whether a mezzanine would have helped, and is not known to be there. */
  wantsMezzanine(file: FileRecord, transform: Transform): boolean;
  /** Note that a file has one now, or that there will be none. */
  noteMezzanine(file: FileRecord, isThere: boolean): void;
}

/** Find what variants are made from. */
export function createPictures(storage: Storage, shelf: VariantShelf, counts: Counters["variants"]): Pictures {
  // Whether a file has a mezzanine, of those it was asked of.
  const known = new Map<string, boolean>();

  const note = (file: FileRecord, isThere: boolean): void => {
    known.set(file.id, isThere);
    for (const [oldest] of known) if (known.size > maxRemembered) known.delete(oldest);
  };

  const original = async (file: FileRecord): Promise<Picture> => {
    const { key, name } = file;
    try {
      const path = storage.driver.localPath?.(key);
      if (path === undefined) {
        const input = await readAll(await storage.open(key));
        counts.originals += 1;
        return { key, name, input };
      }
      if ((await storage.stat(key)) !== undefined) {
        counts.originals += 1;
        return { key, name, input: path };
      }
    } catch (error) {
      if (!isHoldfastError(error, "OBJECT_NOT_FOUND")) throw error;
    }
    throw fail("FILE_LOST", { id: file.id, name: file.name });
  };

  return {
    original,
    async best(file, transform) {
      if (isServedByMezzanine(file, transform) && known.get(file.id) !== false) {
        const input = await shelf.locate({ fileId: file.id, transform: mezzanine.name, format: mezzanine.format });
        note(file, input !== undefined);
        const { width, height } = file;
        if (input !== undefined && width !== undefined && height !== undefined) {
          return { key: file.key, name: file.name, input, standsFor: { width, height } };
        }
      }
      return await original(file);
    },
    wantsMezzanine: (file, transform) => isServedByMezzanine(file, transform) && known.get(file.id) !== true,
    noteMezzanine: note,
  };
}

/** Whether what is made of a mezzanine is as good: it is twice as large as the whole picture will be, the part that is cut away included. */
function isServedByMezzanine({ width, height, hasAlpha, frames }: FileRecord, transform: Transform): boolean {
  if (width === undefined || height === undefined || hasAlpha || frames > 1 || width * height < largePixels) return false;
  const { scaled } = geometryOf({ width, height }, transform);
  return Math.max(scaled.width, scaled.height) * headroom <= mezzanineSide;
}
