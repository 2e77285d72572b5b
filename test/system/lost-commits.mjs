// Commits that take effect, and whose answer never arrives: the connection is lost just then.
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { aroundCommits } from "./pg-commits.mjs";

/**
 * Lose the answer of every `nth` commit that stores a file.
 *
 * @param {number} nth
 * @param {import("./service-process.js").Mutant | undefined} mutant
 */
export function loseCommits(nth, mutant) {
  let count = 0;
  aroundCommits(async ({ client, keyOf, commit }) => {
    const answer = await commit();
    count += 1;
    if (count % nth !== 0) return answer;
    client.connection.stream.destroy();
    if (mutant === "delete after an unknown commit") {
      const bucket = bucketOf(process.env);
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: keyOf(answer) }));
      bucket.client.destroy();
    }
    throw new Error("Connection terminated unexpectedly");
  });
}

/** The bucket that the environment names, past the service. */
export function bucketOf(env) {
  const client = new S3Client({ endpoint: env.AWS_S3_ENDPOINT_URL, region: env.AWS_S3_REGION_NAME, forcePathStyle: true });
  return { client, bucket: env.AWS_STORAGE_BUCKET_NAME };
}
