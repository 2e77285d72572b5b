import { randomBytes } from "node:crypto";
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type ErrorCode, isHoldfastError } from "../../packages/media/src/errors.js";
import type { Driver } from "../../packages/media/src/storage/driver.js";
import { openS3Driver } from "../../packages/media/src/storage/drivers/s3.js";
import type { S3DriverOptions } from "../../packages/media/src/storage/drivers/s3-options.js";
import { parseKey } from "../../packages/media/src/storage/key.js";
import { sourceOf } from "../../packages/media/src/testing/clause.js";
import { type Bucket, clientOf, makeBucket, present } from "./bucket.js";
import { findFreePorts } from "../../bench/src/servers/daemons.js";
import { startFaultProxy } from "./fault-proxy.js";

const { radosgw } = inject("servers");
const absent = parseKey("absent.jpg");
const hourMs = 60 * 60_000;

/** What everything that a driver can be asked ends with, in order. */
async function outcomesOf(driver: Driver): Promise<string[]> {
  const asked: Readonly<Record<string, () => Promise<unknown>>> = {
    put: async () => await driver.put(absent, sourceOf(Buffer.from("x")), { contentType: "text/plain" }),
    open: async () => await driver.open(absent),
    stat: async () => await driver.stat(absent),
    delete: async () => await driver.delete(absent),
    list: async () => {
      for await (const stat of driver.list()) return stat;
      return undefined;
    },
    copy: async () => await driver.copy?.(absent, parseKey("copy.jpg")),
  };
  return await Promise.all(
    Object.entries(asked).map(async ([what, ask]) => {
      const error = await ask().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return `${what}: ${error === undefined ? "done" : isHoldfastError(error) ? error.code : told(error)}`;
    }),
  );
}

const all = (code: ErrorCode): string[] => ["put", "open", "stat", "delete", "list", "copy"].map((what) => `${what}: ${code}`);

/** The error that opening ends with. */
async function openingError(options: S3DriverOptions): Promise<unknown> {
  return await openS3Driver(options).then(
    async (driver) => await driver.close(),
    (error: unknown) => error,
  );
}

/** Everything an error says, its causes too. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${JSON.stringify(error)} ${error.cause === undefined ? "" : told(error.cause)}`;
}

async function emptyAndDelete(bucket: string): Promise<void> {
  const client = clientOf(present(radosgw));
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  client.destroy();
}

describe.skipIf(radosgw === undefined)("what a bucket answers", () => {
  let bucket: Bucket;
  beforeAll(async () => {
    bucket = await makeBucket(present(radosgw));
  });
  afterEach(() => void vi.useRealTimers());

  it("is absent where nothing is stored, and only for those who ask for it", async () => {
    const driver = await openS3Driver(bucket);
    expect(await driver.stat(absent)).toBeUndefined();
    await expect(driver.open(absent)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    await expect(driver.copy?.(absent, parseKey("copy.jpg"))).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    await driver.close();
  });

  it("is denied with a wrong secret, and the secret is told nowhere", async () => {
    const secretAccessKey = `wrong-${randomBytes(12).toString("hex")}`;
    const error = await openingError({ ...bucket, credentials: { ...present(radosgw).credentials, secretAccessKey } });
    expect(error).toMatchObject({ code: "STORAGE_DENIED" });
    expect(told(error)).toContain("SignatureDoesNotMatch");
    expect(told(error)).not.toContain(secretAccessKey);
    expect(told(error)).not.toContain(present(radosgw).credentials.secretAccessKey);
  });

  it("is denied to a key that the server does not know", async () => {
    const error = await openingError({ ...bucket, credentials: { accessKeyId: "NOBODY", secretAccessKey: "nobodys-secret" } });
    expect(error).toMatchObject({ code: "STORAGE_DENIED" });
    expect(told(error)).not.toContain("nobodys-secret");
  });

  it("is denied to another user who has no rights on it", async () => {
    const { stranger } = present(radosgw);
    if (stranger === undefined) throw new Error("the server was started with a second user");
    const error = await openingError({ ...bucket, credentials: stranger });
    expect(error).toMatchObject({ code: "STORAGE_DENIED" });
    expect(told(error)).toContain("AccessDenied");
    expect(told(error)).not.toContain(stranger.secretAccessKey);
  });

  it("is unreachable where there is no such bucket, and its name is quoted", async () => {
    const error = await openingError({ ...bucket, bucket: "holdfast-no-such-bucket" });
    expect(error).toMatchObject({ code: "STORAGE_UNREACHABLE" });
    expect(told(error)).toContain('bucket "holdfast-no-such-bucket"');
    expect(told(error)).toContain("there is no such bucket");
  });

  it("is unreachable where nothing listens", async () => {
    const [port = 0] = await findFreePorts(1);
    const error = await openingError({ ...bucket, endpoint: `http://127.0.0.1:${port}` });
    expect(error).toMatchObject({ code: "STORAGE_UNREACHABLE" });
    expect(told(error)).toContain("ECONNREFUSED");
  });

  it("is unreachable, never absent, once the server is gone", async () => {
    const proxy = await startFaultProxy(bucket.endpoint);
    const driver = await openS3Driver({ ...bucket, endpoint: proxy.endpoint, silenceMs: 2_000 });
    await proxy.stop();
    expect(await outcomesOf(driver)).toEqual(all("STORAGE_UNREACHABLE"));
    await driver.close();
  });

  it("is unreachable, and what was in it not absent, once the bucket is gone", async () => {
    const other = await makeBucket(present(radosgw));
    const driver = await openS3Driver(other);
    await emptyAndDelete(other.bucket);
    expect(await outcomesOf(driver)).toEqual(all("STORAGE_UNREACHABLE"));
    await driver.close();
  });

  it("is denied, and nothing in it absent, once the rights on it are gone", async () => {
    const { stranger } = present(radosgw);
    if (stranger === undefined) throw new Error("the server was started with a second user");
    const owner = clientOf(present(radosgw));
    const other = await makeBucket(present(radosgw));
    const principal = { AWS: [`arn:aws:iam:::user/${stranger.accessKeyId.toLowerCase()}`] };
    const resources = [`arn:aws:s3:::${other.bucket}`, `arn:aws:s3:::${other.bucket}/*`];
    const statement = { Effect: "Allow", Principal: principal, Action: "s3:*", Resource: resources };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await owner.send(new PutBucketPolicyCommand({ Bucket: other.bucket, Policy: policy }));
    const driver = await openS3Driver({ ...other, credentials: stranger });
    expect(await driver.stat(absent)).toBeUndefined();
    await owner.send(new DeleteBucketPolicyCommand({ Bucket: other.bucket }));
    expect(await outcomesOf(driver)).toEqual(all("STORAGE_DENIED"));
    await driver.close();
    owner.destroy();
  });

  it.each([-hourMs, hourMs])("is reached by a machine whose clock is wrong by %i ms, for the service tells the time", async (offsetMs) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offsetMs });
    const driver = await openS3Driver(bucket);
    const key = parseKey(`clock/${offsetMs}`);
    await driver.put(key, sourceOf(Buffer.from("x")), { contentType: "text/plain" });
    expect((await driver.stat(key))?.size).toBe(1);
    await driver.close();
  });
});
