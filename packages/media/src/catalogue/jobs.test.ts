import { describe, expect, it } from "vitest";
import { openTestCatalogue } from "./catalogue.fixture.js";
import type { Catalogue } from "./catalogue.js";
import {
  buryJob,
  type ClaimedJob,
  claimJobs,
  countJobs,
  discardJob,
  enqueueJobs,
  findJob,
  finishJob,
  keepJob,
  listJobs,
  postponeJob,
  releaseJob,
  retryJob,
} from "./jobs.js";

const leaseMs = 60_000;
const kinds = ["work"];

const enqueue = async (catalogue: Catalogue, ...subjects: string[]): Promise<void> =>
  await enqueueJobs(catalogue, catalogue.db, "work", subjects);
const claim = async (catalogue: Catalogue, limit = 10): Promise<ClaimedJob[]> =>
  await claimJobs(catalogue, "ready", { kinds, limit, leaseMs });
async function claimOne(catalogue: Catalogue): Promise<ClaimedJob> {
  const [job] = await claim(catalogue, 1);
  if (job === undefined) throw new Error("there is nothing to claim");
  return job;
}
const all = async (catalogue: Catalogue): ReturnType<typeof listJobs> => await listJobs(catalogue, { limit: 100 });

/** Let the lease of a running job end, as if its worker had been silent. */
async function expire({ db, now }: Catalogue, { id }: ClaimedJob): Promise<void> {
  await db
    .updateTable("jobs")
    .set((eb) => ({ lease_expires_at: eb(now, "-", 1) }))
    .where("id", "=", id)
    .execute();
}

describe("enqueueing", () => {
  it("happens in the transaction that makes the work due, and not without it", async () => {
    const catalogue = await openTestCatalogue();
    const rolledBack = catalogue.db.transaction().execute(async (tx) => {
      await enqueueJobs(catalogue, tx, "work", ["a"]);
      throw new Error("changed my mind");
    });
    await expect(rolledBack).rejects.toThrow("changed my mind");
    expect(await all(catalogue)).toEqual([]);
    await catalogue.db.transaction().execute(async (tx) => await enqueueJobs(catalogue, tx, "work", ["a"]));
    expect(await all(catalogue)).toMatchObject([{ kind: "work", subject: "a", state: "ready", attempts: 0 }]);
  });

  it("makes one job of what is due twice, and a second one where the first is being done", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a", "a", "b");
    await enqueue(catalogue, "a");
    expect((await all(catalogue)).map(({ subject }) => subject).toSorted()).toEqual(["a", "b"]);
    await claim(catalogue);
    await enqueue(catalogue, "a");
    expect(await countJobs(catalogue)).toEqual([
      { kind: "work", state: "ready", count: 1 },
      { kind: "work", state: "running", count: 2 },
    ]);
  });

  it("takes many at once, and brings one forward that was due later", async () => {
    const catalogue = await openTestCatalogue();
    const subjects = Array.from({ length: 1200 }, (_, n) => `s${n}`);
    await enqueueJobs(catalogue, catalogue.db, "work", subjects, { delayMs: 3_600_000 });
    expect(await claim(catalogue)).toEqual([]);
    await enqueue(catalogue, "s7");
    expect(await claim(catalogue)).toMatchObject([{ subject: "s7" }]);
    expect(await countJobs(catalogue)).toContainEqual({ kind: "work", state: "ready", count: 1199 });
  });

  it("leaves a job that failed its pause", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    await postponeJob(catalogue, await claimOne(catalogue), "no", 3_600_000);
    await enqueue(catalogue, "a");
    expect(await claim(catalogue)).toEqual([]);
    expect(await all(catalogue)).toMatchObject([{ attempts: 1, lastError: "no" }]);
  });
});

