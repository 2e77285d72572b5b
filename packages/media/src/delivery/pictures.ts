import type { FileRecord } from "../catalogue/file.js";
import type { Counters } from "../counters.js";
import { fail, isHoldfastError } from "../errors.js";
import type { DecoderInput } from "../images/decoder.js";
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
/** Up to so many pixels a picture is small. */
const smallPixels = 3_500_000;
const maxRemembered = 2000;

/** A mezzanine as rows and keys know it. No URL asks for it: no transform has this name. */
export const mezzanine: { readonly name: "mezzanine"; readonly format: "jpeg"; readonly transform: Transform } = {
  name: "mezzanine",
  format: "jpeg",
  transform: { ...transformOf({ width: mezzanineSide, height: mezzanineSide, quality: 85 }), name: "mezzanine" },
};

/** What variants are made from: the original, or something smaller that was made of it before. */
export interface Pictures {
  /** The original; whether a local one is there, whoever decodes it finds out. @throws FILE_LOST */
  original(file: FileRecord): Promise<Picture>;
  /** Make sure that an original is there, where decoding it has failed. @throws FILE_LOST */
  confirm(file: FileRecord): Promise<void>;
  /** What a transform is best made from. @throws FILE_LOST */
  best(file: FileRecord, transform: Transform): Promise<Picture>;
  /** Whether a mezzanine would help those who come later, and is not known to be there. */
  wantsMezzanine(file: FileRecord): boolean;
  /** Note that a file has a mezzanine now. */
  noteMezzanine(file: FileRecord): void;
  /** Note that a mezzanine could not be decoded: it has gone, and is made again, or was never right, and is left alone. */
  noteUnusable(file: FileRecord): Promise<void>;
}

/** What is known of a file's mezzanine: that there is none, or none that can be decoded; that there is one; which local file it is. */
type Known = "none" | "unusable" | "somewhere" | { readonly path: string };

/** Find what variants are made from. */
export function createPictures(storage: Storage, shelf: VariantShelf, counts: Counters["variants"]): Pictures {
  const known = new Map<string, Known>();

  const note = (file: FileRecord, found: Known): void => {
    known.set(file.id, found);
    for (const [oldest] of known) if (known.size > maxRemembered) known.delete(oldest);
  };
  const lost = (file: FileRecord): Error => fail("FILE_LOST", { id: file.id, name: file.name });

  const original = async (file: FileRecord): Promise<Picture> => {
    const { key, name } = file;
    const path = storage.driver.localPath?.(key);
    try {
      const input = path ?? (await readAll(await storage.open(key)));
      counts.originals += 1;
      return { key, name, input, isSmall: isSmall(file) };
    } catch (error) {
      throw isHoldfastError(error, "OBJECT_NOT_FOUND") ? lost(file) : error;
    }
  };

  const locate = async (file: FileRecord): Promise<DecoderInput | undefined> =>
    await shelf.locate({ fileId: file.id, transform: mezzanine.name, format: mezzanine.format });

  const findMezzanine = async (file: FileRecord): Promise<DecoderInput | undefined> => {
    const before = known.get(file.id);
    if (before === "none" || before === "unusable") return undefined;
    if (before !== undefined && before !== "somewhere") return before.path;
    const found = await locate(file);
    note(file, found === undefined ? "none" : typeof found === "string" ? { path: found } : "somewhere");
    return found;
  };

  return {
    original,
    async confirm(file) {
      if ((await storage.stat(file.key)) === undefined) throw lost(file);
    },
    async best(file, transform) {
      const { width, height } = file;
      if (width === undefined || height === undefined || !isServedByMezzanine(file, transform)) return await original(file);
      const input = await findMezzanine(file);
      return input === undefined
        ? await original(file)
        : { key: file.key, name: file.name, input, standsFor: { width, height }, isSmall: true };
    },
    wantsMezzanine: (file) => isLarge(file) && (known.get(file.id) ?? "none") === "none",
    noteMezzanine: (file) => note(file, "somewhere"),
    async noteUnusable(file) {
      note(file, (await locate(file)) === undefined ? "none" : "unusable");
    },
  };
}

/** Whether a picture is decoded soon and in little memory, whatever its format. */
function isSmall({ width, height, frames }: FileRecord): boolean {
  return width !== undefined && height !== undefined && frames === 1 && width * height <= smallPixels;
}

/** Whether of a picture a mezzanine is kept. */
function isLarge({ width, height, hasAlpha, frames }: FileRecord): boolean {
  return width !== undefined && height !== undefined && !hasAlpha && frames === 1 && width * height >= largePixels;
}

/** Whether what is made of a mezzanine is as good: it is twice as large as the whole picture will be, the part that is cut away included. */
function isServedByMezzanine(file: FileRecord, transform: Transform): boolean {
  const { width, height } = file;
  if (width === undefined || height === undefined || !isLarge(file)) return false;
  const { scaled } = geometryOf({ width, height }, transform);
  return Math.max(scaled.width, scaled.height) * headroom <= mezzanineSide;
}
