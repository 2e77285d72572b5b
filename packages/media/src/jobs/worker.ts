import type { Catalogue, CatalogueTransaction } from "../catalogue/catalogue.js";
import { buryJob, claimJobs, type ClaimedJob, finishJob, keepJob, onEnqueued, postponeJob, releaseJob } from "../catalogue/jobs.js";
import type { Logger } from "../media.js";
import { maxAttempts, pauseAfter } from "./backoff.js";

/** What a handler may do with the job it was given. */
export interface JobContext {
  /** Fires when the job is no longer ours, or the worker's grace has ended: stop, another one does it. */
  readonly signal: AbortSignal;
  /**
   * End the job and have its effect on the catalogue in one transaction: exactly once, however often the job was run. False when
   * it is no longer ours. A handler that returns without it has no effect there.
   */
  finish(effect?: (tx: CatalogueTransaction) => Promise<void>): Promise<boolean>;
}

/** Do one job. It may be run more than once, and by several workers in turn: what it does outside the catalogue must bear that. */
export type JobHandler = (job: ClaimedJob, context: JobContext) => Promise<void>;

/** How a worker works. */
export interface JobWorkerOptions {
  readonly catalogue: Catalogue;
  /** What it can do, by kind. Jobs of other kinds are left to workers that know them. */
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly log: Logger;
  /** Jobs at a time. @defaultValue 4 */
  readonly concurrency?: number;
  /** While somebody waits for an answer of this process, one job at a time, with a rest after each. @defaultValue nobody ever does */
  readonly isBusy?: () => boolean;
  /** How long a worker may be silent before another one takes over. @defaultValue one minute */
  readonly leaseMs?: number;
  /** How often to look for work that nobody told of: another instance's, or what waited. @defaultValue 5 s */
  readonly pollMs?: number;
  /** @defaultValue 20 */
  readonly maxAttempts?: number;
  /** The pause after a failed attempt, in milliseconds. @defaultValue doubles from a second to an hour, with jitter */
  readonly pauseAfter?: (attempt: number) => number;
}

/** Does the work that is due, until closed. */
export interface JobWorker {
  /** Begin to look for work. */
  start(): void;
  /** Look for work now. */
  wake(): void;
  /**
   * Take no more work and wait for what is being done, for `graceMs` at most; what is not done then is put back at once for
   * another worker.
   */
  close(graceMs?: number): Promise<void>;
}

/** Work enqueued in a transaction is looked for when that has most likely been committed, and once more soon after. */
const nudgesMs = [15, 250] as const;
/** While somebody waits, the worker rests so many times as long as a job took, and at most so long: work that follows goes on, slowly. */
const restShare = 4;
const longestRestMs = 1000;
const defaultGraceMs = 10_000;
/** For handlers to notice that they are stopped. */
const stoppingMs = 2000;

interface Running {
  readonly job: ClaimedJob;
  readonly controller: AbortController;
  /** By our own clock, before the catalogue was asked: until then plus the lease nobody else has it. */
  heldSince: number;
  readonly done: Promise<void>;
}

/**
 * Work on the catalogue's jobs: claimed under a lease that is kept alive, tried again after a growing pause, given up after a
 * bounded number of attempts. Any number of workers may share a catalogue.
 */
