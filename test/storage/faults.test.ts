import { beforeAll, describe, expect, inject, it } from "vitest";
import { isHoldfastError } from "../../packages/media/src/errors.js";
import type { Driver } from "../../packages/media/src/storage/driver.js";
import { openS3Driver } from "../../packages/media/src/storage/drivers/s3.js";
import { ClauseFailed, sourceOf } from "../../packages/media/src/testing/clause.js";
import { type Bucket, makeBucket, present } from "./bucket.js";
import { onFaultBench } from "./fault-bench.js";
import { type FaultClause, faultClauses, mostTries } from "./fault-clauses.js";
import { mutants } from "./mutants.js";

const { radosgw } = inject("servers");
const plain = { contentType: "application/octet-stream" } as const;

const lanes = Array.from({ length: 3 }, async () => undefined);

/** Do work when one of three lanes is free. */
async function fewAtATime(work: () => Promise<void>): Promise<void> {
  const lane = await Promise.race(lanes.map(async (each, index) => await each.then(() => index)));
  const done = (lanes[lane] ?? Promise.resolve(undefined)).then(work);
  lanes[lane] = done.then(
    () => undefined,
    () => undefined,
  );
  await done;
}

describe.skipIf(radosgw === undefined)("a bucket behind a bad line", () => {
  let bucket: Bucket;
  let direct: Driver;
  beforeAll(async () => {
    bucket = await makeBucket(present(radosgw));
    direct = await openS3Driver(bucket);
    return async () => await direct.close();
  });

  const expectHeld = async (clause: FaultClause): Promise<void> => {
    await onFaultBench(bucket, direct, async (bench) => await clause.check(bench), { isLarge: clause.isLarge });
  };

  it.concurrent.each(faultClauses.filter(({ isLarge }) => !isLarge))("$id", async (clause) => await expectHeld(clause));

  it.concurrent.each(faultClauses.filter(({ isLarge }) => isLarge))(
    "$id",
    async (clause) => await fewAtATime(async () => await expectHeld(clause)),
  );

  it.concurrent("is not said to hold another's object when nobody can tell whose it is", async () => {
    await onFaultBench(bucket, direct, async ({ driver, proxy, key }) => {
      const target = key();
      // The first try is done and its answer lost; the second is refused because of the first; the look fails.
      proxy.follow(({ method, number }) => {
        if (method === "HEAD") return { on: "request", afterBytes: 0, act: "reset" };
        return number === 1 ? { on: "answer", afterBytes: 0, act: "reset" } : undefined;
      });
      const outcome = await driver.put(target, sourceOf(Buffer.from("own")), { ...plain, ifAbsent: true }).catch((error: unknown) => error);
      expect(isHoldfastError(outcome) ? outcome.code : outcome).toBe("STORAGE_UNREACHABLE");
    });
  });

  it.concurrent("is asked again after waits of random length", async () => {
    await onFaultBench(bucket, direct, async ({ driver, proxy, key }) => {
      const waits: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        proxy.follow(() => ({ on: "request", afterBytes: 0, act: "reset" }));
        await expect(driver.stat(key())).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
        const times = proxy.requests.map(({ at }) => at);
        expect(times).toHaveLength(mostTries);
        for (const [index, at] of times.slice(1).entries()) waits.push(at - (times[index] ?? 0));
      }
      expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(20);
    });
  });

  it.concurrent("gives a long reading whole, however often it breaks off", async () => {
    await onFaultBench(bucket, direct, async ({ driver, proxy, key }) => {
      const target = key();
      const bytes = Buffer.alloc(12 * 1024 * 1024, "holdfast");
      await direct.put(target, sourceOf(bytes), plain);
      // Every answer breaks off after 1.5 MB: more often than a reading without progress would be taken up again.
      proxy.follow(() => ({ on: "answer", afterBytes: 1_500_000, act: "close" }));
      const blocks: Uint8Array[] = [];
      for await (const block of (await driver.open(target)).bytes) blocks.push(block);
      expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
      expect(proxy.requests.length).toBeGreaterThan(6);
    });
  });

  it.concurrent.each(mutants)("is a trial that a driver does not pass which $fault", async (mutant) => {
    const clause = faultClauses.find(({ id }) => id === mutant.caughtBy);
    if (clause === undefined) throw new Error(`there is no clause "${mutant.caughtBy}"`);
    const checking = onFaultBench(bucket, direct, async (bench) => await clause.check(bench), { mutant });
    await expect(checking).rejects.toThrow(ClauseFailed);
  });
});
