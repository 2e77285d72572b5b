import { randomBytes } from "node:crypto";
import { type ErrorCode, HoldfastError, isHoldfastError } from "../../packages/media/src/errors.js";
import type { Driver, PutOptions } from "../../packages/media/src/storage/driver.js";
import { type Key, parseKey } from "../../packages/media/src/storage/key.js";
import { readAll } from "../../packages/media/src/storage/object-body.js";
import { claim, claimBytes, claimEqual, sourceOf } from "../../packages/media/src/testing/clause.js";
import type { Fault, FaultProxy, PassingRequest } from "./fault-proxy.js";

/** What a fault clause works with. */
export interface FaultBench {
  /** The driver on trial; all it says to the server goes through the proxy. */
  readonly driver: Driver;
  /** A driver that goes straight to the same bucket: what is really there. */
  readonly direct: Driver;
  readonly proxy: FaultProxy;
  key(): Key;
}

/** One promise about faults: an id, a sentence, and a check that can fail. */
export interface FaultClause {
  readonly id: string;
  readonly says: string;
  /** Whether many megabytes pass: such clauses are checked few at a time, and silence is given longer. */
  readonly isLarge: boolean;
  check(bench: FaultBench): Promise<void>;
}

/** A thing that is done with a driver while something goes wrong. */
interface Operation {
  readonly name: string;
  /** The requests that faults are aimed at, by name. */
  readonly aims: Readonly<Record<string, (request: PassingRequest) => boolean>>;
  readonly isLarge?: boolean;
  /** Where many bytes pass, so that they can be cut off in their middle as well. */
  readonly body?: Fault["on"];
  /** Lay out what the operation needs, without faults; then do it, and check what it says, and what is there afterwards. */
  prepare(bench: FaultBench): Promise<{
    run(): Promise<unknown>;
    /** The one right answer, checked; where the right answer is a refusal it is `refusal` instead. */
    answered?(found: unknown): void | Promise<void>;
    readonly refusal?: ErrorCode;
    /** What holds whether or not it succeeded. */
    afterwards?(isDone: boolean): Promise<void>;
  }>;
}

/** Tries for each request. */
export const mostTries = 3;

/** How long a driver on the bench puts up with silence. What is large takes its time on a busy machine. */
export function silenceMsFor(isLarge: boolean): number {
  return isLarge ? 4_000 : 1_500;
}

/** The longest that any operation may take: three silent tries, as many to look and as many to clean up, and some work. */
const longestMsFor = (isLarge: boolean): number => 3 * mostTries * silenceMsFor(isLarge) + 20_000;

/** The ways in which a request fails: before it arrives, half-way, and after all of it was done. */
const faults: Readonly<Record<string, Fault>> = {
  "never arrives": { on: "request", afterBytes: 0, act: "reset" },
  "is cut off": { on: "request", afterBytes: 300, act: "close" },
  "is stalled": { on: "request", afterBytes: 300, act: "stall" },
  "is answered busy": { on: "request", afterBytes: 0, act: "busy" },
  "has its answer swallowed": { on: "answer", afterBytes: 0, act: "reset" },
  "has its answer stalled": { on: "answer", afterBytes: 0, act: "stall" },
  "has its answer cut off": { on: "answer", afterBytes: 100, act: "close" },
};
const slow: Fault = { on: "answer", afterBytes: 0, act: "slow" };
/** The ends of large bodies on their way. */
const insideOf = (on: Fault["on"] | undefined): Readonly<Record<string, Fault>> => {
  if (on === undefined) return {};
  return {
    "is cut off inside": { on, afterBytes: 200_000, act: "reset" },
    "is stalled inside": { on, afterBytes: 200_000, act: "stall" },
  };
};

const is = (method: string, query = ""): ((request: PassingRequest) => boolean) => {
  return (request) => request.method === method && request.path.includes(query);
};
const plain = { contentType: "application/octet-stream" } as const;
const small = 300_000;
/** Three parts of the S3 driver's 8 MiB. */
const threeParts = 17 * 1024 * 1024;

