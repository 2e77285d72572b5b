import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fsDriver } from "../storage/drivers/fs.js";
import { memoryDriver } from "../storage/drivers/memory.js";
import type { Driver } from "../storage/driver.js";
import { checkContract, type ClauseResult, type Waiver } from "./contract.js";

const root = await mkdtemp(join(tmpdir(), "holdfast-contract-"));
afterAll(async () => await rm(root, { recursive: true, force: true }));

const fsWaivers: readonly Waiver[] = [
  { clause: "stat-content-type", reason: "a file system has no place for a content type; the catalogue keeps it" },
];

async function outcomes(driver: Driver, waivers: readonly Waiver[] = []): Promise<readonly ClauseResult[]> {
  return await checkContract({ driver, waivers });
}

const failed = (results: readonly ClauseResult[]): string[] =>
  results.flatMap((result) => (result.outcome === "failed" ? [`${result.clause}: ${result.why}`] : []));

describe("the driver contract", () => {
  it("is kept by fs", { timeout: 60_000 }, async () => {
    expect(failed(await outcomes(fsDriver({ root }), fsWaivers))).toEqual([]);
  });

  it("is kept by memory", { timeout: 60_000 }, async () => {
    expect(failed(await outcomes(memoryDriver()))).toEqual([]);
  });

  it("fails a waiver whose clause passes", async () => {
    const waivers = [{ clause: "delete-absent", reason: "none" }];
    expect(failed(await outcomes(memoryDriver(), waivers))).toEqual(["delete-absent: it passes, so its waiver is out of date: none"]);
  });

  const faulty: readonly { readonly fault: string; readonly caughtBy: string; readonly driver: () => Driver }[] = [
    {
      fault: "drops the last byte",
      caughtBy: "put-bytes-equal",
      driver: () =>
        changed({
          open: async (driver, key, options) => {
            const body = await driver.open(key, options);
            return {
              ...body,
              bytes: (async function* () {
                for await (const block of body.bytes) yield block.subarray(0, -1);
              })(),
            };
          },
        }),
    },
    {
      fault: "replaces in spite of ifAbsent",
      caughtBy: "put-if-absent",
      driver: () =>
        changed({ put: async (driver, key, source, options) => await driver.put(key, source, { ...options, ifAbsent: false }) }),
    },
    {
      fault: "ignores the expected checksum",
      caughtBy: "put-wrong-sha256",
      driver: () => changed({ put: async (driver, key, source, { expect: _, ...options }) => await driver.put(key, source, options) }),
    },
    {
      fault: "trusts the declared size",
      caughtBy: "put-truncated-source",
      driver: () => changed({ put: async (driver, key, source, options) => await driver.put(key, { open: source.open }, options) }),
    },
    {
      fault: "says local and means verified",
      caughtBy: "put-verified",
      driver: () =>
        changed({ put: async (driver, key, source, options) => ({ ...(await driver.put(key, source, options)), verifiedBy: "local" }) }),
    },
    { fault: "says absent where it cannot tell", caughtBy: "stat-describes", driver: () => changed({ stat: async () => undefined }) },
    {
      fault: "lists a page only",
      caughtBy: "list-many",
      driver: () => changed({ list: (driver, options) => take(driver.list(options), 1000) }),
    },
    {
      fault: "sorts by UTF-16",
      caughtBy: "list-ordered",
      driver: () => changed({ list: (driver, options) => byCodeUnits(driver.list(options)) }),
    },
    {
      fault: "deletes by prefix",
      caughtBy: "delete-one-only",
      driver: () =>
        changed({
          delete: async (driver, key) => {
            for await (const stat of driver.list({ prefix: key })) await driver.delete(stat.key);
          },
        }),
    },
  ];

  it.each(faulty)("catches a driver that $fault", { timeout: 60_000 }, async ({ caughtBy, driver }) => {
    const results = await outcomes(driver());
    expect(results.find((result) => result.clause === caughtBy)?.outcome).toBe("failed");
  });
});

type Changes = {
  put?: (driver: Driver, ...rest: Parameters<Driver["put"]>) => ReturnType<Driver["put"]>;
  open?: (driver: Driver, ...rest: Parameters<Driver["open"]>) => ReturnType<Driver["open"]>;
  stat?: (driver: Driver, ...rest: Parameters<Driver["stat"]>) => ReturnType<Driver["stat"]>;
  delete?: (driver: Driver, ...rest: Parameters<Driver["delete"]>) => ReturnType<Driver["delete"]>;
  list?: (driver: Driver, ...rest: Parameters<Driver["list"]>) => ReturnType<Driver["list"]>;
};

/** A memory driver with a fault. */
function changed(changes: Changes): Driver {
  const driver = memoryDriver();
  return {
    ...driver,
    put: async (...rest) => await (changes.put?.(driver, ...rest) ?? driver.put(...rest)),
    open: async (...rest) => await (changes.open?.(driver, ...rest) ?? driver.open(...rest)),
    stat: async (...rest) => await (changes.stat === undefined ? driver.stat(...rest) : changes.stat(driver, ...rest)),
    delete: async (...rest) => await (changes.delete?.(driver, ...rest) ?? driver.delete(...rest)),
    list: (...rest) => changes.list?.(driver, ...rest) ?? driver.list(...rest),
  };
}

async function* take<T>(items: AsyncIterable<T>, most: number): AsyncIterable<T> {
  let count = 0;
  for await (const item of items) if ((count += 1) <= most) yield item;
}

async function* byCodeUnits<T extends { readonly key: string }>(items: AsyncIterable<T>): AsyncIterable<T> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  yield* all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
