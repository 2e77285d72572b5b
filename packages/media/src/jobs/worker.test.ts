import { describe, expect, it, onTestFinished } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import { countJobs, enqueueJobs, listJobs } from "../catalogue/jobs.js";
import { eventually, rememberingLog } from "../media.fixture.js";
import { maxAttempts, pauseAfter } from "./backoff.js";
import { createJobWorker, type JobHandler, type JobWorker, type JobWorkerOptions } from "./worker.js";

/** Polls seldom, so that what is seen comes from being told, unless a test says otherwise. */
const seldom = 600_000;

function work(
  catalogue: Catalogue,
  handler: JobHandler,
  options: Partial<JobWorkerOptions> = {},
): JobWorker & { readonly lines: string[] } {
  const log = rememberingLog();
  const worker = createJobWorker({ catalogue, handlers: { work: handler }, log, pollMs: seldom, pauseAfter: () => 0, ...options });
  onTestFinished(async () => await worker.close(0));
  worker.start();
  return { ...worker, lines: log.lines };
}

const enqueue = async (catalogue: Catalogue, ...subjects: string[]): Promise<void> =>
  await catalogue.db.transaction().execute(async (tx) => await enqueueJobs(catalogue, tx, "work", subjects));
const isIdle = async (catalogue: Catalogue): Promise<boolean> => (await countJobs(catalogue)).every(({ state }) => state === "dead");

