import { parentPort, workerData } from "node:worker_threads";
import { readers, readSafely } from "./readers.js";
import type { JobAnswer, WorkerTask } from "./reading-jobs.js";
import { openListing } from "./tree.js";

/** Takes jobs from the end of the list until none is left, and answers each. */
const { listing, jobs, claims } = workerData as WorkerTask;
const tree = openListing(listing);
for (let index = jobs.length - 1; index >= 0; index--) {
  const job = jobs[index];
  const lazy = job === undefined ? undefined : readers[job.reader];
  if (job === undefined || lazy === undefined || Atomics.compareExchange(claims, index, 0, 2) !== 0) continue;
  const before = tree.omitted.length;
  const reading = await readSafely(lazy, tree, job.root, job.deployment);
  parentPort?.postMessage({ job: index, reading, omitted: tree.omitted.slice(before) } satisfies JobAnswer);
}
