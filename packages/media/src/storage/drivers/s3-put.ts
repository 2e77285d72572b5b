import { createHash, randomUUID } from "node:crypto";
import type { CompletedPart } from "@aws-sdk/client-s3";
import { fail, isHoldfastError } from "../../errors.js";
import type { PutOptions, Receipt, Sha256, Source } from "../driver.js";
import type { Key } from "../key.js";
import type { S3Quirks } from "../quirks.js";
import { type S3Connection, signBodyAs, statusOf, wrapS3Error } from "./s3-client.js";
import { Parts } from "./source-parts.js";

/** Above S3's smallest part (5 MiB), and small enough that two in memory are nothing. R2 wants all parts alike. */
export const partBytes: number = 8 * 1024 * 1024;
const maxParts = 10_000;
/** Parts on their way at one time. */
const parallelParts = 2;
/** A racing conditional write answers 409: it is decided soon. */
const conflictTries = 6;
/** Names the put that wrote an object, so that an answer that was lost can be looked up. */
const tokenName = "holdfast-put";

/** One put on its way: where to, what for, and the random token that tells it from every other. */
interface Target {
  readonly connection: S3Connection;
  readonly quirks: S3Quirks;
  readonly key: Key;
  readonly objectKey: string;
  readonly options: PutOptions;
  readonly token: string;
}

/**
 * Store an object: in one request where it fits into a part, else in parts. Each request is signed by the SHA-256 of its
 * bytes, or carries their MD5, which the service checks. When an answer is lost, the object itself is asked whether it was this put that wrote it.
 */
export async function putObject(
  connection: S3Connection,
  quirks: S3Quirks,
  key: Key,
  objectKey: string,
  source: Source,
  options: PutOptions,
): Promise<Receipt> {
  const target: Target = { connection, quirks, key, objectKey, options, token: randomUUID() };
  const parts = new Parts(source, Math.max(partBytes, Math.ceil((source.size ?? 0) / maxParts)));
  try {
    const first = await parts.next(options.signal);
    const etag = parts.isDone ? await putWhole(target, first, parts, source.size) : await putInParts(target, first, parts, source.size);
    const { size, sha256 } = parts.summary();
    return { size, sha256, ...(etag === undefined ? {} : { etag }), verifiedBy: isChecked(quirks) ? "backend" : "local" };
  } finally {
    await parts.close();
  }
}

async function putWhole(target: Target, bytes: Uint8Array, parts: Parts, declaredSize: number | undefined): Promise<string | undefined> {
  refuseUnlessExpected(target, parts.summary(), declaredSize);
  const { connection, objectKey, options } = target;
  const { sdk, client, bucket } = connection;
  return await conditionally(target, async () => {
    const command = new sdk.PutObjectCommand({
      Bucket: bucket,
      Key: objectKey,
      Body: bytes,
      ContentLength: bytes.byteLength,
      ...md5For(target.quirks, bytes),
      ...headersOf(target),
      ...(options.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
    });
    signBodyAs(command, parts.summary().sha256);
    return (await client.send(command, abortable(options.signal))).ETag;
  });
}

async function putInParts(target: Target, first: Buffer, parts: Parts, declaredSize: number | undefined): Promise<string | undefined> {
  const { connection, key, objectKey, options } = target;
  const { sdk, client, bucket } = connection;
  const where = { Bucket: bucket, Key: objectKey };
  const begun = await attempt(
    target,
    async () => await client.send(new sdk.CreateMultipartUploadCommand({ ...where, ...headersOf(target) }), abortable(options.signal)),
  );
  const uploadId = begun.UploadId;
  if (uploadId === undefined)
    throw fail("STORAGE_UNREACHABLE", { storage: connection.name, action: `store "${key}"`, reason: "it began an upload without an id" });
  try {
    const completed = await sendParts(target, uploadId, first, parts);
    refuseUnlessExpected(target, parts.summary(), declaredSize);
    // Some services (Ceph 16) take no notice of the condition on completion. Asking first narrows what they leave open to
    // two writers that complete at the same instant; each of those would still be whole.
    if (options.ifAbsent === true) await refuseIfPresent(target);
    return await conditionally(target, async () => {
      const command = new sdk.CompleteMultipartUploadCommand({
        ...where,
        UploadId: uploadId,
        MultipartUpload: { Parts: completed },
        ...(options.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
      });
      return (await client.send(command, abortable(options.signal))).ETag;
    });
  } catch (error) {
    // Best effort: what stays is found by delete(key), by listIncomplete, or by the bucket's own lifecycle rule.
    await client.send(new sdk.AbortMultipartUploadCommand({ ...where, UploadId: uploadId })).catch(() => undefined);
    throw error;
  }
}

async function sendParts(target: Target, uploadId: string, first: Buffer, parts: Parts): Promise<CompletedPart[]> {
  const { connection, objectKey, options } = target;
  const { sdk, client, bucket } = connection;
  const completed: CompletedPart[] = [];
  const sending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const send = async (number: number, bytes: Buffer): Promise<void> => {
    const command = new sdk.UploadPartCommand({
      Bucket: bucket,
      Key: objectKey,
      UploadId: uploadId,
      PartNumber: number,
      Body: bytes,
      ContentLength: bytes.byteLength,
      ...md5For(target.quirks, bytes),
    });
    const { ETag } = await attempt(target, async () => await client.send(command, abortable(options.signal)));
    completed.push({ PartNumber: number, ...(ETag === undefined ? {} : { ETag }) });
    parts.release(bytes);
  };
  try {
    for (let number = 1, bytes = first; ; number += 1) {
      const task: Promise<void> = send(number, bytes)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => sending.delete(task));
      sending.add(task);
      if (parts.isDone) break;
      if (sending.size >= parallelParts) await Promise.race(sending);
      if (failures.length > 0) break;
      bytes = await parts.next(options.signal);
    }
  } finally {
    await Promise.all(sending);
  }
  if (failures.length > 0) throw failures[0];
  return completed.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

/** Send the request that makes the object appear. When its outcome is not known, the object is asked. */
async function conditionally(target: Target, send: () => Promise<string | undefined>): Promise<string | undefined> {
  const { connection, key, options } = target;
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      const status = statusOf(error);
      if (status === 412 || (status === undefined && !isAborted(error, options.signal)) || (status ?? 0) >= 500 || status === 404) {
        // After a 412 everything hangs on whose object it is; otherwise what went wrong first says more.
        const own = await lookForOwn(target).catch((unknown: unknown) => {
          if (status === 412) throw unknown;
          return undefined;
        });
        if (own !== undefined) return own.etag;
      }
      if (status === 412) throw fail("OBJECT_EXISTS", { key }, { cause: error });
      if (status !== 409 || options.ifAbsent !== true || tries >= conflictTries)
        throw wrapS3Error(error, connection.name, `store "${key}"`);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** tries));
    }
  }
}

