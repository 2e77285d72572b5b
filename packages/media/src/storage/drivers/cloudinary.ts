import { randomUUID } from "node:crypto";
import { fail } from "../../errors.js";
import type { Driver, ObjectStat, SignReadOptions } from "../driver.js";
import type { Key } from "../key.js";
import {
  type Answer,
  attempt,
  callAdminApi,
  callUploadApi,
  type CloudinaryConnection,
  connectToCloudinary,
  numberOf,
  objectOf,
  readAnswer,
  send,
  textOf,
} from "./cloudinary-api.js";
import { CloudinaryError, wrapCloudinaryError } from "./cloudinary-error.js";
import {
  contentTypeOf,
  extensionOf,
  identityIdOf,
  keyOf,
  maxPublicIdLength,
  parseFolder,
  placesOf,
  publicIdOf,
  publicIdPrefixOf,
  type ResourceType,
} from "./cloudinary-public-id.js";
import { destroy, putObject } from "./cloudinary-put.js";
import type { CloudinaryDriverOptions, SizeLimits } from "./cloudinary-options.js";
import { locate, openObject } from "./cloudinary-read.js";
import { downloadUrlOf, originalUrlOf, variantUrlOf } from "./cloudinary-urls.js";

/** The most that one page of a listing holds. */
const pageSize = 500;
const places: readonly ResourceType[] = ["image", "video", "raw"];

