import { randomUUID } from "node:crypto";
import { type Selectable, sql } from "kysely";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { compiledOnce, type CompiledStatement } from "./compiled.js";
import { outsideTransactions } from "./handle-turns.js";
import type { JobsTable } from "./schema.js";
import { transact } from "./transact.js";

/** Where a job is. What is done is no longer in the catalogue. */
export type JobState = "ready" | "running" | "dead";

/** Work that is due, or was given up. Times are milliseconds since 1970 by the database's clock. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  /** What it is about, a file's id for most. */
  readonly subject: string;
  readonly state: JobState;
  /** Not before. */
  readonly runAt: number;
  /** How often it was tried, the present try included. */
  readonly attempts: number;
  readonly leaseExpiresAt: number | undefined;
  /** Why the last attempt failed. */
  readonly lastError: string | undefined;
  readonly enqueuedAt: number;
  readonly changedAt: number;
}

/** The right to do one job, until its lease ends. Who holds an older one changes nothing any more. */
export interface ClaimedJob extends Job {
  readonly fence: number;
}

/** Rows written by one statement: far below what SQLite takes as parameters. */
const rowsAtOnce = 500;

const listeners = new WeakMap<Catalogue["db"], Set<() => void>>();

/**
 * Be told that work was enqueued through this catalogue: before it is committed, so look a little later, and whoever misses it
 * finds it by looking regularly. Answers how to stop listening.
 */
export function onEnqueued({ db }: Catalogue, listener: () => void): () => void {
  const known = listeners.get(db) ?? new Set();
  listeners.set(db, known.add(listener));
  return () => void known.delete(listener);
}

/**
 * Make work due, in the transaction that makes it so. Of one kind and subject at most one job is ready: one more joins it,
 * and waits for whoever is just claiming it, so that a change is never missed by work that began before it.
 */