export function createJobWorker(options: JobWorkerOptions): JobWorker {
  const { catalogue, handlers, log, concurrency = 4, leaseMs = 60_000, pollMs = 5000, isBusy = () => false } = options;
  const attemptsAtMost = options.maxAttempts ?? maxAttempts;
  const pause = options.pauseAfter ?? ((attempt: number) => pauseAfter(attempt));
  const kinds = Object.keys(handlers);
  const running = new Set<Running>();
  let isStarted = false;
  let isClosed = false;
  let looking: Promise<void> | undefined;
  let looksAgain = false;
  let takesOver = true;
  let isFailing = false;
  let resting: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let nudges: NodeJS.Timeout[] = [];

  function look(): void {
    if (!isStarted || isClosed) return;
    looksAgain = true;
    looking ??= lookUntilNothing().finally(() => {
      looking = undefined;
      // Asked for after the last look and before this line.
      if (looksAgain) look();
    });
  }

  async function lookUntilNothing(): Promise<void> {
    try {
      while (looksAgain && !isClosed) {
        looksAgain = false;
        const limit = mayTake() - running.size;
        // Whatever ends looks again, and so does the end of a rest.
        if (limit <= 0) return;
        const from = takesOver ? "expired" : "ready";
        takesOver = false;
        const heldSince = performance.now();
        const claimed = await claimJobs(catalogue, from, { kinds, limit, leaseMs });
        for (const job of claimed) begin(job, heldSince);
        // What workers left that are no more comes first, then the rest.
        if (from === "expired") looksAgain = true;
      }
      isFailing = false;
    } catch (error) {
      looksAgain = false;
      // Said once, not at every look: the catalogue's own users say it too.
      if (!isFailing) log.warn(`jobs: the catalogue cannot be asked for work, and is asked again (${messageOf(error)})`);
      isFailing = true;
    }
  }

  function mayTake(): number {
    if (!isBusy()) return concurrency;
    return resting === undefined ? 1 : 0;
  }

  /** Rest after a job while somebody waits. Whoever is no longer waited for looks at the end of the rest at the latest. */
  function rest(sinceMs: number): void {
    clearTimeout(resting);
    resting = setTimeout(
      () => {
        resting = undefined;
        look();
      },
      Math.min((performance.now() - sinceMs) * restShare, longestRestMs),
    ).unref();
  }

  function pollLater(): void {
    if (isClosed) return;
    poll = setTimeout(
      () => {
        takesOver = true;
        look();
        pollLater();
      },
      // So that instances which boot together do not ask together for ever.
      pollMs * (0.75 + Math.random() / 2),
    );
    poll.unref();
  }

  function begin(job: ClaimedJob, heldSince: number): void {
    const controller = new AbortController();
    // Assigned in the same turn; what it does comes in later ones.
    const entry: Running = { job, controller, heldSince, done: Promise.resolve().then(async () => await run(job, controller)) };
    const began = performance.now();
    running.add(entry);
    void entry.done.finally(() => {
      running.delete(entry);
      if (isBusy()) rest(began);
      else look();
    });
  }

  async function run(job: ClaimedJob, { signal }: AbortController): Promise<void> {
    try {
      let isFinished = false;
      const finish: JobContext["finish"] = async (effect) => {
        isFinished = true;
        return await finishJob(catalogue, job, effect);
      };
      try {
        // A worker that dies of its job leaves no error; such a job must end some time too.
        if (job.attempts > attemptsAtMost) throw new Error(job.lastError ?? "the workers that tried it ended without a word");
        // Closed while it was being claimed.
        signal.throwIfAborted();
        await handlers[job.kind]?.(job, { signal, finish });
        if (!isFinished) await finish();
      } catch (error) {
        await settleFailure(job, signal, error);
      }
    } catch (error) {
      log.warn(`jobs: the outcome of ${nameOf(job)} could not be noted; it is done again when its lease has run out (${messageOf(error)})`);
    }
  }

  async function settleFailure(job: ClaimedJob, signal: AbortSignal, error: unknown): Promise<void> {
    if (signal.aborted) {
      await releaseJob(catalogue, job);
      return;
    }
    const reason = messageOf(error);
    if (job.attempts >= attemptsAtMost) {
      const isOurs = await buryJob(catalogue, job, reason);
      if (isOurs)
        log.error(
          `jobs: ${nameOf(job)} was given up after ${job.attempts} attempts: ${reason}. Look at it with: holdfast jobs list`,
          error,
        );
      return;
    }
    const pauseMs = pause(job.attempts);
    await postponeJob(catalogue, job, reason, pauseMs);
    // The next regular look may be far away.
    if (pauseMs < pollMs) setTimeout(look, pauseMs + nudgesMs[0]).unref();
  }

  function keepAlive(): void {
    for (const entry of running) {
      const askedAt = performance.now();
      // Silent for a whole lease: somebody else may have it by now.
      if (askedAt - entry.heldSince > leaseMs) entry.controller.abort();
      keepJob(catalogue, entry.job, leaseMs).then(
        (isOurs) => {
          if (isOurs) entry.heldSince = askedAt;
          else entry.controller.abort();
        },
        // Its end is guarded by the fence, so a missed heartbeat costs at most a second run.
        (error: unknown) => log.warn(`jobs: the lease of ${nameOf(entry.job)} could not be prolonged (${messageOf(error)})`),
      );
    }
  }

  let heartbeat: NodeJS.Timeout | undefined;
  let isToldAgain = false;
  const nudge = (): void => {
    if (!isStarted || isClosed) return;
    if (nudges.length > 0) {
      isToldAgain = true;
      return;
    }
    isToldAgain = false;
    nudges = nudgesMs.map((ms, at) =>
      setTimeout(() => {
        look();
        if (at < nudgesMs.length - 1) return;
        nudges = [];
        if (isToldAgain) nudge();
      }, ms).unref(),
    );
  };
  const stopListening = onEnqueued(catalogue, nudge);

  return {
    start() {
      if (isStarted || isClosed || kinds.length === 0) return;
      isStarted = true;
      heartbeat = setInterval(keepAlive, leaseMs / 3).unref();
      look();
      pollLater();
    },
    wake: look,
    async close(graceMs = defaultGraceMs) {
      isClosed = true;
      stopListening();
      clearTimeout(poll);
      for (const timer of nudges) clearTimeout(timer);
      await looking;
      const ended = async (): Promise<void> => void (await Promise.all([...running].map(async ({ done }) => await done)));
      await within(graceMs, ended());
      for (const { controller } of running) controller.abort();
      await within(stoppingMs, ended());
      // What does not stop has no effect any more, for its claim is gone.
      await within(stoppingMs, Promise.allSettled([...running].map(async ({ job }) => await releaseJob(catalogue, job))));
      clearInterval(heartbeat);
    },
  };
}

/** Wait for something, for so long at most. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

function nameOf({ kind, subject }: ClaimedJob): string {
  return `${kind} of ${subject}`;
}

const longestReason = 500;

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, longestReason);
}
