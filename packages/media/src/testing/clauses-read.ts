import { randomBytes } from "node:crypto";
import { parseKey } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";
import { claim, claimBytes, claimEqual, claimRefused, type Clause, sourceOf } from "./clause.js";

/** What reading, describing and deleting promise. */
export const readClauses: readonly Clause[] = [
  {
    id: "open-absent",
    says: "Opening what is not there says OBJECT_NOT_FOUND, nothing vaguer.",
    async check({ driver, key }) {
      await claimRefused("the open", driver.open(key()), "OBJECT_NOT_FOUND");
    },
  },
  {
    id: "stat-absent",
    says: "Describing what is not there answers undefined.",
    async check({ driver, key }) {
      claimEqual("stat", await driver.stat(key()), undefined);
    },
  },
  {
    id: "stat-describes",
    says: "Describing an object gives its key, its size and when it was written.",
    async check({ driver, key, put }) {
      const target = key();
      const before = Date.now();
      await put(target, randomBytes(1234));
      const stat = await driver.stat(target);
      claimEqual("key", stat?.key, target);
      claimEqual("size", stat?.size, 1234);
      // A backend's clock may differ from ours, and may count in seconds.
      claim(`modifiedAt is ${String(stat?.modifiedAt)}`, Math.abs((stat?.modifiedAt ?? 0) - before) < 15 * 60_000);
    },
  },
  {
    id: "stat-content-type",
    says: "The content type given at the put is kept.",
    needs: "contentType",
    async check({ driver, key }) {
      const target = key("picture.webp");
      await driver.put(target, sourceOf(randomBytes(10)), { contentType: "image/webp" });
      claimEqual("contentType", (await driver.stat(target))?.contentType, "image/webp");
    },
  },
  {
    id: "open-range",
    says: "A range is read as it was asked for: first byte, middle, last byte, all.",
    async check({ driver, key, put }) {
      const target = key();
      const bytes = await put(target, randomBytes(100_000));
      for (const [start, end] of [
        [0, 0],
        [1000, 70_000],
        [99_999, 99_999],
        [0, 99_999],
      ] as const) {
        const body = await driver.open(target, { range: { start, end } });
        claimEqual("the whole's size", body.size, bytes.byteLength);
        claimBytes(`bytes ${start} to ${end}`, await readAll(body), bytes.subarray(start, end + 1));
      }
    },
  },
  {
    id: "open-stopped",
    says: "A reader that stops early, or never begins, holds nothing up.",
    async check({ driver, key, put, read }) {
      const target = key();
      const bytes = await put(target, randomBytes(2_000_000));
      for (let round = 0; round < 30; round += 1) {
        const body = await driver.open(target);
        for await (const block of body.bytes) if (block.byteLength > 0) break;
        await (await driver.open(target)).close();
      }
      claimBytes("the object", await read(target), bytes);
    },
  },
  {
    id: "open-parallel",
    says: "Many readers of one object each get all of it.",
    async check({ key, put, read }) {
      const target = key();
      const bytes = await put(target, randomBytes(300_000));
      for (const found of await Promise.all(Array.from({ length: 12 }, async () => await read(target))))
        claimBytes("the object", found, bytes);
    },
  },
  {
    id: "delete-present",
    says: "A deleted object is absent.",
    async check({ driver, key, put }) {
      const target = key();
      await put(target);
      await driver.delete(target);
      claimEqual("stat", await driver.stat(target), undefined);
      await claimRefused("the open", driver.open(target), "OBJECT_NOT_FOUND");
    },
  },
  {
    id: "delete-absent",
    says: "Deleting what is not there succeeds, again and again.",
    async check({ driver, key }) {
      const target = key();
      await driver.delete(target);
      await driver.delete(target);
    },
  },
  {
    id: "delete-one-only",
    says: "Deleting a key leaves every longer and shorter key alone.",
    async check({ driver, key, put, read }) {
      const base = key("a");
      const keys = [parseKey(`${base}b`), parseKey(`${base}.jpg`), key("a")];
      const contents = await Promise.all(keys.map(async (other) => await put(other)));
      await put(base);
      await driver.delete(base);
      for (const [index, other] of keys.entries()) claimBytes(other, await read(other), contents[index] ?? new Uint8Array());
    },
  },
  {
    id: "identity-lasts",
    says: "The storage's identity is one and the same, also for those who ask together.",
    async check({ driver }) {
      const found = await Promise.all(Array.from({ length: 5 }, async () => await driver.identity()));
      claim("it is empty", found[0] !== undefined && found[0].length >= 8);
      claimEqual("the number of different answers", new Set(found).size, 1);
    },
  },
];

/** Keys that have tripped storage code before, relative to a scratch prefix. */
const hostileKeys: readonly { readonly name: string; readonly isUnicode: boolean }[] = [
  { name: "percent %2F %41 100%.jpg", isUnicode: false },
  { name: "plus+and space .jpg", isUnicode: false },
  { name: "question?mark#hash&and=equals;semi.jpg", isUnicode: false },
  { name: 'quotes\'and"more"<tags>.jpg', isUnicode: false },
  { name: "..dots..jpg", isUnicode: false },
  { name: "...", isUnicode: false },
  { name: "-dash", isUnicode: false },
  { name: "~tilde", isUnicode: false },
  { name: "$(touch x)`y`|z*[a]{b}!", isUnicode: false },
  { name: "Größe-naïve-ñandú.jpg", isUnicode: true },
  { name: "fotoğraf-İstanbul.jpg", isUnicode: true },
  { name: "写真.jpg", isUnicode: true },
  { name: "🎉🏽‍♀️.jpg", isUnicode: true },
  { name: "e\u0301 decomposed.jpg", isUnicode: true },
];

/** What keys may be. */
export const keyClauses: readonly Clause[] = [
  ...[false, true].map((isUnicode): Clause => ({
    id: isUnicode ? "keys-unicode" : "keys-hostile",
    says: isUnicode
      ? "Keys in any script, astral and decomposed characters too, are kept as they are."
      : "Keys with percent signs, spaces, quotes and shell characters are kept as they are.",
    ...(isUnicode ? { needs: "unicodeKeys" as const } : {}),
    async check({ driver, key, put, read }) {
      for (const { name } of hostileKeys.filter((hostile) => hostile.isUnicode === isUnicode)) {
        const target = key(name);
        const bytes = await put(target);
        claimBytes(target, await read(target), bytes);
        claimEqual("stat.key", (await driver.stat(target))?.key, target);
        const listed: string[] = [];
        for await (const stat of driver.list({ prefix: target })) listed.push(stat.key);
        claimEqual("the listing", JSON.stringify(listed), JSON.stringify([target]));
        await driver.delete(target);
        claimEqual("stat afterwards", await driver.stat(target), undefined);
      }
    },
  })),
  {
    id: "keys-longest",
    says: "A key as long as the driver's limit is kept; the driver says its limit truly.",
    async check({ driver, folder, put, read }) {
      const base = folder();
      const room = driver.limits.maxKeyBytes - base.length;
      // In segments of 200, for a file system takes no longer names; the last character is never a slash.
      const target = parseKey(base + Array.from({ length: room }, (_, i) => (i % 201 === 200 && i < room - 1 ? "/" : "k")).join(""));
      const bytes = await put(target);
      claimBytes("the object", await read(target), bytes);
    },
  },
];
