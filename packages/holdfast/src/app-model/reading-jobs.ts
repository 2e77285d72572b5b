import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Deployment, Evidence, Reading, SourceTree, TreeListing } from "./model.js";
import { readers, readSafely } from "./readers.js";

/** One reader to be asked about one root. */
export interface ReadingJob {
  readonly root: string;
  /** The place of the reader among all. */
  readonly reader: number;
  readonly deployment: Deployment;
}

/** What a worker is started with. `claims` has one number a job, 0 until somebody takes it. */
export interface WorkerTask {
  readonly listing: TreeListing;
  readonly jobs: readonly ReadingJob[];
  readonly claims: Int32Array;
}

/** What a worker answers for a job it took. */
export interface JobAnswer {
  readonly job: number;
  readonly reading: Reading | undefined;
  /** What it left out for its size. */
  readonly omitted: readonly Evidence[];
}

/** Answers each job once. */
export interface ReadingJobs {
  read(job: ReadingJob): Promise<Reading | undefined>;
  close(): Promise<void>;
}

/** A worker takes time to start: it pays where it is given this many files to read, beside as many that are read here. */
const enoughFiles = 250;
const mostWorkers = 3;

const workerFile = new URL("reading-worker.js", import.meta.url);

/**
 * Read the roots of a repository, those of a large one on several cores: workers take jobs from the end of the list while
 * this thread takes them from its beginning. The answers are the same as without. A worker that fails leaves its jobs to
 * this thread.
 */
export function openReadingJobs(tree: SourceTree, jobs: readonly ReadingJob[]): ReadingJobs {
  const workers = tree.listing === undefined ? 0 : workersFor(tree, jobs);
  const claims = new Int32Array(new SharedArrayBuffer(4 * Math.max(1, jobs.length)));
  const waiting = new Map<number, (answer: JobAnswer | undefined) => void>();
  const answers = new Map<number, JobAnswer>();
  const started = Array.from({ length: workers }, () => startWorker());
  let running = started.length;

  function startWorker(): Worker {
    const worker = new Worker(workerFile, { workerData: { listing: tree.listing, jobs, claims } });
    worker.on("message", (answer: JobAnswer) => {
      answers.set(answer.job, answer);
      waiting.get(answer.job)?.(answer);
      waiting.delete(answer.job);
    });
    worker.on("error", () => undefined); // and exits
    worker.on("exit", () => {
      running -= 1;
      if (running > 0) return;
      for (const resolve of waiting.values()) resolve(undefined);
      waiting.clear();
    });
    return worker;
  }

  async function answerOf(job: number): Promise<JobAnswer | undefined> {
    const known = answers.get(job);
    if (known !== undefined || running === 0) return known;
    return await new Promise((resolve) => void waiting.set(job, resolve));
  }

  return {
    read: async (job) => {
      const index = jobs.indexOf(job);
      const lazy = readers[job.reader];
      if (lazy === undefined) return undefined;
      const isTaken = workers > 0 && index >= 0 && Atomics.compareExchange(claims, index, 0, 1) !== 0;
      const answer = isTaken ? await answerOf(index) : undefined;
      if (answer === undefined) return await readSafely(lazy, tree, job.root, job.deployment);
      tree.omitted.push(...answer.omitted.filter((one) => !tree.omitted.some(({ file, why }) => file === one.file && why === one.why)));
      return answer.reading;
    },
    close: async () => void (await Promise.all(started.map(async (worker) => await worker.terminate()))),
  };
}

/** How many workers have enough to do. From source, as in a test, there is no file to start. */
function workersFor(tree: SourceTree, jobs: readonly ReadingJob[]): number {
  const large = jobs.filter(({ root, reader }) => {
    const endings = (readers[reader]?.endings ?? []).filter((ending) => ending.startsWith("."));
    return tree.find(root, ...endings).length >= enoughFiles;
  });
  const wanted = Math.min(mostWorkers, large.length - 1, availableParallelism() - 1);
  return wanted > 0 && existsSync(workerFile) ? wanted : 0;
}
