import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../media.fixture.js";
import { parseKey } from "../key.js";
import { sourceFromBytes } from "../source.js";
import { fsDriver } from "./fs.js";
import { memoryDriver } from "./memory.js";

describe("memoryDriver", () => {
  it("keeps its own copy of the bytes", async () => {
    const driver = memoryDriver();
    const key = parseKey("a");
    const bytes = Buffer.from("before");
    await driver.put(key, sourceFromBytes(bytes), { contentType: "text/plain" });
    bytes.fill("x");
    const found: Uint8Array[] = [];
    for await (const block of (await driver.open(key)).bytes) found.push(block);
    expect(Buffer.concat(found).toString()).toBe("before");
  });

  it("lists what fs lists, in the same order, for any keys and any prefix", async () => {
    const segment = fc.string({ unit: fc.constantFrom("a", "b", ".", "-", "é", "\uff5e", "\u{1f389}", "0"), minLength: 1, maxLength: 3 });
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));
    const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 8 }).map((all) =>
      // In a folder nothing can be both an object and the prefix of another.
      all.filter((one) => /(^|\/)\.\.?(\/|$)/.exec(one) === null && !all.some((other) => other.startsWith(`${one}/`))),
    );
    await fc.assert(
      fc.asyncProperty(paths, fc.oneof(fc.constant(""), path), async (keys, prefix) => {
        const drivers = [fsDriver({ root: await temporaryFolder() }), memoryDriver()];
        const lists = await Promise.all(
          drivers.map(async (driver) => {
            await driver.identity();
            for (const key of keys) await driver.put(parseKey(key), sourceFromBytes(Buffer.from(key)), { contentType: "text/plain" });
            const listed: string[] = [];
            for await (const { key, size } of driver.list({ prefix })) listed.push(`${key} ${size}`);
            return listed;
          }),
        );
        const expected = keys.filter((key) => key.startsWith(prefix)).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(lists[0]).toEqual(expected.map((key) => `${key} ${Buffer.byteLength(key)}`));
        expect(lists[1]).toEqual(lists[0]);
      }),
      { numRuns: 25 },
    );
  });
});
