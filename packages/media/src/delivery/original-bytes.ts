import type { FileRecord } from "../catalogue/file.js";
import { fail, isHoldfastError } from "../errors.js";
import type { ByteRange } from "../storage/driver.js";
import type { Storage } from "../storage/storage.js";
import { streamOf } from "./stream.js";

/** Open an original's bytes for a response: those that were acknowledged, or none. @throws FILE_LOST, FILE_DAMAGED, STORAGE_* */
export async function openOriginal(storage: Storage, file: FileRecord, range: ByteRange | undefined): Promise<ReadableStream<Uint8Array>> {
  try {
    const body = await storage.open(file.key, range === undefined ? {} : { range });
    if (body.size === file.size) return streamOf(body);
    await body.close();
    throw damaged(file, body.size);
  } catch (error) {
    throw isHoldfastError(error, "OBJECT_NOT_FOUND") ? lost(file, error) : error;
  }
}

/** Make sure that an original's bytes are there, without opening them. @throws FILE_LOST, FILE_DAMAGED, STORAGE_* */
export async function confirmOriginal(storage: Storage, file: FileRecord): Promise<void> {
  const stat = await storage.stat(file.key);
  if (stat === undefined) throw lost(file);
  if (stat.size !== file.size) throw damaged(file, stat.size);
}

function lost({ id, name }: FileRecord, cause?: unknown): Error {
  return fail("FILE_LOST", { id, name }, { cause });
}

function damaged({ id, name, size }: FileRecord, found: number): Error {
  return fail("FILE_DAMAGED", { id, name, size, found });
}