export async function enqueueJobs(
  { db, now }: Catalogue,
  tx: CatalogueTransaction,
  kind: string,
  subjects: Iterable<string>,
  { delayMs = 0 }: { readonly delayMs?: number } = {},
): Promise<void> {
  // In one order for everybody, so that two transactions never wait for each other.
  const sorted = [...new Set(subjects)].toSorted();
  for (let at = 0; at < sorted.length; at += rowsAtOnce) {
    await tx
      .insertInto("jobs")
      .values((eb) =>
        sorted.slice(at, at + rowsAtOnce).map((subject) => ({
          id: randomUUID(),
          kind,
          subject,
          state: "ready" as const,
          run_at: eb(now, "+", delayMs),
          enqueued_at: now,
          changed_at: now,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(["kind", "subject"])
          .where("state", "=", sql.lit("ready"))
          .doUpdateSet((eb) => ({
            // What failed before keeps its pause: the same work would most likely fail again.
            run_at: eb
              .case()
              .when(eb.and([eb("jobs.attempts", "=", 0), eb("excluded.run_at", "<", eb.ref("jobs.run_at"))]))
              .then(eb.ref("excluded.run_at"))
              .else(eb.ref("jobs.run_at"))
              .end(),
          })),
      )
      .execute();
  }
  tellEnqueued(db);
}

/** Tell those who listen that work was enqueued. */
export function tellEnqueued(db: Catalogue["db"]): void {
  for (const listener of listeners.get(db) ?? []) outsideTransactions(listener);
}

/**
 * Claim up to `limit` jobs for `leaseMs`: `ready` ones that are due, or those of a worker whose lease `expired`. Of several
 * workers each gets others, and of one kind and subject at most one job runs.
 */
export async function claimJobs(
  catalogue: Catalogue,
  from: "ready" | "expired",
  { kinds, limit, leaseMs }: { readonly kinds: readonly string[]; readonly limit: number; readonly leaseMs: number },
): Promise<ClaimedJob[]> {
  const name = `${from} ${kinds.join(" ")}`;
  const claiming = claimings.get(name) ?? claimingOf(from, kinds);
  claimings.set(name, claiming);
  const { rows } = await claiming.run(catalogue, { limit, leaseMs });
  return rows.map((row) => ({ ...toJob(row), fence: row.fence }));
}

type Claiming = CompiledStatement<{ readonly limit: number; readonly leaseMs: number }, Selectable<JobsTable>>;

/** By what is claimed. A worker claims the same all its life, and there are a handful of workers in a process. */
const claimings = new Map<string, Claiming>();

function claimingOf(from: "ready" | "expired", kinds: readonly string[]): Claiming {
  return compiledOnce(({ db, now, kind: database }, { limit, leaseMs }) => {
    // Asked once a statement, so that the index on it can be used.
    const asOf = sql<number>`(SELECT ${now})`;
    return (
      db
        // Materialized, or the planner may walk the page again and claim more than were asked for.
        .with(
          (cte) => cte("due").materialized(),
          (qc) => {
            const page = qc.selectFrom("jobs as job").select("job.id").where("job.kind", "in", kinds).limit(limit);
            const due =
              from === "expired"
                ? page.where("job.state", "=", sql.lit("running")).where("job.lease_expires_at", "<", asOf)
                : page
                    .where("job.state", "=", sql.lit("ready"))
                    .where("job.run_at", "<=", asOf)
                    // Looked up once for the whole statement: few run, and a look for each that is ready would cost the most.
                    .where(({ eb, refTuple, selectFrom }) =>
                      eb(
                        refTuple("job.kind", "job.subject"),
                        "not in",
                        selectFrom("jobs as other")
                          .select(["other.kind", "other.subject"])
                          .where("other.state", "=", sql.lit("running"))
                          .$asTuple("kind", "subject"),
                      ),
                    )
                    .orderBy("job.run_at");
            return due.$if(database === "postgres", (query) => query.forUpdate().skipLocked());
          },
        )
        .updateTable("jobs")
        .set((eb) => ({
          state: sql.lit("running"),
          attempts: eb("attempts", "+", 1),
          fence: eb("fence", "+", 1),
          lease_expires_at: eb(now, "+", leaseMs),
          changed_at: now,
        }))
        .where("id", "in", (eb) => eb.selectFrom("due").select("id"))
        .returningAll()
    );
  });
}

/** Prolong a claim. False when it is no longer ours. */
export async function keepJob({ db, now }: Catalogue, { id, fence }: ClaimedJob, leaseMs: number): Promise<boolean> {
  const result = await db
    .updateTable("jobs")
    .set((eb) => ({ lease_expires_at: eb(now, "+", leaseMs) }))
    .where("id", "=", id)
    .where("fence", "=", fence)
    .where("state", "=", "running")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * End a job that is done, and have its effect on the catalogue in the same transaction: exactly once, however often the job
 * was run. False when the claim is no longer ours; nothing has changed then.
 */
export async function finishJob(
  catalogue: Catalogue,
  claim: ClaimedJob,
  effect?: (tx: CatalogueTransaction) => Promise<void>,
): Promise<boolean> {
  if (effect === undefined) return await removeClaimed(catalogue, claim);
  return await transact(catalogue.db, async (tx) => {
    if (!(await removeClaimed(catalogue, claim, tx))) return false;
    await effect(tx);
    return true;
  });
}

/**
 * Put a job that failed back, to be tried again after `afterMs`. One of its kind and subject that became ready meanwhile does
 * the same work: then they become one. False when the claim is no longer ours.
 */
export async function postponeJob(catalogue: Catalogue, claim: ClaimedJob, reason: string, afterMs: number): Promise<boolean> {
  return await putBack(catalogue, claim, { attempts: claim.attempts, lastError: reason, afterMs });
}

/** Put a job back that was not given the time to finish: at once, and without counting the attempt. */
export async function releaseJob(catalogue: Catalogue, claim: ClaimedJob): Promise<boolean> {
  return await putBack(catalogue, claim, { attempts: claim.attempts - 1, lastError: claim.lastError ?? null, afterMs: 0 });
}

/** Give a job up; it stays to be looked at, in the place of one given up before. False when the claim is no longer ours. */
export async function buryJob({ db, now }: Catalogue, claim: ClaimedJob, reason: string): Promise<boolean> {
  return await transact(db, async (tx) => {
    const result = await tx
      .updateTable("jobs")
      .set({ state: "dead", last_error: reason, lease_expires_at: null, changed_at: now })
      .where("id", "=", claim.id)
      .where("fence", "=", claim.fence)
      .where("state", "=", "running")
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return false;
    await tx
      .deleteFrom("jobs")
      .where("state", "=", "dead")
      .where("kind", "=", claim.kind)
      .where("subject", "=", claim.subject)
      .where("id", "!=", claim.id)
      .execute();
    return true;
  });
}

/** Read jobs, in the order of their ids, from after the job `after`. */
export async function listJobs(
  { db }: Catalogue,
  page: {
    readonly state?: JobState | undefined;
    readonly kind?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<Job[]> {
  let query = db.selectFrom("jobs").selectAll();
  if (page.state !== undefined) query = query.where("state", "=", page.state);
  if (page.kind !== undefined) query = query.where("kind", "=", page.kind);
  if (page.after !== undefined) query = query.where("id", ">", page.after);
  return (await query.orderBy("id").limit(page.limit).execute()).map(toJob);
}

/** Read one job. */
export async function findJob({ db }: Catalogue, id: string): Promise<Job | undefined> {
  const row = await db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toJob(row);
}

/** How many jobs there are of each kind in each state. */
export async function countJobs({ db }: Catalogue): Promise<{ readonly kind: string; readonly state: JobState; readonly count: number }[]> {
  return await db
    .selectFrom("jobs")
    .select((eb) => ["kind", "state", eb.fn.countAll<number>().as("count")])
    .groupBy(["kind", "state"])
    .orderBy("kind")
    .orderBy("state")
    .execute();
}

/** Have a job that was given up, or that waits after a failure, tried anew at once, as if for the first time. False where there is none. */
export async function retryJob(catalogue: Catalogue, id: string): Promise<boolean> {
  const { db, now } = catalogue;
  return await transact(db, async (tx) => {
    const row = await tx.deleteFrom("jobs").where("id", "=", id).where("state", "=", "dead").returningAll().executeTakeFirst();
    if (row !== undefined) {
      await upsertReady(catalogue, tx, row, { attempts: 0, lastError: row.last_error, afterMs: 0 });
      return true;
    }
    const result = await tx
      .updateTable("jobs")
      .set({ attempts: 0, run_at: now, changed_at: now })
      .where("id", "=", id)
      .where("state", "=", "ready")
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  });
}

/** Remove a job that does not run just now. Its work is not done. False where there is none. */
export async function discardJob({ db }: Catalogue, id: string): Promise<boolean> {
  const result = await db.deleteFrom("jobs").where("id", "=", id).where("state", "!=", "running").executeTakeFirst();
  return result.numDeletedRows === 1n;
}

const removing = compiledOnce(({ db }, { id, fence }: { readonly id: string; readonly fence: number }) =>
  db.deleteFrom("jobs").where("id", "=", id).where("fence", "=", fence).where("state", "=", sql.lit("running")),
);

async function removeClaimed(catalogue: Catalogue, { id, fence }: ClaimedJob, tx?: CatalogueTransaction): Promise<boolean> {
  return (await removing.run(catalogue, { id, fence }, tx)).numAffectedRows === 1n;
}

interface PutBack {
  readonly attempts: number;
  readonly lastError: string | null;
  readonly afterMs: number;
}

async function putBack(catalogue: Catalogue, { id, fence }: ClaimedJob, given: PutBack): Promise<boolean> {
  return await transact(catalogue.db, async (tx) => {
    const row = await tx
      .deleteFrom("jobs")
      .where("id", "=", id)
      .where("fence", "=", fence)
      .where("state", "=", "running")
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return false;
    await upsertReady(catalogue, tx, row, given);
    return true;
  });
}

/** Write a row that was just removed back as `ready`, or join it to the one that is. Its fence goes on. */
async function upsertReady(
  { now }: Catalogue,
  tx: CatalogueTransaction,
  row: Selectable<JobsTable>,
  { attempts, lastError, afterMs }: PutBack,
): Promise<void> {
  await tx
    .insertInto("jobs")
    .values((eb) => ({
      id: row.id,
      kind: row.kind,
      subject: row.subject,
      state: "ready",
      run_at: eb(now, "+", afterMs),
      attempts,
      fence: row.fence,
      last_error: lastError,
      enqueued_at: row.enqueued_at,
      changed_at: now,
    }))
    .onConflict((conflict) =>
      conflict
        .columns(["kind", "subject"])
        .where("state", "=", sql.lit("ready"))
        .doUpdateSet((eb) => ({
          run_at: eb.ref("excluded.run_at"),
          attempts: eb.ref("excluded.attempts"),
          last_error: eb.ref("excluded.last_error"),
          enqueued_at: eb.ref("excluded.enqueued_at"),
        })),
    )
    .execute();
}

function toJob(row: Selectable<JobsTable>): Job {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    state: row.state,
    runAt: row.run_at,
    attempts: row.attempts,
    leaseExpiresAt: row.lease_expires_at ?? undefined,
    lastError: row.last_error ?? undefined,
    enqueuedAt: row.enqueued_at,
    changedAt: row.changed_at,
  };
}
