import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import type { Driver } from "../../packages/media/src/storage/driver.js";
import { openCloudinaryDriver } from "../../packages/media/src/storage/drivers/cloudinary.js";
import { fsDriver } from "../../packages/media/src/storage/drivers/fs.js";
import { memoryDriver } from "../../packages/media/src/storage/drivers/memory.js";
import { openS3Driver } from "../../packages/media/src/storage/drivers/s3.js";
import { checkContract, type ClauseResult, contract } from "../../packages/media/src/testing/contract.js";
import { startCloudinaryDouble } from "../doubles/cloudinary.js";
import { makeBucket, present } from "./bucket.js";
import { contractTable } from "./contract-table.js";
import type { S3Server } from "../../bench/src/servers/daemons.js";
import { type Backend, waivers } from "./waivers.js";

const { radosgw, swift, versitygw, minio } = inject("servers");
const folder = await mkdtemp(join(tmpdir(), "holdfast-contract-"));
const results = new Map<Backend, readonly ClauseResult[]>();

afterAll(async () => {
  process.stdout.write(`\n${contractTable(contract, results)}\n`);
  await double.stop();
  await rm(folder, { recursive: true, force: true });
});

const onServer = (server: S3Server | undefined) => async (): Promise<Driver> => await openS3Driver(await makeBucket(present(server)));

// The sizes of a paid plan: the free one takes plain files up to 10 MB, and the contract's largest have 20.
const double = await startCloudinaryDouble({ limits: { raw: 100_000_000 } });
const onDouble = async (): Promise<Driver> => await openCloudinaryDriver({ account: double.account, uploadPrefix: double.origin });

const backends: readonly { readonly name: Backend; readonly open: () => Promise<Driver>; readonly isHere: boolean }[] = [
  { name: "fs", open: async () => fsDriver({ root: folder }), isHere: true },
  { name: "memory", open: async () => memoryDriver(), isHere: true },
  { name: "radosgw", open: onServer(radosgw), isHere: radosgw !== undefined },
  { name: "swift", open: onServer(swift), isHere: swift !== undefined },
  { name: "versitygw", open: onServer(versitygw), isHere: versitygw !== undefined },
  { name: "minio", open: onServer(minio), isHere: minio !== undefined },
  { name: "cloudinary", open: onDouble, isHere: true },
];

describe("the driver contract", () => {
  for (const { name, open, isHere } of backends) {
    it.skipIf(!isHere).concurrent(`is kept on ${name}`, async () => {
      const driver = await open();
      try {
        const found = await checkContract({ driver, waivers: waivers[name] });
        results.set(name, found);
        expect(found.flatMap((result) => (result.outcome === "failed" ? [`${result.clause}: ${result.why}`] : []))).toEqual([]);
        expect(found.filter(({ outcome }) => outcome === "passed").length).toBeGreaterThan(25);
      } finally {
        await driver.close();
      }
    });
  }

  it("is kept on the double of Cloudinary within an hour's admin calls of the free plan, and leaves nothing", () => {
    expect(results.get("cloudinary")?.length).toBe(contract.length);
    expect(double.seen.filter(({ area }) => area === "admin").length).toBeLessThan(500);
    expect(double.assets.all().map(({ publicId }) => publicId)).toEqual(["holdfast/__2eholdfast/identity"]);
  });
});
