import type { SizeLimits } from "./cloudinary-options.js";
import { createHash, randomUUID } from "node:crypto";
import { fail, type HoldfastError, isHoldfastError } from "../../errors.js";
import type { PutOptions, Receipt, Sha256, Source } from "../driver.js";
import type { Key } from "../key.js";
import {
  type Answer,
  attempt,
  callAdminApi,
  callUploadApi,
  type CloudinaryConnection,
  numberOf,
  objectOf,
  textOf,
} from "./cloudinary-api.js";
import { CloudinaryError, wrapCloudinaryError } from "./cloudinary-error.js";
import { placeFor, placesOf, publicIdOf, type ResourceType } from "./cloudinary-public-id.js";
import { Parts } from "./source-parts.js";

/** Above Cloudinary's smallest chunk (5 MB), and enough for any image the free plan takes, so that most go in one request. */
export const chunkBytes: number = 10 * 1024 * 1024;

/** Names the put that wrote an asset, so that an answer that was lost can be looked up. */
const tokenName = "holdfast_put";
const kindWords: Readonly<Record<ResourceType, string>> = { image: "an image", video: "a video or a recording", raw: "a plain file" };

/** One put on its way. */
interface Target {
  readonly connection: CloudinaryConnection;
  readonly limits: SizeLimits;
  readonly key: Key;
  readonly publicId: string;
  readonly source: Source;
  readonly options: PutOptions;
  readonly token: string;
}

/**
 * Store an object as it is: nothing is derived eagerly, no preset is named. The receipt counts as the backend's when the MD5
 * and the size that Cloudinary answers are those of the bytes sent; else the asset is removed again. What Cloudinary does
 * not take for the image or video it was said to be is kept as a plain file instead.
 */
export async function putObject(
  connection: CloudinaryConnection,
  limits: SizeLimits,
  key: Key,
  source: Source,
  options: PutOptions,
): Promise<Receipt> {
  const publicId = publicIdOf(key, connection.folder);
  const target: Target = { connection, limits, key, publicId, source, options, token: randomUUID() };
  const place = placeFor(key, options.contentType);
  try {
    const receipt = await store(target, place);
    // Looked for before the raw ones, an older image or video under this key would hide what was stored just now.
    for (const other of place === "raw" ? placesOf(key) : [])
      if (other !== "raw") await destroy(connection, other, publicId, options.signal);
    return receipt;
  } catch (error) {
    throw tooLargeFor(target, place, error) ?? wrapCloudinaryError(error, connection.name, `store "${key}"`);
  }
}

async function store(target: Target, place: ResourceType): Promise<Receipt> {
  const parts = new Parts(target.source, chunkBytes);
  try {
    const first = await parts.next(target.options.signal);
    refuseIfTooLarge(target, place, Math.max(target.source.size ?? 0, parts.size));
    if (!parts.isDone) return await storeInChunks(target, place, first, parts);
    const found = parts.summary();
    refuseUnlessExpected(target, found);
    // Refused by Cloudinary as "Empty file"; told so without asking.
    if (found.size === 0) throw fail("UPLOAD_EMPTY", { name: target.key });
    const md5 = createHash("md5").update(first).digest("hex");
    try {
      return await finish(target, place, first, undefined, { ...found, md5 });
    } catch (error) {
      if (place === "raw" || !isUnfit(error)) throw error;
      return await finish(target, "raw", first, undefined, { ...found, md5 });
    }
  } finally {
    await parts.close();
  }
}

async function storeInChunks(target: Target, place: ResourceType, first: Uint8Array, parts: Parts): Promise<Receipt> {
  const { connection, source, options } = target;
  const uploadId = randomUUID();
  const md5 = createHash("md5");
  try {
    for (let at = 0, chunk = first; ; chunk = await parts.next(options.signal)) {
      md5.update(chunk);
      refuseIfTooLarge(target, place, parts.size);
      const isLast = parts.isDone;
      // -1 stands for a total that is not known yet; the last chunk tells it.
      const range = `bytes ${at}-${at + chunk.byteLength - 1}/${isLast ? at + chunk.byteLength : (source.size ?? -1)}`;
      const headers = { "x-unique-upload-id": uploadId, "content-range": range };
      at += chunk.byteLength;
      if (isLast) {
        const found = parts.summary();
        refuseUnlessExpected(target, found);
        return await finish(target, place, chunk, headers, { ...found, md5: md5.digest("hex") });
      }
      await attempt(connection, options.signal, async () => await upload(target, place, chunk, headers));
    }
  } catch (error) {
    if (place === "raw" || !isUnfit(error)) throw error;
    await parts.close();
    // A source that cannot be opened again says so; the reason to tell is why it was wanted.
    return await store(target, "raw").catch((second: unknown) => {
      throw isHoldfastError(second, "SOURCE_CONSUMED") ? error : second;
    });
  }
}

/** Send what makes the asset appear, and hold the answer against the bytes. When the answer is lost, the asset is asked. */
async function finish(
  target: Target,
  place: ResourceType,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> | undefined,
  sent: { readonly size: number; readonly sha256: Sha256; readonly md5: string },
): Promise<Receipt> {
  const { connection, key, options } = target;
  const answer = await attempt(connection, options.signal, async () => {
    try {
      return await upload(target, place, bytes, headers);
    } catch (error) {
      if (error instanceof CloudinaryError && error.isPassing) {
        const own = await lookForOwn(target, place);
        if (own !== undefined) return own;
      }
      throw error;
    }
  });
  if (answer["existing"] === true && !isOwn(target, answer)) throw fail("OBJECT_EXISTS", { key });
  await refuseUnlessSame(target, place, answer, sent);
  const { size, sha256, md5 } = sent;
  const etag = textOf(answer, "etag");
  const version = numberOf(answer, "version");
  return {
    size,
    sha256,
    ...(etag === undefined ? {} : { etag }),
    ...(version === undefined ? {} : { versionId: String(version) }),
    verifiedBy: etag === md5 ? "backend" : "local",
  };
}

