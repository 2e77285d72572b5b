import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseKey, sourceFromBytes } from "@holdfast/media";
import { checkContract } from "@holdfast/media/testing";
import { afterAll, describe, expect, it } from "vitest";
import { sqliteBlobDriver } from "./sqlite-blob-driver.js";

const folder = await mkdtemp(join(tmpdir(), "sqlite-blob-"));
afterAll(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

describe("sqliteBlobDriver", () => {
  it("keeps the driver contract", { timeout: 120_000 }, async () => {
    const driver = sqliteBlobDriver({ path: join(folder, "contract.db") });
    const results = await checkContract({ driver });
    await driver.close();
    expect(results.flatMap((result) => (result.outcome === "failed" ? [`${result.clause}: ${result.why}`] : []))).toEqual([]);
    expect(results.filter(({ outcome }) => outcome === "passed").length).toBeGreaterThan(30);
  });

  it("has the same identity and the same objects when it is opened again", async () => {
    const path = join(folder, "again.db");
    const first = sqliteBlobDriver({ path });
    const identity = await first.identity();
    await first.put(parseKey("a.txt"), sourceFromBytes(Buffer.from("hello")), { contentType: "text/plain" });
    await first.close();
    const second = sqliteBlobDriver({ path });
    expect(await second.identity()).toBe(identity);
    expect((await second.stat(parseKey("a.txt")))?.size).toBe(5);
    await second.close();
  });

  it("says of a folder that is not there that it cannot be used, not that objects are absent", () => {
    expect(() => sqliteBlobDriver({ path: join(folder, "no", "such", "folder.db") })).toThrow(/^The storage sqlite/);
  });
});
