import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Bench } from "../bench.js";
import { type Child, startChild } from "../child.js";
import { compare, type Comparison, type Contender } from "../comparison.js";
import { lackOfRadosgw, startRadosgw } from "../servers/radosgw.js";
import type { BucketAddress, BucketCommands } from "../subjects/s3-sdk.js";

const count = 1_000;
const bytes = 100_000;
const concurrency = 8;
/** What the driver may cost beside the SDK that it is made of. */
const leastRatio = 0.85;

/** Objects of a bucket, put and read: what the driver adds to the SDK that it drives. */
export const bucketObjects: Bench = {
  name: "bucket-objects",
  question: "How many objects are put into a bucket and read from it?",
  async run({ rounds, progress }) {
    const lack = lackOfRadosgw();
    if (lack !== undefined) return { comparisons: [], notes: [lack] };
    const server = await startRadosgw();
    const children: Child<BucketCommands>[] = [];
    try {
      const { endpoint, region, credentials } = server;
      const address: BucketAddress = { bucket: "bench", endpoint, region, credentials };
      const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket: address.bucket }));
      client.destroy();
      const [driver, sdk] = [startChild<BucketCommands>("s3-driver"), startChild<BucketCommands>("s3-sdk")];
      children.push(driver, sdk);
      for (const child of children) await child.call("open", address);
      const comparisons: Comparison[] = [];
      for (const what of ["put", "get"] as const) {
        const subject = contender("Holdfast", driver, what);
        const peers = [contender("bare SDK", sdk, what)];
        const targets = [{ peer: "bare SDK", ratio: leastRatio }];
        comparisons.push(await compare({ name: `${what}, 100 kB`, unit: "objects/s", targets }, { subject, peers }, rounds, progress));
      }
      const notes = [
        `${count} objects of ${bytes} bytes a round, ${concurrency} at a time, radosgw on the same machine, everything in its memory`,
        "Holdfast also hashes what it puts (SHA-256 for the receipt, MD5 for the service to check), and names each put, so that a lost answer can be looked up",
      ];
      return { comparisons, notes };
    } finally {
      for (const child of children) await child.stop();
      await server.stop();
    }
  },
};

function contender(name: string, child: Child<BucketCommands>, what: "put" | "get"): Contender {
  const keys = Array.from({ length: count }, (_, index) => `${name.replace(" ", "-")}/${index}.jpg`);
  return {
    name,
    async round() {
      const { seconds, cpuSeconds } = await child.call(what, { keys, bytes, concurrency });
      return { perSecond: count / seconds, cpuMs: (cpuSeconds * 1000) / count };
    },
  };
}