async function upload(
  target: Target,
  place: ResourceType,
  file: Uint8Array,
  headers: Readonly<Record<string, string>> | undefined,
): Promise<Answer> {
  const { connection, publicId, options, token } = target;
  const isReplacing = options.ifAbsent !== true;
  const parameters = {
    public_id: publicId,
    type: connection.deliveryType,
    overwrite: String(isReplacing),
    ...(isReplacing ? { invalidate: "true" } : {}),
    context: contextOf({ ...options.metadata, [tokenName]: token }),
  };
  return await callUploadApi(connection, place, "upload", parameters, {
    file,
    ...(headers === undefined ? {} : { headers }),
    signal: options.signal,
  });
}

/** The asset under the public id, if it was this put that wrote it. Not being able to look is not an answer. */
async function lookForOwn(target: Target, place: ResourceType): Promise<Answer | undefined> {
  const { connection, publicId, options } = target;
  // With the metadata comes the MD5, for raw assets too.
  const found = await callAdminApi(
    connection,
    ["resources", place, connection.deliveryType, publicId],
    { image_metadata: "true" },
    options.signal,
  ).catch((error: unknown) => {
    if (error instanceof CloudinaryError) return undefined;
    throw error;
  });
  return found !== undefined && isOwn(target, found) ? found : undefined;
}

function isOwn({ token }: Target, answer: Answer): boolean {
  return textOf(objectOf(objectOf(answer, "context"), "custom"), tokenName) === token;
}

async function refuseUnlessSame(
  target: Target,
  place: ResourceType,
  answer: Answer,
  sent: { readonly size: number; readonly md5: string },
): Promise<void> {
  const { connection, key, publicId } = target;
  const storedId = textOf(answer, "public_id") ?? "none";
  const size = numberOf(answer, "bytes");
  const etag = textOf(answer, "etag");
  const difference =
    storedId !== publicId
      ? { what: "public id", expected: publicId, found: storedId }
      : size !== sent.size
        ? { what: "size", expected: String(sent.size), found: String(size ?? "unknown") }
        : etag !== undefined && etag !== sent.md5
          ? { what: "MD5", expected: sent.md5, found: etag }
          : undefined;
  if (difference === undefined) return;
  // An account's default preset may transform what comes in, or rename it. That is no place for originals.
  await destroy(connection, place, storedId, undefined);
  throw fail("OBJECT_MISMATCH", { key, ...difference });
}

/** Remove an asset, and what is cached of it. Absent is success. @throws CloudinaryError */
export async function destroy(
  connection: CloudinaryConnection,
  place: ResourceType,
  publicId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await attempt(connection, signal, async () => {
    const parameters = { public_id: publicId, type: connection.deliveryType, invalidate: "true" };
    const result = textOf(await callUploadApi(connection, place, "destroy", parameters, { signal }), "result") ?? "nothing";
    if (result !== "ok" && result !== "not found") throw new CloudinaryError(`it answered "${result}" to a deletion`, 200);
  });
}

/** Whether Cloudinary understood the request, but did not take these bytes for what they were said to be. */
function isUnfit(error: unknown): boolean {
  return (
    error instanceof CloudinaryError &&
    error.status === 400 &&
    /invalid image|unsupported|invalid video|file format|image size is|megapixel/i.test(error.message)
  );
}

/** Cloudinary's own refusal of a size, which its plan decides: "File size too large. Got 11926513. Maximum is 10485760." */
function tooLargeFor({ connection, key }: Target, place: ResourceType, error: unknown): HoldfastError | undefined {
  if (!(error instanceof CloudinaryError)) return undefined;
  const maxBytes = /^file size too large\..*maximum is (\d+)/i.exec(error.message)?.[1];
  if (maxBytes === undefined) return undefined;
  return fail("OBJECT_TOO_LARGE", { key, storage: connection.name, kind: kindWords[place], maxBytes: Number(maxBytes) }, { cause: error });
}

function refuseIfTooLarge({ connection, limits, key }: Target, place: ResourceType, size: number): void {
  if (size > limits[place])
    throw fail("OBJECT_TOO_LARGE", { key, storage: connection.name, kind: kindWords[place], maxBytes: limits[place] });
}

function refuseUnlessExpected({ key, source, options }: Target, found: { readonly size: number; readonly sha256: Sha256 }): void {
  for (const size of [options.expect?.size, source.size]) {
    if (size !== undefined && size !== found.size) {
      throw fail("OBJECT_MISMATCH", { key, what: "size", expected: String(size), found: String(found.size) });
    }
  }
  const sha256 = options.expect?.sha256;
  if (sha256 !== undefined && sha256 !== found.sha256) {
    throw fail("OBJECT_MISMATCH", { key, what: "SHA-256", expected: sha256, found: found.sha256 });
  }
}

function contextOf(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${value.replace(/[=|\\]/g, "\\$&")}`)
    .join("|");
}
