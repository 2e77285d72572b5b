import { describe, expect, it } from "vitest";
import { memoryDriver } from "./drivers/memory.js";
import type { Driver } from "./driver.js";
import { sourceFromBytes } from "./source.js";
import { describeStorage, openStorage } from "./storage.js";

const about = { description: "memory", chosenBy: "a test", durability: "ephemeral" } as const;
const plain = { contentType: "text/plain" };
const bytes = sourceFromBytes(Buffer.from("bytes"));
const coded = (code: string): object => expect.objectContaining({ code });

describe("a storage", () => {
  it("refuses a key before the driver sees it, also one that only this driver cannot take", async () => {
    const driver: Driver = { ...memoryDriver(), limits: { maxKeyBytes: 10, maxBytes: 100 } };
    const storage = openStorage(driver, about);
    for (const key of ["../a", "", "a/b/c/d/e/f", "üüüüüü"]) {
      await expect(storage.put(key, bytes, plain)).rejects.toThrow(coded("KEY_INVALID"));
      await expect(storage.open(key)).rejects.toThrow(coded("KEY_INVALID"));
      await expect(storage.stat(key)).rejects.toThrow(coded("KEY_INVALID"));
      await expect(storage.delete(key)).rejects.toThrow(coded("KEY_INVALID"));
    }
  });

  it("reads back what nobody but ourselves has verified", async () => {
    const driver = memoryDriver();
    const local: Driver["put"] = async (...rest) => ({ ...(await driver.put(...rest)), verifiedBy: "local" });
    const receipt = await openStorage({ ...driver, put: local }, about).put("a", bytes, plain);
    expect(receipt.verifiedBy).toBe("readback");
    const wrong: Driver["put"] = async (key, _source, options) => await local(key, sourceFromBytes(Buffer.from("other")), options);
    const lying: Driver["put"] = async (key, source, options) => {
      const receiptOfOther = await wrong(key, source, options);
      return { ...receiptOfOther, sha256: receipt.sha256 };
    };
    await expect(openStorage({ ...driver, put: lying }, about).put("b", bytes, plain)).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
  });

  it("says in one line what was chosen, and why", () => {
    expect(describeStorage(openStorage(memoryDriver(), about))).toBe("media storage: memory, chosen by a test, durability ephemeral");
  });
});
