import type { PutObjectCommand, S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { fail, type HoldfastError, isHoldfastError } from "../../errors.js";
import { loadSdk } from "./load-sdk.js";
import type { S3Location } from "./s3-options.js";

/** The SDK's module: an optional peer, loaded when S3 is chosen. */
export type S3Sdk = typeof import("@aws-sdk/client-s3");

/** A client for one bucket, and what it takes to speak through it. */
export interface S3Connection {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly bucket: string;
  /** For messages: `s3 (bucket "photos")`. */
  readonly name: string;
}

/** Three tries, with the SDK's jittered backoff between them. */
const maxAttempts = 3;
const connectMs = 5_000;

/**
 * Load the SDK and make a client.
 *
 * @throws CONFIG_INVALID when the SDK is not installed
 */
export async function connectToS3(location: S3Location): Promise<S3Connection> {
  const sdk = await loadSdk(async () => await import("@aws-sdk/client-s3"), "@aws-sdk/client-s3");
  const { bucket, region, endpoint, credentials, silenceMs = 30_000 } = location;
  const config: S3ClientConfig = {
    forcePathStyle: location.forcePathStyle ?? endpoint !== undefined,
    maxAttempts,
    // No limit for a whole request: a part of 8 MiB takes minutes on a slow line, and nothing is wrong with that.
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silenceMs },
    // The SDK's own checksums break R2, B2 and others (aws-sdk-js-v3 #6810); the signed hash and Content-MD5 are understood.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  return { sdk, client: new sdk.S3Client(config), bucket, name: `s3 (bucket "${bucket}")` };
}

/**
 * Have a request's body signed by this SHA-256, hexadecimal, in the place of one that the SDK makes of it. A service that holds the body
 * against what was signed refuses every other.
 */
export function signBodyAs(command: PutObjectCommand, sha256: string): PutObjectCommand {
  command.middlewareStack.add(
    (next) => async (given) => {
      // Every request of the SDK's own that is built has headers; the signer takes the hash from here where it is.
      (given.request as { readonly headers: Record<string, string> }).headers["x-amz-content-sha256"] = sha256;
      return await next(given);
    },
    { step: "build", name: "holdfastSignedBody" },
  );
  return command;
}

/** The HTTP status an SDK error carries, if any. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number } | undefined)?.httpStatusCode;
}

/**
 * Tell whether an error is the service's word that the object is absent. A 404 that does not say so may be about the whole
 * bucket, and then nothing is known to be absent: the bucket is asked for.
 *
 * @throws STORAGE_UNREACHABLE, STORAGE_DENIED when that cannot be known
 */
export async function isAbsent({ sdk, client, bucket, name }: S3Connection, error: unknown, action: string): Promise<boolean> {
  if (statusOf(error) !== 404 || !(error instanceof Error) || error.name === "NoSuchBucket") return false;
  if (error.name === "NoSuchKey") return true;
  try {
    await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (cause) {
    // Who may read objects need not be allowed to look at the bucket; that it denies shows that it is there.
    if (statusOf(cause) === 403) return true;
    if (statusOf(cause) === 404) throw noSuchBucket(cause, name, action);
    throw wrapS3Error(cause, name, action);
  }
}

function noSuchBucket(cause: unknown, storage: string, action: string): HoldfastError {
  return fail("STORAGE_UNREACHABLE", { storage, action, reason: "there is no such bucket; check its name and region" }, { cause });
}

/** Wrap what the SDK throws. Absence is the caller's to recognise: a 404 may mean the object or the whole bucket. */
export function wrapS3Error(cause: unknown, storage: string, action: string): unknown {
  if (isHoldfastError(cause) || !(cause instanceof Error) || cause.name === "AbortError") return cause;
  const status = statusOf(cause);
  return wrapByName(cause, storage, action) ?? wrapByStatus(cause, status, storage, action) ?? cause;
}

const denials = new Set([
  "AccessDenied",
  "AllAccessDisabled",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "CredentialsProviderError",
]);

function wrapByName(cause: Error, storage: string, action: string): HoldfastError | undefined {
  if (denials.has(cause.name)) return fail("STORAGE_DENIED", { storage, action, reason: denialOf(cause) }, { cause });
  if (cause.name === "NoSuchBucket") return noSuchBucket(cause, storage, action);
  if (cause.name === "QuotaExceeded") return fail("STORAGE_FULL", { storage }, { cause });
  return undefined;
}

function denialOf(cause: Error): string {
  if (cause.name === "RequestTimeTooSkewed") return "this machine's clock differs too much from the service's";
  if (cause.name === "CredentialsProviderError") return "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  return cause.name;
}

function wrapByStatus(cause: Error, status: number | undefined, storage: string, action: string): HoldfastError | undefined {
  if (status === 401 || status === 403) return fail("STORAGE_DENIED", { storage, action, reason: cause.name }, { cause });
  if (status === 507) return fail("STORAGE_FULL", { storage }, { cause });
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  if (status === undefined && code === undefined && cause.name !== "TimeoutError" && !("$metadata" in cause)) return undefined;
  const reason = status === undefined ? `the connection failed (${code ?? cause.name})` : `it answered ${status} ${cause.name}`;
  return fail("STORAGE_UNREACHABLE", { storage, action, reason }, { cause });
}
