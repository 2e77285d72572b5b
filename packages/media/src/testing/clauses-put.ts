import { randomBytes } from "node:crypto";
import { isHoldfastError } from "../errors.js";
import type { Source } from "../storage/driver.js";
import { claim, claimBytes, claimEqual, claimRefused, type Clause, sha256Of, sourceOf } from "./clause.js";

const plain = { contentType: "application/octet-stream" } as const;
/** Three parts for a driver that sends in parts of 8 MiB or less. */
const threeParts = 20 * 1024 * 1024;

/** What a put promises. */
export const putClauses: readonly Clause[] = [
  {
    id: "put-bytes-equal",
    says: "What was put is read back, byte for byte.",
    async check({ driver, key, read }) {
      const bytes = randomBytes(300_001);
      const target = key();
      const receipt = await driver.put(target, sourceOf(bytes), plain);
      claimBytes("the object", await read(target), bytes);
      claimEqual("receipt.size", receipt.size, bytes.byteLength);
      claimEqual("receipt.sha256", receipt.sha256, sha256Of(bytes));
    },
  },
  {
    id: "put-verified",
    says: "A receipt says how the backend is known to hold the bytes.",
    async check({ driver, key }) {
      const receipt = await driver.put(key(), sourceOf(randomBytes(10)), plain);
      claim(`verifiedBy is "${receipt.verifiedBy}"`, receipt.verifiedBy === "backend" || receipt.verifiedBy === "readback");
    },
  },
  {
    id: "put-empty",
    says: "An empty object can be put, found and read.",
    async check({ driver, key, read }) {
      const target = key();
      const receipt = await driver.put(target, sourceOf(new Uint8Array()), plain);
      claimEqual("receipt.size", receipt.size, 0);
      claimEqual("stat.size", (await driver.stat(target))?.size, 0);
      claimEqual("bytes read", (await read(target)).byteLength, 0);
    },
  },
  {
    id: "put-unknown-length",
    says: "A source that does not say its length is stored whole.",
    async check({ driver, key, read }) {
      const bytes = randomBytes(700_000);
      const target = key();
      await driver.put(target, sourceOf(bytes, { isUnsized: true, blockBytes: 7919 }), plain);
      claimBytes("the object", await read(target), bytes);
    },
  },
  {
    id: "put-three-parts",
    says: "An object larger than any part is stored whole.",
    needs: "largeObjects",
    async check({ driver, key, read }) {
      const bytes = randomBytes(threeParts);
      const target = key();
      const receipt = await driver.put(target, sourceOf(bytes), plain);
      claimEqual("receipt.sha256", receipt.sha256, sha256Of(bytes));
      claimBytes("the object", await read(target), bytes);
    },
  },
  {
    id: "put-three-parts-unknown-length",
    says: "An object larger than any part, of unknown length, is stored whole.",
    needs: "largeObjects",
    async check({ driver, key, read }) {
      const bytes = randomBytes(threeParts + 1);
      const target = key();
      await driver.put(target, sourceOf(bytes, { isUnsized: true, blockBytes: 999_983 }), plain);
      claimBytes("the object", await read(target), bytes);
    },
  },
  {
    id: "put-replaces",
    says: "A put without ifAbsent replaces the object, whole.",
    async check({ driver, key, put, read }) {
      const target = key();
      await put(target, randomBytes(5000));
      const second = randomBytes(50);
      await driver.put(target, sourceOf(second), plain);
      claimBytes("the object", await read(target), second);
    },
  },
  {
    id: "put-wrong-sha256",
    says: "Bytes whose SHA-256 is not the expected one are refused, and nothing is stored.",
    async check({ driver, key }) {
      const target = key();
      const expect = { sha256: sha256Of(Buffer.from("other")) };
      await claimRefused("the put", driver.put(target, sourceOf(randomBytes(1000)), { ...plain, expect }), "OBJECT_MISMATCH");
      claimEqual("stat", await driver.stat(target), undefined);
    },
  },
  {
    id: "put-wrong-sha256-keeps-old",
    says: "A refused replacement leaves the old object as it was.",
    async check({ driver, key, put, read }) {
      const target = key();
      const old = await put(target);
      const expect = { sha256: sha256Of(Buffer.from("other")) };
      await claimRefused("the put", driver.put(target, sourceOf(randomBytes(1000)), { ...plain, expect }), "OBJECT_MISMATCH");
      claimBytes("the object", await read(target), old);
    },
  },
  {
    id: "put-wrong-size",
    says: "Bytes that are more or fewer than expected are refused, and nothing is stored.",
    async check({ driver, key }) {
      for (const size of [999, 1001]) {
        const target = key();
        await claimRefused(
          "the put",
          driver.put(target, sourceOf(randomBytes(1000), { isUnsized: true }), { ...plain, expect: { size } }),
          "OBJECT_MISMATCH",
        );
        claimEqual("stat", await driver.stat(target), undefined);
      }
    },
  },
  {
    id: "put-truncated-source",
    says: "A source that ends before its declared size is refused, and nothing is stored.",
    async check({ driver, key }) {
      const target = key();
      const short: Source = { ...sourceOf(randomBytes(1000)), size: 5000 };
      await claimRefused("the put", driver.put(target, short, plain), "OBJECT_MISMATCH");
      claimEqual("stat", await driver.stat(target), undefined);
    },
  },
  {
    id: "put-failing-source",
    says: "A source that fails half-way leaves nothing, and its own error reaches the caller.",
    async check({ driver, key }) {
      for (const bytes of [100_000, 9_000_000]) {
        const target = key();
        const failing: Source = {
          async *open() {
            yield randomBytes(bytes);
            throw new Error("the source broke");
          },
        };
        const outcome = await driver.put(target, failing, plain).then(
          () => "stored",
          (error: unknown) => causes(error),
        );
        claim(`the put ended with: ${outcome}`, outcome.includes("the source broke"));
        claimEqual("stat", await driver.stat(target), undefined);
      }
    },
  },
  {
    id: "put-abort",
    says: "An aborted put leaves nothing.",
    async check({ driver, key }) {
      const target = key();
      const controller = new AbortController();
      const slow: Source = {
        async *open() {
          yield randomBytes(200_000);
          controller.abort();
          await new Promise((resolve) => setTimeout(resolve, 20));
          yield randomBytes(200_000);
        },
      };
      await claimRefused("the put", driver.put(target, slow, { ...plain, signal: controller.signal }));
      claimEqual("stat", await driver.stat(target), undefined);
    },
  },
  {
    id: "put-not-seen-early",
    says: "Until a put resolves, readers see the old object or none, never a part.",
    async check({ driver, key, put, read }) {
      const target = key();
      const old = await put(target);
      let seen: Promise<Uint8Array> | undefined;
      const bytes = randomBytes(400_000);
      const watched: Source = {
        size: bytes.byteLength,
        async *open(offset = 0) {
          yield bytes.subarray(offset, 200_000);
          seen = read(target);
          await seen;
          yield bytes.subarray(Math.max(offset, 200_000));
        },
      };
      await driver.put(target, watched, plain);
      if (seen !== undefined) claimBytes("the object meanwhile", await seen, old);
      claimBytes("the object afterwards", await read(target), bytes);
    },
  },
  {
    id: "put-concurrent-writers",
    says: "Of several writers to one key one wins, whole.",
    async check({ driver, key, read }) {
      const target = key();
      const candidates = Array.from({ length: 8 }, () => randomBytes(90_000));
      await Promise.all(candidates.map(async (bytes) => await driver.put(target, sourceOf(bytes), plain)));
      const found = sha256Of(await read(target));
      claim(
        "the object is none of those written",
        candidates.some((bytes) => sha256Of(bytes) === found),
      );
    },
  },
  {
    id: "put-if-absent",
    says: "A put with ifAbsent never replaces.",
    needs: "ifAbsent",
    async check({ driver, key, put, read }) {
      const target = key();
      const old = await put(target);
      await claimRefused("the put", driver.put(target, sourceOf(randomBytes(10)), { ...plain, ifAbsent: true }), "OBJECT_EXISTS");
      claimBytes("the object", await read(target), old);
    },
  },
  {
    id: "put-if-absent-race",
    says: "Of twenty racers with ifAbsent exactly one wins, and its bytes are there.",
    needs: "ifAbsent",
    async check({ driver, key, read }) {
      const target = key();
      const candidates = Array.from({ length: 20 }, () => randomBytes(2000));
      const outcomes = await Promise.allSettled(
        candidates.map(async (bytes) => await driver.put(target, sourceOf(bytes), { ...plain, ifAbsent: true })),
      );
      const winners = candidates.filter((_, index) => outcomes[index]?.status === "fulfilled");
      claimEqual("the number of winners", winners.length, 1);
      const [winner] = winners;
      if (winner !== undefined) claimBytes("the object", await read(target), winner);
      const strays = outcomes.filter((outcome) => outcome.status === "rejected" && !isHoldfastError(outcome.reason, "OBJECT_EXISTS"));
      claimEqual("losers told anything but OBJECT_EXISTS", strays.length, 0);
    },
  },
  {
    id: "put-if-absent-large",
    says: "A large put with ifAbsent does not replace either.",
    needs: "ifAbsent",
    async check({ driver, key, put, read }) {
      const target = key();
      const old = await put(target);
      await claimRefused("the put", driver.put(target, sourceOf(randomBytes(threeParts)), { ...plain, ifAbsent: true }), "OBJECT_EXISTS");
      claimBytes("the object", await read(target), old);
    },
  },
];

function causes(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.cause === undefined ? "" : causes(error.cause)}` : String(error);
}
