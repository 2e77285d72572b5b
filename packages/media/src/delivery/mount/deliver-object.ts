import { createHash } from "node:crypto";
import { fail, isHoldfastError } from "../../errors.js";
import type { ObjectStat } from "../../storage/driver.js";
import type { Key } from "../../storage/key.js";
import type { Storage } from "../../storage/storage.js";
import { etagOf } from "../conditions.js";
import { isDownload, respond } from "../respond.js";
import { streamOf } from "../stream.js";
import type { ObjectTypes } from "./object-type.js";

/** Where the objects of a mount are, and how they are answered. */
export interface ObjectDelivery {
  readonly storage: Storage;
  readonly types: ObjectTypes;
  readonly cacheControl: string;
}

/**
 * Answer a GET or HEAD for an object that no row tells of, under the first of the keys that there is. It may be replaced under the
 * same name at any time, so its ETag comes from what the storage says of it.
 *
 * @throws OBJECT_NOT_FOUND, RANGE_NOT_SATISFIABLE, STORAGE_*
 */
export async function deliverObject(
  { storage, types, cacheControl }: ObjectDelivery,
  request: Request,
  keys: readonly Key[],
): Promise<Response> {
  const stat = await findFirst(storage, keys);
  if (stat === undefined) throw fail("OBJECT_NOT_FOUND", { key: keys[0] ?? "" });
  const { key, size, modifiedAt } = stat;
  const { type, isInline } = await types.find(storage, stat);
  return await respond(request, {
    type,
    size,
    etag: etagOf(
      createHash("sha256")
        .update(`${stat.etag ?? modifiedAt} ${size}`)
        .digest("hex"),
    ),
    storedAt: modifiedAt,
    cacheControl,
    name: key.slice(key.lastIndexOf("/") + 1),
    isInline: isInline && !isDownload(request),
    async open(range) {
      const body = await storage.open(key, range === undefined ? {} : { range });
      if (body.size === size) return streamOf(body);
      await body.close();
      const reason = "it was replaced while it was read";
      throw fail("STORAGE_UNREACHABLE", { storage: storage.description, action: `read "${key}"`, reason });
    },
  });
}

async function findFirst(storage: Storage, keys: readonly Key[]): Promise<ObjectStat | undefined> {
  for (const key of keys) {
    try {
      const stat = await storage.stat(key);
      if (stat !== undefined) return stat;
    } catch (error) {
      // Longer than this storage takes: nothing can be there.
      if (!isHoldfastError(error, "KEY_INVALID")) throw error;
    }
  }
  return undefined;
}
