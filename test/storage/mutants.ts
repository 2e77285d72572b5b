import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { fail, isHoldfastError } from "../../packages/media/src/errors.js";
import type { Driver, Receipt } from "../../packages/media/src/storage/driver.js";
import { readAll } from "../../packages/media/src/storage/object-body.js";
import { sha256Of, sourceOf } from "../../packages/media/src/testing/clause.js";

/** What a mutant is made from. */
export interface Parts {
  readonly driver: Driver;
  readonly direct: Driver;
  /** The bare SDK, through the same proxy. */
  readonly client: S3Client;
  readonly bucket: string;
}

/** A driver with a fault of its own, and a clause that must fail because of it. */
export interface Mutant {
  readonly fault: string;
  readonly caughtBy: string;
  change(parts: Parts): Driver;
}

const receipt: Receipt = { size: 0, sha256: sha256Of(new Uint8Array()), verifiedBy: "backend" };

/** What drivers have been seen to do when the line is bad. */
export const mutants: readonly Mutant[] = [
  {
    fault: "acknowledges a put that it never heard of again",
    caughtBy: "a small put: PUT always never arrives",
    change: ({ driver }) => ({ ...driver, put: async (...rest) => await driver.put(...rest).catch(() => receipt) }),
  },
  {
    fault: "takes its own lost put for another's",
    caughtBy: "a small put with ifAbsent: PUT once has its answer swallowed",
    change: ({ driver, client, bucket }) => ({
      ...driver,
      // As the SDK alone does it: it tries again, and is refused because of its own first try.
      async put(key, source) {
        const Body = await readAll({ size: 0, range: undefined, bytes: source.open(), close: async () => undefined });
        try {
          await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, IfNoneMatch: "*" }));
        } catch (cause) {
          throw fail("OBJECT_EXISTS", { key }, { cause });
        }
        return receipt;
      },
    }),
  },
  {
    fault: "calls absent what it cannot reach",
    caughtBy: "a look at what is there: HEAD always is stalled",
    change: ({ driver }) => ({ ...driver, stat: async (...rest) => await driver.stat(...rest).catch(() => undefined) }),
  },
  {
    fault: "calls lost what it cannot read",
    caughtBy: "a read: GET always has its answer swallowed",
    change: ({ driver }) => ({
      ...driver,
      open: async (key, options) =>
        await driver.open(key, options).catch((cause: unknown) => {
          throw fail("OBJECT_NOT_FOUND", { key }, { cause });
        }),
    }),
  },
  {
    fault: "takes a body that ends early for the whole",
    caughtBy: "a read: GET always is cut off inside",
    change: ({ driver }) => ({
      ...driver,
      async open(key, options) {
        const body = await driver.open(key, options);
        let left = 100_000;
        const bytes = (async function* () {
          for await (const block of body.bytes) {
            if (left <= 0) return;
            left -= block.byteLength;
            yield block;
          }
        })();
        return { ...body, bytes };
      },
    }),
  },
  {
    fault: "gives out the part of a listing that it has",
    caughtBy: "a listing: GET always is answered busy",
    change: ({ driver }) => ({
      ...driver,
      async *list(options) {
        try {
          yield* driver.list(options);
        } catch {
          // Says nothing.
        }
      },
    }),
  },
  {
    fault: "tries for ever",
    caughtBy: "a delete: DELETE always never arrives",
    change: ({ driver }) => ({
      ...driver,
      async delete(key, options) {
        for (let tries = 0; tries < 5; tries += 1) await driver.delete(key, options).catch(() => undefined);
        await driver.delete(key, options);
      },
    }),
  },
  {
    fault: "calls deleted what it could not delete",
    caughtBy: "a delete: DELETE always never arrives",
    change: ({ driver }) => ({ ...driver, delete: async (...rest) => await driver.delete(...rest).catch(() => undefined) }),
  },
  {
    fault: "lets the client's own errors through",
    caughtBy: "a look at what is there: HEAD always never arrives",
    change: ({ driver }) => ({
      ...driver,
      stat: async (...rest) =>
        await driver.stat(...rest).catch((error: unknown) => {
          throw isHoldfastError(error) && error.cause instanceof Error ? error.cause : new Error("unknown", { cause: error });
        }),
    }),
  },
  {
    fault: "leaves half an object where a put breaks off",
    caughtBy: "a small put: PUT always is cut off inside",
    change: ({ driver, direct }) => ({
      ...driver,
      put: async (key, source, options) =>
        await driver.put(key, source, options).catch(async (error: unknown) => {
          await direct.put(key, sourceOf(Buffer.alloc(1000)), options);
          throw error;
        }),
    }),
  },
];