function putting(name: string, size: number, aims: Operation["aims"], options: Partial<PutOptions> = {}): Operation {
  return {
    name,
    aims,
    ...(size === small ? { body: "request" } : { isLarge: true }),
    async prepare({ driver, direct, key }) {
      const target = key();
      const bytes = randomBytes(size);
      return {
        run: async () => await driver.put(target, sourceOf(bytes), { ...plain, ...options }),
        async afterwards(isDone) {
          const found = await direct.stat(target);
          claim("what was acknowledged is not there", !isDone || found !== undefined);
          // Whole or not at all: an unacknowledged object may be there, but never a part of it.
          if (found !== undefined) claimBytes("the object", await readAll(await direct.open(target)), bytes);
          await direct.delete(target);
          claimEqual("stat after delete", await direct.stat(target), undefined);
          for await (const left of direct.multipart?.listIncomplete({ prefix: target }) ?? []) {
            throw new Error(`delete left the begun upload ${left.uploadId}`);
          }
        },
      };
    },
  };
}

const operations: readonly Operation[] = [
  putting("a small put", small, { PUT: is("PUT") }),
  putting("a small put with ifAbsent", small, { PUT: is("PUT") }, { ifAbsent: true }),
  putting("a put in parts", threeParts, { part: is("PUT", "partNumber=2"), complete: is("POST", "uploadId=") }),
  putting(
    "a put in parts with ifAbsent",
    threeParts,
    { begin: is("POST", "uploads"), complete: is("POST", "uploadId=") },
    { ifAbsent: true },
  ),
  {
    name: "a put with ifAbsent to a taken key",
    aims: { PUT: is("PUT") },
    body: "request",
    async prepare({ driver, direct, key }) {
      const target = key();
      const old = randomBytes(1000);
      await direct.put(target, sourceOf(old), plain);
      return {
        run: async () => await driver.put(target, sourceOf(randomBytes(small)), { ...plain, ifAbsent: true }),
        refusal: "OBJECT_EXISTS",
        afterwards: async () => claimBytes("the old object", await readAll(await direct.open(target)), old),
      };
    },
  },
  ...[undefined, { start: 1000, end: 290_000 }].map((range): Operation => ({
    name: range === undefined ? "a read" : "a read of a range",
    aims: { GET: is("GET") },
    body: "answer",
    async prepare({ driver, direct, key }) {
      const target = key();
      const bytes = randomBytes(small);
      await direct.put(target, sourceOf(bytes), plain);
      return {
        run: async () => await readAll(await driver.open(target, range === undefined ? {} : { range })),
        answered: (found) =>
          claimBytes("the bytes", found as Uint8Array, range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)),
      };
    },
  })),
  {
    name: "a read of what is absent",
    aims: { GET: is("GET") },
    prepare: async ({ driver, key }) => {
      const target = key();
      return { run: async () => await driver.open(target), refusal: "OBJECT_NOT_FOUND" };
    },
  },
  {
    name: "a look at what is there",
    aims: { HEAD: is("HEAD") },
    async prepare({ driver, direct, key }) {
      const target = key();
      await direct.put(target, sourceOf(randomBytes(1234)), plain);
      return {
        run: async () => (await driver.stat(target))?.size,
        answered: (found) => claimEqual("its size", found, 1234),
      };
    },
  },
  {
    name: "a look at what is absent",
    aims: { HEAD: is("HEAD") },
    prepare: async ({ driver, key }) => {
      const target = key();
      return { run: async () => await driver.stat(target), answered: (found) => claimEqual("stat", found, undefined) };
    },
  },
  {
    name: "a delete",
    aims: { DELETE: is("DELETE") },
    async prepare({ driver, direct, key }) {
      const target = key();
      await direct.put(target, sourceOf(randomBytes(1000)), plain);
      return {
        run: async () => await driver.delete(target),
        afterwards: async (isDone) => claim("what was deleted is still there", !isDone || (await direct.stat(target)) === undefined),
      };
    },
  },
  {
    name: "a listing",
    aims: { GET: is("GET", "list-type=2") },
    async prepare({ driver, direct, key }) {
      const base = key();
      const keys = Array.from({ length: 12 }, (_, index) => parseKey(`${base}/${String(index).padStart(2, "0")}`));
      await Promise.all(keys.map(async (each) => await direct.put(each, sourceOf(randomBytes(10)), plain)));
      return {
        async run() {
          const found: string[] = [];
          for await (const stat of driver.list({ prefix: `${base}/` })) found.push(stat.key);
          return found;
        },
        answered: (found) => claimEqual("the keys", JSON.stringify(found), JSON.stringify(keys)),
      };
    },
  },
  {
    name: "a copy",
    aims: { PUT: is("PUT") },
    async prepare({ driver, direct, key }) {
      const [from, to] = [key(), key()];
      const bytes = randomBytes(1000);
      await direct.put(from, sourceOf(bytes), plain);
      return {
        run: async () => await driver.copy?.(from, to),
        async afterwards(isDone) {
          const found = await direct.stat(to);
          claim("what was copied is not there", !isDone || found !== undefined);
          if (found !== undefined) claimBytes("the copy", await readAll(await direct.open(to)), bytes);
        },
      };
    },
  },
];

