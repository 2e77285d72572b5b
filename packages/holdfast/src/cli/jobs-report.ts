import colors from "picocolors";
import type { Io } from "./io.js";
import type { ChangeReport, JobJson, JobsReport } from "./jobs.js";

/** Print the jobs there are, for people: how many, then each on a line. */
export function printJobs({ catalogue, counts, jobs, next }: JobsReport, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) {
    io.stdout.write(`Nothing is due in the catalogue, ${catalogue}.\n`);
    return;
  }
  io.stdout.write(`The catalogue is ${catalogue}.\n\n`);
  for (const { kind, state, count } of counts) {
    io.stdout.write(`  ${String(count).padStart(6)}  ${kind}, ${state === "dead" ? paint.red("dead") : state}\n`);
  }
  io.stdout.write("\n");
  for (const job of jobs) io.stdout.write(`${line(job, io)}\n`);
  if (next !== null) io.stdout.write(`\nThose that follow: --after ${next}\n`);
  if (counts.some(({ state }) => state === "dead"))
    io.stdout.write(`\nHave those that were given up tried again: holdfast jobs retry --all\n`);
}

/** Print one job, for people: what is known, a line each. */
export function printJob(job: JobJson, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const rows: readonly (readonly [string, string])[] = [
    ["job", job.id],
    ["what", `${job.kind} of ${job.subject}`],
    ["state", job.state === "dead" ? `${paint.red("dead")}, since ${job.changedAt}` : job.state],
    ["attempts", String(job.attempts)],
    ["enqueued", job.enqueuedAt],
    ...(job.state === "ready" ? [["not before", job.runAt] as const] : []),
    ...(job.leaseExpiresAt === null ? [] : [["lease until", job.leaseExpiresAt] as const]),
    ["last error", job.lastError ?? "none"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) io.stdout.write(`  ${paint.dim(name.padEnd(width))}  ${value}\n`);
}

/** Print what became of jobs that were to be tried again or removed, for people. */
export function printChange({ jobs, isDone }: ChangeReport, what: "retry" | "discard", io: Io): void {
  const counted = `${jobs.length} ${jobs.length === 1 ? "job" : "jobs"}`;
  if (jobs.length === 0) io.stdout.write("No job was given up.\n");
  else if (isDone) io.stdout.write(what === "retry" ? `Ready to be tried again: ${counted}.\n` : `Discarded: ${counted}.\n`);
  else {
    for (const job of jobs) io.stdout.write(`${line(job, io)}\n`);
    io.stdout.write(`\nThe work of ${counted} would never be done. Discard them with: holdfast jobs discard --all --yes\n`);
  }
}

function line(job: JobJson, io: Io): string {
  const paint = colors.createColors(io.stdout.hasColors);
  const when = job.state === "ready" && job.attempts > 0 ? `, again at ${job.runAt.slice(0, 19)}Z` : "";
  const tried = job.attempts === 0 ? "" : `, ${job.attempts} ${job.attempts === 1 ? "attempt" : "attempts"}${when}`;
  const why = job.lastError === null ? "" : `: ${job.lastError.split("\n", 1).join("")}`;
  const state = job.state === "dead" ? paint.red(job.state) : job.state;
  return `${paint.dim(job.id)}  ${state}  ${job.kind} of ${job.subject}${tried}${why}`;
}
