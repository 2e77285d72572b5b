import { randomUUID } from "node:crypto";
import { fail, type HoldfastError } from "../../errors.js";
import type { DirectUploadForm, Driver, IncompleteUpload, ObjectStat, SignReadOptions } from "../driver.js";
import type { Key } from "../key.js";
import { providerOf, type S3Quirks } from "../quirks.js";
import { loadSdk } from "./load-sdk.js";
import { connectToS3, isAbsent, type S3Connection, statusOf, wrapS3Error } from "./s3-client.js";
import { s3Cors } from "./s3-cors.js";
import type { S3DriverOptions } from "./s3-options.js";
import { probeQuirks } from "./s3-probe.js";
import { abortable, putObject } from "./s3-put.js";
import { openObject } from "./s3-read.js";

/** The largest object S3 keeps. */
const maxBytes = 5 * 1024 ** 4;

/**
 * Store objects in an S3-compatible bucket. What the service can do is probed now, with one small object, and the facets are
 * what was found. Uploads carry a hash of each request's bytes, so that the service refuses what was damaged on the way.
 *
 * @throws CONFIG_INVALID when the SDK is not installed; STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function openS3Driver(options: S3DriverOptions): Promise<Driver> {
  const connection = await connectToS3(options);
  const prefix = options.prefix ?? "";
  const identity = await findOrMakeIdentity(connection, `${prefix}.holdfast/identity`);
  const quirks = await probeQuirks(connection, providerOf(options.endpoint).quirks, `${prefix}.holdfast/identity`, identity);
  return s3Driver(connection, quirks, prefix, identity, options.publicBaseUrl);
}

function s3Driver(connection: S3Connection, quirks: S3Quirks, prefix: string, identity: string, publicBaseUrl: string | undefined): Driver {
  const { sdk, client, bucket, name } = connection;
  const objectKeyOf = (key: Key): string => prefix + key;
  const where = (key: Key): { Bucket: string; Key: string } => ({ Bucket: bucket, Key: objectKeyOf(key) });

  async function statObject(key: Key, { signal }: { readonly signal?: AbortSignal } = {}): Promise<ObjectStat | undefined> {
    try {
      const head = await client.send(new sdk.HeadObjectCommand(where(key)), abortable(signal));
      return {
        key,
        size: head.ContentLength ?? 0,
        modifiedAt: head.LastModified?.getTime() ?? 0,
        ...(head.ETag === undefined ? {} : { etag: head.ETag }),
        ...(head.ContentType === undefined ? {} : { contentType: head.ContentType }),
      };
    } catch (error) {
      if (await isAbsent(connection, error, `look at "${key}"`)) return undefined;
      throw wrapS3Error(error, name, `look at "${key}"`);
    }
  }

  async function* listIncomplete({ prefix: wanted = "" }: { readonly prefix?: string } = {}): AsyncIterable<IncompleteUpload> {
    try {
      for (let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}; marker !== undefined;) {
        const page: import("@aws-sdk/client-s3").ListMultipartUploadsCommandOutput = await client.send(
          new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix + wanted, ...marker }),
        );
        for (const upload of page.Uploads ?? []) {
          if (upload.Key === undefined || upload.UploadId === undefined) continue;
          yield { key: upload.Key.slice(prefix.length) as Key, uploadId: upload.UploadId, startedAt: upload.Initiated?.getTime() ?? 0 };
        }
        if (page.IsTruncated === true && page.NextKeyMarker === undefined) throw cutShort(name, "list begun uploads");
        marker =
          page.IsTruncated === true && page.NextKeyMarker !== undefined
            ? {
                KeyMarker: page.NextKeyMarker,
                ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
              }
            : undefined;
      }
    } catch (error) {
      throw wrapS3Error(error, name, "list begun uploads");
    }
  }

  async function abort({ key, uploadId }: Pick<IncompleteUpload, "key" | "uploadId">): Promise<void> {
    try {
      await client.send(new sdk.AbortMultipartUploadCommand({ ...where(key), UploadId: uploadId }));
    } catch (error) {
      if (statusOf(error) !== 404) throw wrapS3Error(error, name, `abort the upload of "${key}"`);
    }
  }

  async function deleteObject(key: Key, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (quirks.listsMultipart) {
      for await (const upload of listIncomplete({ prefix: key })) if (upload.key === key) await abort(upload);
    }
    try {
      await client.send(new sdk.DeleteObjectCommand(where(key)), abortable(signal));
    } catch (error) {
      if (!(await isAbsent(connection, error, `delete "${key}"`))) throw wrapS3Error(error, name, `delete "${key}"`);
    }
  }

  async function* list({
    prefix: wanted = "",
    signal,
  }: { readonly prefix?: string; readonly signal?: AbortSignal } = {}): AsyncIterable<ObjectStat> {
    try {
      for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
        const page: import("@aws-sdk/client-s3").ListObjectsV2CommandOutput = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix + wanted,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          abortable(signal),
        );
        for (const object of page.Contents ?? []) {
          if (object.Key === undefined) continue;
          const key = object.Key.slice(prefix.length) as Key;
          if (key.startsWith(".holdfast/")) continue;
          yield {
            key,
            size: object.Size ?? 0,
            modifiedAt: object.LastModified?.getTime() ?? 0,
            ...(object.ETag === undefined ? {} : { etag: object.ETag }),
          };
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        if (page.IsTruncated === true && token === undefined) throw cutShort(name, "be listed");
      }
    } catch (error) {
      throw wrapS3Error(error, name, "be listed");
    }
  }

  async function copy(from: Key, to: Key, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const source = `${bucket}/${objectKeyOf(from)}`.split("/").map(encodeURIComponent).join("/");
    try {
      await client.send(new sdk.CopyObjectCommand({ ...where(to), CopySource: source }), abortable(signal));
    } catch (error) {
      if (await isAbsent(connection, error, `copy "${from}"`)) throw fail("OBJECT_NOT_FOUND", { key: from }, { cause: error });
      throw wrapS3Error(error, name, `copy "${from}"`);
    }
  }

  async function signRead(
    key: Key,
    { expiresInMs, method = "GET", contentDisposition, contentType, cacheControl }: SignReadOptions,
  ): Promise<string> {
    const { getSignedUrl } = await loadSdk(async () => await import("@aws-sdk/s3-request-presigner"), "@aws-sdk/s3-request-presigner");
    const input = {
      ...where(key),
      ...(contentDisposition === undefined ? {} : { ResponseContentDisposition: contentDisposition }),
      ...(contentType === undefined ? {} : { ResponseContentType: contentType }),
      ...(cacheControl === undefined ? {} : { ResponseCacheControl: cacheControl }),
    };
    const expiresIn = Math.max(1, Math.round(expiresInMs / 1000));
    return method === "HEAD"
      ? await getSignedUrl(client, new sdk.HeadObjectCommand(input), { expiresIn })
      : await getSignedUrl(client, new sdk.GetObjectCommand(input), { expiresIn });
  }

  async function prepare(
    key: Key,
    { expiresInMs, maxBytes: most, contentType }: { expiresInMs: number; maxBytes: number; contentType: string },
  ): Promise<DirectUploadForm> {
    const { createPresignedPost } = await loadSdk(async () => await import("@aws-sdk/s3-presigned-post"), "@aws-sdk/s3-presigned-post");
    const { url, fields } = await createPresignedPost(client, {
      Bucket: bucket,
      Key: objectKeyOf(key),
      Expires: Math.max(1, Math.round(expiresInMs / 1000)),
      Fields: { "Content-Type": contentType },
      Conditions: [
        ["content-length-range", 0, most],
        ["eq", "$Content-Type", contentType],
      ],
    });
    return { url, method: "POST", fields };
  }

  return {
    name: "s3",
    limits: { maxKeyBytes: 1024 - Buffer.byteLength(prefix), maxBytes },
    put: async (key, source, putOptions) => await putObject(connection, quirks, key, objectKeyOf(key), source, putOptions),
    open: async (key, openOptions) => await openObject(connection, key, objectKeyOf(key), openOptions),
    stat: statObject,
    delete: deleteObject,
    list,
    identity: async () => identity,
    close: async () => client.destroy(),
    copy,
    signing: { signRead },
    cors: s3Cors(connection),
    quirks,
    ...(quirks.honoursIfNoneMatch ? { ifAbsent: true as const } : {}),
    ...(quirks.listsInOrder ? { orderedList: true as const } : {}),
    ...(quirks.listsMultipart ? { multipart: { listIncomplete, abort } } : {}),
    ...(quirks.takesPostPolicy ? { directUpload: { prepare } } : {}),
    ...(publicBaseUrl === undefined ? {} : { publicUrl: (key: Key) => publicUrlOf(publicBaseUrl, objectKeyOf(key)) }),
  };
}

/** The identity written into the bucket when it was first used; of several that race, one wins where the service can tell. */
async function findOrMakeIdentity(connection: S3Connection, objectKey: string): Promise<string> {
  const { sdk, client, bucket, name } = connection;
  const where = { Bucket: bucket, Key: objectKey };
  const read = async (): Promise<string | undefined> => {
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand(where));
      return await Body?.transformToString();
    } catch (error) {
      if (await isAbsent(connection, error, "be identified")) return undefined;
      throw wrapS3Error(error, name, "be identified");
    }
  };
  const write = async (isConditional: boolean): Promise<void> => {
    const command = new sdk.PutObjectCommand({
      ...where,
      Body: randomUUID(),
      ContentType: "text/plain",
      ...(isConditional ? { IfNoneMatch: "*" } : {}),
    });
    await client.send(command).catch(async (error: unknown) => {
      const status = statusOf(error);
      if (status === 412 || status === 409) return;
      if (isConditional && (status === 501 || status === 400)) await write(false);
      else throw wrapS3Error(error, name, "be identified");
    });
  };
  for (let tries = 0; tries < 3; tries += 1) {
    const found = await read();
    if (found !== undefined && found !== "") return found;
    await write(true);
  }
  throw fail("STORAGE_UNREACHABLE", { storage: name, action: "be identified", reason: "what was written to it cannot be read again" });
}

function publicUrlOf(base: string, objectKey: string): string {
  return `${base.replace(/\/+$/, "")}/${objectKey.split("/").map(encodeURIComponent).join("/")}`;
}

/** A listing that says there is more and not where would otherwise pass for a whole one. */
function cutShort(storage: string, action: string): HoldfastError {
  return fail("STORAGE_UNREACHABLE", { storage, action, reason: "it said that there is more, and not where it goes on" });
}
