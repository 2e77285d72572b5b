import { createHash } from "node:crypto";
import type { PutObjectCommand } from "@aws-sdk/client-s3";
import type { S3Quirks } from "../quirks.js";
import { loadSdk } from "./load-sdk.js";
import { type S3Connection, signBodyAs, statusOf, wrapS3Error } from "./s3-client.js";

/**
 * Find out what the service really does, on an object that is there already and whose bytes do not change by it: whether a
 * conditional write is refused, and whether a body that is not the one which was signed, or does not match its MD5, is.
 */
export async function probeQuirks(connection: S3Connection, expected: S3Quirks, objectKey: string, content: string): Promise<S3Quirks> {
  const { sdk, client, bucket, name } = connection;
  const put = { Bucket: bucket, Key: objectKey, Body: content, ContentType: "text/plain" };
  const statusOfPut = async (extra: { readonly IfNoneMatch?: string; readonly ContentMD5?: string }): Promise<number> => {
    try {
      await client.send(new sdk.PutObjectCommand({ ...put, ...extra }));
      return 200;
    } catch (error) {
      const status = statusOf(error);
      // Only an answer is a finding; what cannot be reached has not been probed.
      if (status === undefined || status === 401 || status === 403 || (status >= 500 && status !== 501))
        throw wrapS3Error(error, name, "be probed");
      return status;
    }
  };
  const conditional = await statusOfPut({ IfNoneMatch: "*" });
  const damaged = await statusOfPut({ ContentMD5: createHash("md5").update("something else").digest("base64") });
  const isOtherRefused = await refusesOther(connection, new sdk.PutObjectCommand(put));
  return {
    ...expected,
    honoursIfNoneMatch: expected.honoursIfNoneMatch && conditional === 412,
    checksMd5: damaged === 400,
    checksSignedBody: isOtherRefused,
    takesPostPolicy: expected.takesPostPolicy && (await takesPost(connection, objectKey, content)),
    listsMultipart: expected.listsMultipart && (await listsMultipart(connection)),
  };
}

/** Tell whether a body is refused that is not the one which was signed, and for that reason. */
async function refusesOther({ client, name }: S3Connection, command: PutObjectCommand): Promise<boolean> {
  const other = createHash("sha256").update("something else").digest("hex");
  try {
    await client.send(signBodyAs(command, other));
    return false;
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined || status >= 500) throw wrapS3Error(error, name, "be probed");
    return error instanceof Error && (error.name === "XAmzContentSHA256Mismatch" || error.name === "BadDigest");
  }
}

/** Post the object its own bytes once more, as a browser would. */
async function takesPost({ client, bucket }: S3Connection, objectKey: string, content: string): Promise<boolean> {
  const { createPresignedPost } = await loadSdk(async () => await import("@aws-sdk/s3-presigned-post"), "@aws-sdk/s3-presigned-post");
  const { url, fields } = await createPresignedPost(client, {
    Bucket: bucket,
    Key: objectKey,
    Expires: 60,
    Fields: { "Content-Type": "text/plain" },
    Conditions: [
      ["content-length-range", 0, 100],
      ["eq", "$Content-Type", "text/plain"],
    ],
  });
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append("file", new Blob([content], { type: "text/plain" }));
  // A service that does not answer posts at all is one that takes none.
  const answer = await fetch(url, { method: "POST", body: form, redirect: "manual", signal: AbortSignal.timeout(10_000) }).catch(
    () => undefined,
  );
  await answer?.arrayBuffer();
  return answer !== undefined && answer.status >= 200 && answer.status < 300;
}

async function listsMultipart({ sdk, client, bucket, name }: S3Connection): Promise<boolean> {
  try {
    await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket, MaxUploads: 1 }));
    return true;
  } catch (error) {
    if (statusOf(error) === undefined) throw wrapS3Error(error, name, "be probed");
    return false;
  }
}