function clauseOf(operation: Operation, aim: string, faultName: string, fault: Fault, isLasting: boolean): FaultClause {
  const { isLarge = false } = operation;
  const how = isLasting ? "always" : "once";
  const end = isLasting ? "fails plainly, in bounded time, and claims nothing that is not so" : "succeeds all the same";
  return {
    id: `${operation.name}: ${aim} ${how} ${faultName}`,
    says: `When the ${aim} request of ${operation.name} ${how} ${faultName}, it ${end}.`,
    isLarge,
    async check(bench) {
      const { run, answered, refusal, afterwards } = await operation.prepare(bench);
      const isAimedAt = operation.aims[aim] ?? (() => false);
      let struck = 0;
      bench.proxy.follow((request) => (isAimedAt(request) && (isLasting || (struck += 1) === 1) ? fault : undefined));
      const beganAt = performance.now();
      let outcome: { readonly found: unknown } | { readonly error: unknown };
      try {
        outcome = { found: await run() };
      } catch (error) {
        outcome = { error };
      }
      const ms = performance.now() - beganAt;
      claim(`it took ${Math.round(ms)} ms`, ms < longestMsFor(isLarge));
      claim(
        "the fault never came about",
        bench.proxy.requests.some(({ isStruck }) => isStruck),
      );
      const tries = bench.proxy.requests.filter(isAimedAt).length;
      // A request to look, or one that resumes, may be like the one that is faulted.
      claim(`${tries} tries`, tries <= 3 * mostTries);
      bench.proxy.follow(() => undefined);
      await judge(outcome, { isLasting, answered, refusal });
      await afterwards?.("found" in outcome);
    },
  };
}

async function judge(
  outcome: { readonly found: unknown } | { readonly error: unknown },
  right: { isLasting: boolean; answered: ((found: unknown) => void | Promise<void>) | undefined; refusal: ErrorCode | undefined },
): Promise<void> {
  if ("found" in outcome) {
    claim(`it succeeded, where only ${String(right.refusal)} is true`, right.refusal === undefined);
    await right.answered?.(outcome.found);
    return;
  }
  const { error } = outcome;
  if (right.refusal !== undefined && isHoldfastError(error, right.refusal)) return;
  claim(`it failed with ${String(error)}`, error instanceof HoldfastError && error.code === "STORAGE_UNREACHABLE" && right.isLasting);
}

/** What lasts is the same for every fault of one kind: where each try costs megabytes, one of each is enough. */
const largeLasting = new Set(["never arrives", "has its answer swallowed", "has its answer stalled"]);

/** Every operation, each of its requests, every fault: once, and again and again. */
export const faultClauses: readonly FaultClause[] = operations.flatMap((operation) =>
  Object.keys(operation.aims).flatMap((aim) => [
    ...Object.entries({ ...faults, ...insideOf(operation.body) }).flatMap(([name, fault]) => [
      clauseOf(operation, aim, name, fault, false),
      ...(operation.isLarge !== true || largeLasting.has(name) ? [clauseOf(operation, aim, name, fault, true)] : []),
    ]),
    clauseOf(operation, aim, "is answered slowly", slow, false),
  ]),
);