/**
 * Store objects in a Cloudinary account, originals as they are and verified by the MD5 Cloudinary answers. It has neither
 * `ifAbsent` (`overwrite=false` promises nothing to racers), nor `orderedList`, nor `multipart`, nor `directUpload`: its
 * signed form cannot limit a size without a preset set up in the account.
 *
 * @throws CONFIG_INVALID when the SDK is not installed or the folder is unusable; STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function openCloudinaryDriver(options: CloudinaryDriverOptions): Promise<Driver> {
  const { folder = "holdfast", deliveryType = "authenticated", maxBytes, ...rest } = options;
  const connection = await connectToCloudinary({ ...rest, folder: parseFolder(folder), deliveryType });
  return cloudinaryDriver(connection, { ...(await readSizeLimits(connection)), ...maxBytes });
}

function cloudinaryDriver(connection: CloudinaryConnection, limits: SizeLimits): Driver {
  const { folder, deliveryType, name } = connection;
  let knownIdentity: Promise<string> | undefined;

  async function find(place: ResourceType, publicId: string, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    try {
      return await attempt(
        connection,
        signal,
        async () => await callAdminApi(connection, ["resources", place, deliveryType, publicId], {}, signal),
      );
    } catch (error) {
      if (error instanceof CloudinaryError && error.isAbsence) return undefined;
      throw error;
    }
  }

  async function statObject(key: Key, { signal }: { readonly signal?: AbortSignal } = {}): Promise<ObjectStat | undefined> {
    const publicId = publicIdOf(key, folder);
    try {
      for (const place of placesOf(key)) {
        const found = await find(place, publicId, signal);
        if (found !== undefined) return describe(key, place, found);
      }
      return undefined;
    } catch (error) {
      throw wrapCloudinaryError(error, name, `look at "${key}"`);
    }
  }

  async function sizeOf(key: Key): Promise<number> {
    const stat = await statObject(key);
    if (stat === undefined) throw fail("OBJECT_NOT_FOUND", { key });
    return stat.size;
  }

  async function deleteObject(key: Key, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const publicId = publicIdOf(key, folder);
    try {
      // The place that is looked at first goes last, so that what it hides does not come to light in between.
      for (const place of placesOf(key).toReversed()) await destroy(connection, place, publicId, signal);
    } catch (error) {
      throw wrapCloudinaryError(error, name, `delete "${key}"`);
    }
  }

  async function* list({
    prefix = "",
    signal,
  }: { readonly prefix?: string; readonly signal?: AbortSignal } = {}): AsyncIterable<ObjectStat> {
    const idPrefix = publicIdPrefixOf(prefix, folder);
    try {
      for (const place of places) {
        for await (const found of pagesOf(place, idPrefix, signal)) {
          const publicId = textOf(found, "public_id") ?? "";
          const key = keyOf(publicId, folder);
          if (key === undefined || !key.startsWith(prefix) || !placesOf(key).includes(place)) continue;
          const [first] = placesOf(key);
          // Kept raw in spite of its extension: rare, and listed already if there is an image or video under the key too.
          if (first !== undefined && first !== place && (await find(first, publicId, signal)) !== undefined) continue;
          yield describe(key, place, found);
        }
      }
    } catch (error) {
      throw wrapCloudinaryError(error, name, "be listed");
    }
  }

  async function* pagesOf(place: ResourceType, prefix: string, signal: AbortSignal | undefined): AsyncIterable<Answer> {
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const query = { prefix, max_results: String(pageSize), ...(cursor === undefined ? {} : { next_cursor: cursor }) };
      const page: Answer = await attempt(
        connection,
        signal,
        async () => await callAdminApi(connection, ["resources", place, deliveryType], query, signal),
      );
      const resources = page["resources"];
      if (!Array.isArray(resources)) throw new CloudinaryError("a listing without resources", 200);
      for (const resource of resources) if (typeof resource === "object" && resource !== null) yield resource as Answer;
      cursor = textOf(page, "next_cursor");
    }
  }

  async function identity(): Promise<string> {
    knownIdentity ??= findOrMakeIdentity(connection);
    try {
      return await knownIdentity;
    } catch (error) {
      knownIdentity = undefined;
      throw wrapCloudinaryError(error, name, "be identified");
    }
  }

  async function signRead(key: Key, options: SignReadOptions): Promise<string> {
    try {
      return downloadUrlOf(connection, publicIdOf(key, folder), (await locate(connection, key)) ?? "raw", options);
    } catch (error) {
      throw wrapCloudinaryError(error, name, `sign a link to "${key}"`);
    }
  }

  return {
    name: "cloudinary",
    // Three characters are for the escaped dot of an extension; other characters that need escaping take more.
    limits: { maxKeyBytes: maxPublicIdLength - folder.length - 4, maxBytes: Math.max(limits.image, limits.video, limits.raw) },
    put: async (key, source, options) => await putObject(connection, limits, key, source, options),
    open: async (key, options = {}) => await openObject(connection, key, options, sizeOf),
    stat: statObject,
    delete: deleteObject,
    list,
    identity,
    close: async () => undefined,
    signing: { signRead },
    variantUrl: (key, transform, picture) => variantUrlOf(connection, key, transform, picture),
    ...(deliveryType === "upload" ? { publicUrl: (key: Key) => originalUrlOf(connection, key) } : {}),
  };
}

function describe(key: Key, place: ResourceType, found: Answer): ObjectStat {
  const createdAt = Date.parse(textOf(found, "created_at") ?? "");
  // The version is the second of the last upload; created_at stays with the first.
  const version = (numberOf(found, "version") ?? 0) * 1000;
  const etag = textOf(found, "etag");
  const contentType = contentTypeOf(place === "raw" ? extensionOf(key) : textOf(found, "format")) ?? contentTypeOf(extensionOf(key));
  return {
    key,
    size: numberOf(found, "bytes") ?? 0,
    modifiedAt: Math.max(Number.isNaN(createdAt) ? 0 : createdAt, version),
    ...(etag === undefined ? {} : { etag }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

/** What the account's plan takes. A key that may not ask, or an hour without calls left, is no reason to stand still. */
async function readSizeLimits(connection: CloudinaryConnection): Promise<SizeLimits> {
  const unlimited = Number.MAX_SAFE_INTEGER;
  try {
    const usage = await attempt(connection, undefined, async () => await callAdminApi(connection, ["usage"], {}, undefined));
    const told = objectOf(usage, "media_limits");
    return {
      image: numberOf(told, "image_max_size_bytes") ?? unlimited,
      video: numberOf(told, "video_max_size_bytes") ?? unlimited,
      raw: numberOf(told, "raw_max_size_bytes") ?? unlimited,
    };
  } catch (error) {
    if (error instanceof CloudinaryError && (error.status === 403 || error.isRateLimit))
      return { image: unlimited, video: unlimited, raw: unlimited };
    throw wrapCloudinaryError(error, connection.name, "be opened");
  }
}

/**
 * The identity written into the folder when it was first used. Whoever finds one there leaves it; of two that come first
 * in the same instant the later upload wins, which each learns by reading again.
 */
async function findOrMakeIdentity(connection: CloudinaryConnection): Promise<string> {
  const publicId = identityIdOf(connection.folder);
  const read = async (): Promise<string | undefined> => {
    try {
      const response = await send(connection, downloadUrlOf(connection, publicId, "raw"), {}, undefined);
      return response.ok ? await response.text() : void (await readAnswer(connection, response));
    } catch (error) {
      if (error instanceof CloudinaryError && error.isAbsence) return undefined;
      throw error;
    }
  };
  for (let round = 0; round < 3; round += 1) {
    const found = await attempt(connection, undefined, read);
    if (found !== undefined && found !== "") return found;
    const parameters = { public_id: publicId, type: connection.deliveryType, overwrite: "false" };
    await attempt(
      connection,
      undefined,
      async () => await callUploadApi(connection, "raw", "upload", parameters, { file: Buffer.from(randomUUID()) }),
    );
  }
  throw fail("STORAGE_UNREACHABLE", {
    storage: connection.name,
    action: "be identified",
    reason: "what was written to it cannot be read again",
  });
}