/** The object under the key, if it was this put that wrote it. @throws what keeps that from being known */
async function lookForOwn({ connection, key, objectKey, token }: Target): Promise<{ readonly etag: string | undefined } | undefined> {
  const { sdk, client, bucket, name } = connection;
  try {
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: objectKey }));
    return head.Metadata?.[tokenName] === token ? { etag: head.ETag } : undefined;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw wrapS3Error(error, name, `tell who stored "${key}"`);
  }
}

async function refuseIfPresent({ connection, key, objectKey }: Target): Promise<void> {
  const { sdk, client, bucket, name } = connection;
  try {
    await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: objectKey }));
  } catch (error) {
    if (statusOf(error) === 404) return;
    throw wrapS3Error(error, name, `store "${key}"`);
  }
  throw fail("OBJECT_EXISTS", { key });
}

async function attempt<T>({ connection, key }: Target, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw wrapS3Error(error, connection.name, `store "${key}"`);
  }
}

function headersOf({ options, token }: Target): { ContentType: string; CacheControl?: string; Metadata: Record<string, string> } {
  return {
    ContentType: options.contentType,
    ...(options.cacheControl === undefined ? {} : { CacheControl: options.cacheControl }),
    Metadata: { ...options.metadata, [tokenName]: token },
  };
}

function refuseUnlessExpected(
  { key, options }: Target,
  found: { readonly size: number; readonly sha256: Sha256 },
  declaredSize: number | undefined,
): void {
  for (const size of [options.expect?.size, declaredSize]) {
    if (size !== undefined && size !== found.size) {
      throw fail("OBJECT_MISMATCH", { key, what: "size", expected: String(size), found: String(found.size) });
    }
  }
  const sha256 = options.expect?.sha256;
  if (sha256 !== undefined && sha256 !== found.sha256) {
    throw fail("OBJECT_MISMATCH", { key, what: "SHA-256", expected: sha256, found: found.sha256 });
  }
}

/** Whether the service holds what arrived against what we said of it. */
function isChecked({ checksMd5, checksSignedBody }: S3Quirks): boolean {
  return checksMd5 || checksSignedBody;
}

/** The MD5 of a request's bytes, for a service that takes no notice of the SHA-256 they are signed by. */
function md5For({ checksSignedBody }: S3Quirks, bytes: Uint8Array): { readonly ContentMD5?: string } {
  return checksSignedBody ? {} : { ContentMD5: createHash("md5").update(bytes).digest("base64") };
}

/** Options for the SDK that carry a signal, where there is one. */
export function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function isAborted(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || isHoldfastError(error);
}