/** A promise that is resolved from outside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe("a worker", () => {
  it("does what was there before it, and what is enqueued while it runs, without polling", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "before");
    const done: string[] = [];
    work(catalogue, async ({ subject }) => void done.push(subject));
    await eventually(() => done.includes("before"));
    await enqueue(catalogue, "after");
    await eventually(() => done.includes("after"));
    await eventually(async () => await isIdle(catalogue));
    expect(done).toEqual(["before", "after"]);
  });

  it("finds by looking regularly what nobody told it of", async () => {
    const catalogue = await openTestCatalogue();
    const done: string[] = [];
    work(catalogue, async ({ subject }) => void done.push(subject), { pollMs: 50 });
    const { now } = catalogue;
    const row = { id: "1", kind: "work", subject: "untold", state: "ready" as const, run_at: now, enqueued_at: now, changed_at: now };
    await catalogue.db.insertInto("jobs").values(row).execute();
    await eventually(async () => await isIdle(catalogue));
    expect(done).toEqual(["untold"]);
  });

  it("rests after each job while somebody waits for an answer, and goes on at full width when nobody does", async () => {
    const catalogue = await openTestCatalogue();
    let isBusy = true;
    let atOnce = 0;
    let most = 0;
    const spans: { readonly began: number; readonly ended: number }[] = [];
    await enqueue(catalogue, ...Array.from({ length: 12 }, (_, n) => `s${n}`));
    const handler: JobHandler = async () => {
      const began = performance.now();
      most = Math.max(most, (atOnce += 1));
      await new Promise((resolve) => setTimeout(resolve, 30));
      atOnce -= 1;
      spans.push({ began, ended: performance.now() });
    };
    work(catalogue, handler, { isBusy: () => isBusy });
    await eventually(() => spans.length >= 3);
    expect(most).toBe(1);
    const pauses = spans.slice(1).map(({ began }, at) => began - (spans[at]?.ended ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(60);
    isBusy = false;
    await eventually(() => spans.length === 12);
    expect(most).toBeGreaterThan(1);
  });

  it("does so many at a time and no more", async () => {
    const catalogue = await openTestCatalogue();
    let atOnce = 0;
    let most = 0;
    let done = 0;
    const hold = gate();
    await enqueue(catalogue, ...Array.from({ length: 20 }, (_, n) => `s${n}`));
    work(
      catalogue,
      async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        if (atOnce === 3) hold.open();
        await hold.opened;
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        done += 1;
      },
      { concurrency: 3 },
    );
    await eventually(() => done === 20);
    expect(most).toBe(3);
  });

  it("tries again what failed, and has its effect once", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    let tries = 0;
    const worker = work(catalogue, async (_job, { finish }) => {
      tries += 1;
      if (tries < 3) throw new Error(`failed ${tries}`);
      await finish(
        async (tx) =>
          void (await tx
            .insertInto("meta")
            .values({ name: "effect", value: String(tries) })
            .execute()),
      );
    });
    await eventually(async () => {
      worker.wake();
      return await isIdle(catalogue);
    });
    expect(tries).toBe(3);
    expect(await catalogue.recall("effect")).toBe("3");
  });

  it("gives up after the last attempt, says so, and keeps why", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const worker = work(
      catalogue,
      async () => {
        throw new Error("the bucket is on fire");
      },
      { maxAttempts: 3 },
    );
    await eventually(async () => {
      worker.wake();
      return (await listJobs(catalogue, { state: "dead", limit: 1 })).length === 1;
    });
    expect(await listJobs(catalogue, { limit: 10 })).toMatchObject([{ attempts: 3, lastError: "the bucket is on fire" }]);
    await eventually(() => worker.lines.length > 0);
    expect(worker.lines.join()).toContain("given up after 3 attempts: the bucket is on fire");
  });

  it("gives up a job whose workers all died of it", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const { now } = catalogue;
    await catalogue.db
      .updateTable("jobs")
      .set((eb) => ({ state: "running", attempts: 3, fence: 3, lease_expires_at: eb(now, "-", 1) }))
      .execute();
    let runs = 0;
    work(catalogue, async () => void (runs += 1), { maxAttempts: 3 });
    await eventually(async () => (await listJobs(catalogue, { state: "dead", limit: 1 })).length === 1);
    expect(runs).toBe(0);
  });

  it("keeps the lease of a job that takes longer than it", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const hold = gate();
    let runs = 0;
    let isStopped = false;
    const slow: JobHandler = async (_job, { signal }) => {
      runs += 1;
      await hold.opened;
      isStopped = signal.aborted;
    };
    const leaseMs = 400;
    work(catalogue, slow, { leaseMs, pollMs: 50 });
    work(catalogue, slow, { leaseMs, pollMs: 50 });
    await eventually(() => runs === 1);
    const leaseOf = async (): Promise<number> => (await listJobs(catalogue, { limit: 1 }))[0]?.leaseExpiresAt ?? 0;
    const first = await leaseOf();
    await eventually(async () => (await leaseOf()) > first + leaseMs);
    hold.open();
    await eventually(async () => await isIdle(catalogue));
    expect([runs, isStopped]).toEqual([1, false]);
  });

  it("stops a job that another worker took over", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const ends: string[] = [];
    let runs = 0;
    const handler: JobHandler = async (_job, { signal, finish }) => {
      runs += 1;
      if (runs > 1) return;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      ends.push(`stopped, and its end ${(await finish()) ? "counts" : "does not count"}`);
    };
    work(catalogue, handler, { leaseMs: 300 });
    await eventually(() => runs === 1);
    // As if the first had been silent for longer than its lease.
    const { now } = catalogue;
    await catalogue.db
      .updateTable("jobs")
      .set((eb) => ({ fence: eb("fence", "+", 1), lease_expires_at: eb(now, "-", 1) }))
      .execute();
    work(catalogue, handler);
    await eventually(() => ends.length === 1);
    await eventually(async () => await isIdle(catalogue));
    expect(ends).toEqual(["stopped, and its end does not count"]);
    expect(runs).toBe(2);
  });

  it("finishes what it does when it is closed, and takes nothing new", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a", "b");
    const hold = gate();
    const done: string[] = [];
    const worker = work(
      catalogue,
      async ({ subject }) => {
        await hold.opened;
        done.push(subject);
      },
      { concurrency: 1 },
    );
    await eventually(async () => (await countJobs(catalogue)).some(({ state }) => state === "running"));
    const closing = worker.close();
    hold.open();
    await closing;
    expect(done).toHaveLength(1);
    expect(await countJobs(catalogue)).toEqual([{ kind: "work", state: "ready", count: 1 }]);
  });

  it("puts back what is not done when its grace ends, for another worker at once", async () => {
    const catalogue = await openTestCatalogue();
    await enqueue(catalogue, "a");
    const worker = work(catalogue, async (_job, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      signal.throwIfAborted();
    });
    await eventually(async () => (await countJobs(catalogue)).some(({ state }) => state === "running"));
    await worker.close(0);
    expect(await listJobs(catalogue, { limit: 10 })).toMatchObject([{ state: "ready", attempts: 0 }]);
    const done: string[] = [];
    work(catalogue, async ({ subject }) => void done.push(subject));
    await eventually(() => done.length === 1);
  });

  it("leaves jobs of kinds it does not know to workers that do", async () => {
    const catalogue = await openTestCatalogue();
    await enqueueJobs(catalogue, catalogue.db, "of a later release", ["a"]);
    await enqueue(catalogue, "b");
    work(catalogue, async () => undefined);
    await eventually(async () => (await listJobs(catalogue, { kind: "work", limit: 1 })).length === 0);
    expect(await countJobs(catalogue)).toEqual([{ kind: "of a later release", state: "ready", count: 1 }]);
  });
});

describe("the pause after a failed attempt", () => {
  it("doubles from a second up to an hour, a random half of it left out", () => {
    expect([1, 2, 3, 12, 13, maxAttempts].map((attempt) => pauseAfter(attempt, () => 1))).toEqual([
      1000, 2000, 4000, 2_048_000, 3_600_000, 3_600_000,
    ]);
    expect(pauseAfter(3, () => 0)).toBe(2000);
  });
});
