import { describe, expect, inject, it } from "vitest";
import { openS3Driver } from "../../packages/media/src/storage/drivers/s3.js";
import { s3Providers } from "../../packages/media/src/storage/quirks.js";
import { makeBucket, present } from "./bucket.js";

const { radosgw, swift, versitygw, minio } = inject("servers");

describe("what is found out about a service at the start", () => {
  const rows = [
    { id: "ceph", server: radosgw },
    { id: "swift", server: swift },
    { id: "versitygw", server: versitygw },
    { id: "minio", server: minio },
  ] as const;
  for (const { id, server } of rows) {
    it.skipIf(server === undefined)(`is what the table says of ${id}`, async () => {
      const driver = await openS3Driver(await makeBucket(present(server)));
      await driver.close();
      expect(driver.quirks).toEqual(s3Providers.find((provider) => provider.id === id)?.quirks);
    });
  }
});
