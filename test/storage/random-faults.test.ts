import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { randomFrom } from "../../bench/src/random.js";
import { isHoldfastError } from "../../packages/media/src/errors.js";
import type { Driver } from "../../packages/media/src/storage/driver.js";
import { openS3Driver } from "../../packages/media/src/storage/drivers/s3.js";
import { type Key, parseKey } from "../../packages/media/src/storage/key.js";
import { readAll } from "../../packages/media/src/storage/object-body.js";
import { sha256Of, sourceOf } from "../../packages/media/src/testing/clause.js";
import { type Bucket, makeBucket, present } from "./bucket.js";
import { onFaultBench } from "./fault-bench.js";
import { randomFaults } from "./random-faults.js";

const { radosgw } = inject("servers");
const seed = Number(process.env["HOLDFAST_FAULT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const operations = Number(process.env["HOLDFAST_FAULT_OPERATIONS"] ?? 100);
const plain = { contentType: "application/octet-stream" } as const;

/** What may be under a key: the SHA-256 of contents, or "absent". One of them when the last word was clear. */
type Possible = Set<string>;

/** What one lane has done, and what it must find. Anything in `wrong` is a sentence. */
interface Model {
  readonly possible: Map<Key, Possible>;
  readonly wrong: string[];
  acknowledged: number;
  unreachable: number;
}

/** Do one operation drawn at random, and hold what it says against the model. */
async function step(driver: Driver, model: Model, random: () => number): Promise<void> {
  const keys = [...model.possible.keys()];
  const pick = (): Key => keys[Math.floor(random() * keys.length)] ?? parseKey("none");
  const key = pick();
  const possible = model.possible.get(key) ?? new Set();
  const settle = (...states: readonly string[]): void => void model.possible.set(key, new Set(states));
  const contents = [...possible].filter((state) => state !== "absent");
  const expectOf = (what: string, holds: boolean): void => {
    if (!holds) model.wrong.push(`${what} of ${key}, where there may be ${[...possible].map((state) => state.slice(0, 8)).join(", ")}`);
  };
  const bytes = Buffer.alloc(random() < 0.04 ? 9_000_000 : Math.ceil(random() * 100_000), random());
  bytes.writeDoubleLE(random(), 0);
  const what = random();
  try {
    if (what < 0.4) {
      const ifAbsent = what < 0.2;
      try {
        const receipt = await driver.put(key, sourceOf(bytes), ifAbsent ? { ...plain, ifAbsent } : plain);
        expectOf("a put with ifAbsent was done", !ifAbsent || possible.has("absent"));
        expectOf(`the receipt is of ${receipt.sha256}`, receipt.sha256 === sha256Of(bytes));
        model.acknowledged += 1;
        settle(sha256Of(bytes));
      } catch (error) {
        if (isHoldfastError(error, "OBJECT_EXISTS")) {
          expectOf("a put was told that there is something", ifAbsent && contents.length > 0);
          settle(...contents);
        } else {
          settle(...possible, ...(!ifAbsent || possible.has("absent") ? [sha256Of(bytes)] : []));
          throw error;
        }
      }
    } else if (what < 0.6) {
      const found = await driver.open(key).then(async (body) => sha256Of(await readAll(body)), absentOr);
      expectOf(`a read found ${found.slice(0, 8)}`, possible.has(found));
      settle(found);
    } else if (what < 0.7) {
      const isThere = (await driver.stat(key)) !== undefined;
      expectOf(`a look found ${isThere ? "something" : "nothing"}`, isThere ? contents.length > 0 : possible.has("absent"));
      settle(...(isThere ? contents : ["absent"]));
    } else if (what < 0.8) {
      settle(...possible, "absent");
      await driver.delete(key);
      settle("absent");
    } else if (what < 0.9) {
      const to = pick();
      if (to === key) return;
      const before = model.possible.get(to) ?? new Set();
      model.possible.set(to, new Set([...before, ...contents]));
      const found = await (driver.copy?.(key, to) ?? Promise.resolve()).then(() => "copied", absentOr);
      expectOf("a copy found nothing", found === "copied" || possible.has("absent"));
      model.possible.set(to, found === "copied" ? new Set(contents) : before);
    } else {
      const listed = new Set<string>();
      for await (const stat of driver.list({ prefix: `${key.split("/")[0] ?? ""}/` })) listed.add(stat.key);
      for (const [each, states] of model.possible) {
        const isRight = listed.has(each) ? [...states].some((state) => state !== "absent") : states.has("absent");
        if (!isRight) model.wrong.push(`a listing ${listed.has(each) ? "has" : "lacks"} ${each}`);
      }
    }
  } catch (error) {
    if (!isHoldfastError(error, "STORAGE_UNREACHABLE")) model.wrong.push(`${key}: ${String(error)}`);
    model.unreachable += 1;
  }
}

function absentOr(error: unknown): string {
  if (isHoldfastError(error, "OBJECT_NOT_FOUND")) return "absent";
  throw error;
}

describe.skipIf(radosgw === undefined)("operations at random while requests fail at random", () => {
  let bucket: Bucket;
  let direct: Driver;
  beforeAll(async () => {
    bucket = await makeBucket(present(radosgw));
    direct = await openS3Driver(bucket);
  });
  afterAll(async () => await direct.close());

  it.concurrent.each([
    { lane: 1, share: 0.1 },
    { lane: 2, share: 0.1 },
    { lane: 3, share: 0.4 },
  ])(`keep what was acknowledged, and nothing half (lane $lane, $share of requests fail, seed ${seed})`, async ({ lane, share }) => {
    const keys = Array.from({ length: 5 }, (_, index) => parseKey(`lane-${lane}/${index}`));
    const model: Model = { possible: new Map(keys.map((key) => [key, new Set(["absent"])])), wrong: [], acknowledged: 0, unreachable: 0 };
    await onFaultBench(
      bucket,
      direct,
      async ({ driver, proxy }) => {
        const random = randomFrom(seed + lane);
        proxy.follow(randomFaults(seed + 1000 * lane, share));
        const struckSoFar = (): number => proxy.requests.filter(({ isStruck }) => isStruck).length;
        let count = 0;
        // Chance may spare a hundred operations nearly all of it: then there are more of them.
        for (; count < operations || (struckSoFar() <= operations / 50 && count < 5 * operations); count += 1)
          await step(driver, model, random);
        const struck = struckSoFar();
        const done = `${count} operations, ${struck} of ${proxy.requests.length} requests failed`;
        process.stdout.write(
          `lane ${lane}: ${done}, ${model.acknowledged} puts acknowledged, ${model.unreachable} unreachable, seed ${seed}\n`,
        );
        expect(struck).toBeGreaterThan(operations / 50);
      },
      { isLarge: true },
    );
    for (const [key, possible] of model.possible) {
      const found = await direct.open(key).then(async (body) => sha256Of(await readAll(body)), absentOr);
      if (!possible.has(found)) model.wrong.push(`${key} holds ${found} in the end`);
      await direct.delete(key);
    }
    for await (const upload of direct.multipart?.listIncomplete({ prefix: `lane-${lane}/` }) ?? []) model.wrong.push(`left: ${upload.key}`);
    expect(model.wrong).toEqual([]);
  });
});
