import { randomBytes } from "node:crypto";
import type { Driver } from "../../packages/media/src/storage/driver.js";
import { openS3Driver } from "../../packages/media/src/storage/drivers/s3.js";
import { parseKey } from "../../packages/media/src/storage/key.js";
import { type Bucket, clientOf } from "./bucket.js";
import { type FaultBench, silenceMsFor } from "./fault-clauses.js";
import { startFaultProxy } from "./fault-proxy.js";
import type { Mutant } from "./mutants.js";

/**
 * Open a driver whose every request goes through a proxy of its own, and do `work` with it. The driver is new each time: the
 * SDK retries less the more it has failed before. A mutant takes its place.
 */
export async function onFaultBench<T>(
  bucket: Bucket,
  direct: Driver,
  work: (bench: FaultBench) => Promise<T>,
  options: { readonly isLarge?: boolean; readonly mutant?: Mutant } = {},
): Promise<T> {
  const { isLarge = false, mutant } = options;
  const proxy = await startFaultProxy(bucket.endpoint);
  try {
    const driver = await openS3Driver({ ...bucket, endpoint: proxy.endpoint, silenceMs: silenceMsFor(isLarge) });
    const client = clientOf({ ...bucket, endpoint: proxy.endpoint });
    try {
      const trialled = mutant === undefined ? driver : mutant.change({ driver, direct, client, bucket: bucket.bucket });
      return await work({ driver: trialled, direct, proxy, key: () => parseKey(`faults/${randomBytes(8).toString("hex")}`) });
    } finally {
      client.destroy();
      await driver.close();
    }
  } finally {
    await proxy.stop();
  }
}