describe("claiming", () => {
  it("takes what is due, oldest first, as many as asked for, and of the kinds asked for only", async () => {
    const catalogue = await openTestCatalogue();
    await enqueueJobs(catalogue, catalogue.db, "other", ["x"]);
    for (const subject of ["c", "a", "b"]) {
      await enqueue(catalogue, subject);
      // The database's clock ticks in milliseconds; the order is by it.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect((await claim(catalogue, 2)).map(({ subject }) => subject).toSorted()).toEqual(["a", "c"]);
    expect((await claim(catalogue, 2)).map(({ subject }) => subject)).toEqual(["b"]);
    expect(await claim(catalogue)).toEqual([]);
  });

  it("never runs two jobs of one kind and subject together", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const first = await claimOne(catalogue);
    await enqueue(catalogue, "a");
    expect(await claim(catalogue)).toEqual([]);
    expect(await finishJob(catalogue, first)).toBe(true);
    expect(await claim(catalogue)).toMatchObject([{ subject: "a" }]);
  });

  it("gives a job whose worker fell silent to another, and the first one's end no longer counts", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const first = await claimOne(catalogue);
    const takeOver = async (): Promise<ClaimedJob[]> => await claimJobs(catalogue, "expired", { kinds, limit: 10, leaseMs });
    expect(await takeOver()).toEqual([]);
    await expire(catalogue, first);
    // Silent, but nobody took it: it is still the first one's.
    expect(await keepJob(catalogue, first, leaseMs)).toBe(true);
    expect(await takeOver()).toEqual([]);
    await expire(catalogue, first);
    const [second] = await takeOver();
    expect(second).toMatchObject({ id: first.id, attempts: 2, fence: first.fence + 1 });

    let effects = 0;
    const effect = async (): Promise<void> => void (effects += 1);
    expect(await keepJob(catalogue, first, leaseMs)).toBe(false);
    expect(await finishJob(catalogue, first, effect)).toBe(false);
    expect(await postponeJob(catalogue, first, "late", 0)).toBe(false);
    expect(await releaseJob(catalogue, first)).toBe(false);
    expect(await buryJob(catalogue, first, "late")).toBe(false);
    if (second === undefined) throw new Error("nobody took it over");
    expect(await finishJob(catalogue, second, effect)).toBe(true);
    expect(effects).toBe(1);
    expect(await finishJob(catalogue, second, effect)).toBe(false);
    expect(await all(catalogue)).toEqual([]);
  });

  it("gives each job to one worker only, however many ask at once", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, ...Array.from({ length: 60 }, (_, n) => `s${n}`));
    const claims = await Promise.all(Array.from({ length: 12 }, async () => await claim(catalogue, 5)));
    const subjects = claims.flat().map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(subjects.length);
    // Whoever met locked rows took fewer; nobody took more.
    expect(Math.max(...claims.map(({ length }) => length))).toBeLessThanOrEqual(5);
  });
});

describe("ending", () => {
  it("has its effect with the job's end, or neither", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const job = await claimOne(catalogue);
    const failing = finishJob(catalogue, job, async (tx) => {
      await tx.insertInto("meta").values({ name: "effect", value: "1" }).execute();
      throw new Error("half way");
    });
    await expect(failing).rejects.toThrow("half way");
    expect(await catalogue.recall("effect")).toBeUndefined();
    expect(await findJob(catalogue, job.id)).toMatchObject({ state: "running" });
  });

  it("joins a job that failed to the one that became ready meanwhile", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const job = await claimOne(catalogue);
    await enqueue(catalogue, "a");
    expect(await postponeJob(catalogue, job, "no", 3_600_000)).toBe(true);
    expect(await all(catalogue)).toMatchObject([{ state: "ready", attempts: 1, lastError: "no" }]);
    expect(await claim(catalogue)).toEqual([]);
  });

  it("puts a job back at once, its attempt not counted, when there was no time for it", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    expect(await releaseJob(catalogue, await claimOne(catalogue))).toBe(true);
    expect(await claim(catalogue)).toMatchObject([{ subject: "a", attempts: 1 }]);
  });

  it("keeps the latest of the jobs given up, until it is tried again or discarded", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    await buryJob(catalogue, await claimOne(catalogue), "first");
    await enqueue(catalogue, "a");
    await buryJob(catalogue, await claimOne(catalogue), "second");
    const [dead] = await all(catalogue);
    expect(await all(catalogue)).toMatchObject([{ state: "dead", lastError: "second" }]);
    expect(await claim(catalogue)).toEqual([]);

    expect(await retryJob(catalogue, dead?.id ?? "")).toBe(true);
    const again = await claimOne(catalogue);
    expect(again).toMatchObject({ id: dead?.id, attempts: 1, lastError: "second" });
    // What runs just now is neither tried again nor discarded.
    expect(await retryJob(catalogue, again.id)).toBe(false);
    expect(await discardJob(catalogue, again.id)).toBe(false);
    await buryJob(catalogue, again, "third");
    expect(await discardJob(catalogue, again.id)).toBe(true);
    expect(await discardJob(catalogue, again.id)).toBe(false);
    expect(await all(catalogue)).toEqual([]);
  });

  it("tries at once what waits after a failure, when asked to", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const job = await claimOne(catalogue);
    await postponeJob(catalogue, job, "no", 3_600_000);
    expect(await retryJob(catalogue, job.id)).toBe(true);
    expect(await claim(catalogue)).toMatchObject([{ attempts: 1 }]);
  });

  it("lists by state and by kind, page by page", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a", "b", "c");
    await enqueueJobs(catalogue, catalogue.db, "other", ["x"]);
    await buryJob(catalogue, await claimOne(catalogue), "no");
    expect(await listJobs(catalogue, { state: "dead", limit: 10 })).toHaveLength(1);
    expect(await listJobs(catalogue, { kind: "other", limit: 10 })).toMatchObject([{ subject: "x" }]);
    const firstPage = await listJobs(catalogue, { limit: 3 });
    const rest = await listJobs(catalogue, { limit: 3, after: firstPage.at(-1)?.id });
    expect(new Set([...firstPage, ...rest].map(({ id }) => id)).size).toBe(4);
  });
});
