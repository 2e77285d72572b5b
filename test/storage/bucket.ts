import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3DriverOptions } from "../../packages/media/src/storage/drivers/s3-options.js";
import type { S3Server } from "../../bench/src/servers/daemons.js";

/** A server that a test cannot do without: where it is not installed the test is skipped before it asks. */
export function present(server: S3Server | undefined): S3Server {
  if (server === undefined) throw new Error("the server is not installed");
  return server;
}

/** A client of a server, as anybody would make one: without the driver that is on trial. */
export function clientOf({ endpoint, region, credentials }: Pick<S3Server, "endpoint" | "region" | "credentials">): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
}

/** A bucket on one of the servers, as a driver is told of it. */
export type Bucket = S3DriverOptions & Pick<S3Server, "endpoint" | "region" | "credentials">;

/** Make a new bucket, and answer what a driver needs to use it. */
export async function makeBucket(server: S3Server): Promise<Bucket> {
  const bucket = `holdfast-${randomBytes(6).toString("hex")}`;
  const client = clientOf(server);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const { endpoint, region, credentials } = server;
  return { bucket, endpoint, region, credentials };
}
