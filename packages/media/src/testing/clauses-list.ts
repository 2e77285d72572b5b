import { randomBytes } from "node:crypto";
import type { Driver, ObjectStat } from "../storage/driver.js";
import { type Key, parseKey } from "../storage/key.js";
import { claim, claimEqual, type Clause, sourceOf } from "./clause.js";

/** One more than a page of any S3-compatible listing. */
const morePages = 1001;

/** What listing promises. */
export const listClauses: readonly Clause[] = [
  {
    id: "list-prefix-boundary",
    says: "A listing has exactly the keys that begin with its prefix: a/a/ does not hold a/aaa/.",
    async check({ driver, folder, put }) {
      const base = folder();
      const keys = ["a/a/1", "a/a/2/3", "a/aaa/1", "a/a", "b/a/1"].map((name) => parseKey(`${base}${name}`));
      // Where a key may not be both an object and a prefix of others, `a/a` cannot be.
      const present = (
        await Promise.all(keys.filter((name) => !name.endsWith("/a/a")).map(async (name) => (await put(name), name)))
      ).toSorted();
      claimEqual("a/a/", show(await listed(driver, `${base}a/a/`)), show(present.filter((name) => name.startsWith(`${base}a/a/`))));
      claimEqual("a/aa", show(await listed(driver, `${base}a/aa`)), show(present.filter((name) => name.startsWith(`${base}a/aa`))));
      claimEqual("a prefix of nothing", show(await listed(driver, `${base}c`)), "[]");
    },
  },
  {
    id: "list-many",
    says: "A listing goes past a thousand objects, each once.",
    async check({ driver, folder }) {
      const base = folder();
      const names = Array.from({ length: morePages }, (_, index) => parseKey(`${base}${String(index).padStart(5, "0")}`));
      await inBatches(names, async (name) => void (await driver.put(name, sourceOf(new Uint8Array(1)), { contentType: "text/plain" })));
      const found = await listed(driver, `${base}`);
      claimEqual("the number of keys", found.length, morePages);
      claimEqual("the number of different keys", new Set(found).size, morePages);
      await inBatches(names, async (name) => await driver.delete(name));
    },
  },
  {
    id: "list-ordered",
    says: "Keys come in the order of their UTF-8 bytes, not of UTF-16 units.",
    needs: "orderedList",
    async check({ driver, folder, put }) {
      const base = folder();
      // U+FF5E sorts after U+1F389 in UTF-16 and before it in UTF-8.
      const names = ["b", "a", "a.txt", "a-/x", "a/x", "B", "ab", "\uFF5E", "\u{1F389}", "é"].filter((name) => name !== "a");
      for (const name of names) await put(parseKey(`${base}${name}`), randomBytes(1));
      const found: string[] = [];
      for await (const stat of driver.list({ prefix: `${base}` })) found.push(stat.key);
      const expected = names.map((name) => `${base}${name}`).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      claimEqual("the order", show(found), show(expected));
    },
  },
  {
    id: "list-describes",
    says: "A listing gives the same size as stat.",
    async check({ driver, key, put }) {
      const target = key();
      await put(target, randomBytes(77));
      const found: ObjectStat[] = [];
      for await (const stat of driver.list({ prefix: target })) found.push(stat);
      claimEqual("the number of objects", found.length, 1);
      claimEqual("size", found[0]?.size, 77);
    },
  },
  {
    id: "list-stopped",
    says: "A listing that is stopped early holds nothing up.",
    async check({ driver, folder, put }) {
      const base = folder();
      for (const name of ["1", "2", "3"]) await put(parseKey(`${base}${name}`));
      for (let round = 0; round < 20; round += 1) for await (const stat of driver.list({ prefix: `${base}` })) if (stat.size > 0) break;
      claim("the listing is empty afterwards", (await listed(driver, `${base}`)).length === 3);
    },
  },
];

async function listed(driver: Driver, prefix: string): Promise<Key[]> {
  const found: Key[] = [];
  for await (const { key } of driver.list({ prefix })) found.push(key);
  return found.toSorted();
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 25) await Promise.all(items.slice(at, at + 25).map(work));
}

function show(keys: readonly string[]): string {
  return JSON.stringify(keys);
}
