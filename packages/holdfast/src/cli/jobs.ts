import { fail } from "../errors.js";
import type { Io } from "./io.js";
import { printChange, printJob, printJobs } from "./jobs-report.js";
import { type CatalogueModule, catalogueError, type Job, type JobState, type OpenedJobs } from "./media-module.js";

/** What every command of `holdfast jobs` may be told. */
export interface CommonFlags {
  readonly tablePrefix?: string;
  readonly json?: boolean;
}

/** What `holdfast jobs list` was asked. */
export interface ListFlags extends CommonFlags {
  readonly state?: JobState;
  readonly kind?: string;
  readonly limit: number;
  readonly after?: string;
}

/** What `holdfast jobs retry` and `discard` were asked. */
export interface ChangeFlags extends CommonFlags {
  readonly all?: boolean;
  readonly kind?: string;
  readonly yes?: boolean;
}

/** A job as JSON: times in ISO 8601. */
export interface JobJson {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly state: JobState;
  readonly attempts: number;
  readonly runAt: string;
  readonly leaseExpiresAt: string | null;
  readonly lastError: string | null;
  readonly enqueuedAt: string;
  readonly changedAt: string;
}

/** The result of `list` as JSON. Fields are added, never changed, within one `version`. */
export interface JobsReport {
  readonly version: 1;
  readonly exitCode: number;
  readonly catalogue: string;
  readonly counts: readonly { readonly kind: string; readonly state: JobState; readonly count: number }[];
  readonly jobs: readonly JobJson[];
  /** With `state`: the `after` of the next page. */
  readonly next: string | null;
}

/** The result of `retry` and `discard` as JSON. */
export interface ChangeReport {
  readonly version: 1;
  readonly exitCode: number;
  readonly catalogue: string;
  /** Whether anything was changed, or only listed. */
  readonly isDone: boolean;
  readonly jobs: readonly JobJson[];
}

const pageSize = 500;

/**
 * List the jobs of the catalogue that the environment names, those given up first. Answers 1 when something was given up.
 *
 * @throws USAGE_INVALID, CATALOGUE_UNUSABLE
 */
export async function list(flags: ListFlags, io: Io, media: CatalogueModule): Promise<number> {
  const help = "holdfast jobs list --help";
  const { state, kind, limit, after } = flags;
  if (after !== undefined && state === undefined) throw fail("USAGE_INVALID", { problems: ["--after needs --state."], help });
  const report = await withJobs(flags, io, media, help, async (opened): Promise<JobsReport> => {
    const counts = await opened.count();
    const jobs: Job[] = [];
    for (const each of state === undefined ? (["dead", "running", "ready"] as const) : [state]) {
      if (jobs.length < limit) jobs.push(...(await opened.list({ state: each, kind, after, limit: limit - jobs.length })));
    }
    const next = state !== undefined && jobs.length === limit ? (jobs.at(-1)?.id ?? null) : null;
    const exitCode = counts.some((count) => count.state === "dead") ? 1 : 0;
    return { version: 1, exitCode, catalogue: opened.catalogueDescription, counts, jobs: jobs.map(toJson), next };
  });
  if (flags.json === true) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else printJobs(report, io);
  return report.exitCode;
}

/** Show one job. Answers 1 when it was given up. @throws JOB_NOT_FOUND, CATALOGUE_UNUSABLE */
export async function show(id: string, flags: CommonFlags, io: Io, media: CatalogueModule): Promise<number> {
  const job = await withJobs(flags, io, media, "holdfast jobs show --help", async (opened) => await opened.get(id));
  if (job === undefined) throw fail("JOB_NOT_FOUND", { ids: [id] });
  const exitCode = job.state === "dead" ? 1 : 0;
  if (flags.json === true) io.stdout.write(`${JSON.stringify({ version: 1, exitCode, job: toJson(job) }, undefined, 2)}\n`);
  else printJob(toJson(job), io);
  return exitCode;
}

/** Have jobs tried anew at once. @throws USAGE_INVALID, JOB_NOT_FOUND, CATALOGUE_UNUSABLE */
export async function retry(ids: readonly string[], flags: ChangeFlags, io: Io, media: CatalogueModule): Promise<number> {
  return await change(ids, flags, io, media, "retry");
}

/** Remove jobs; `--all` only lists them unless `--yes` is given. @throws USAGE_INVALID, JOB_NOT_FOUND, CATALOGUE_UNUSABLE */
export async function discard(ids: readonly string[], flags: ChangeFlags, io: Io, media: CatalogueModule): Promise<number> {
  return await change(ids, flags, io, media, "discard");
}

async function change(
  ids: readonly string[],
  flags: ChangeFlags,
  io: Io,
  media: CatalogueModule,
  what: "retry" | "discard",
): Promise<number> {
  const help = `holdfast jobs ${what} --help`;
  if ((ids.length === 0) === (flags.all !== true)) {
    throw fail("USAGE_INVALID", { problems: ["Give the ids of jobs, or --all for every one that was given up."], help });
  }
  const report = await withJobs(flags, io, media, help, async (opened): Promise<ChangeReport> => {
    const jobs = flags.all === true ? await everyDead(opened, flags.kind) : await named(opened, ids);
    const isDone = what === "retry" || flags.all !== true || flags.yes === true;
    const changed: Job[] = [];
    for (const job of isDone ? jobs : []) if (await opened[what](job.id)) changed.push(job);
    const missing = isDone && flags.all !== true ? ids.filter((id) => !changed.some((job) => job.id === id)) : [];
    if (missing.length > 0) throw fail("JOB_NOT_FOUND", { ids: missing });
    const told = isDone ? changed : jobs;
    const exitCode = isDone || told.length === 0 ? 0 : 1;
    return { version: 1, exitCode, catalogue: opened.catalogueDescription, isDone, jobs: told.map(toJson) };
  });
  if (flags.json === true) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else printChange(report, what, io);
  return report.exitCode;
}

async function everyDead(opened: OpenedJobs, kind: string | undefined): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let after: string | undefined; ;) {
    const page = await opened.list({ state: "dead", kind, after, limit: pageSize });
    jobs.push(...page);
    after = page.at(-1)?.id;
    if (after === undefined) return jobs;
  }
}

async function named(opened: OpenedJobs, ids: readonly string[]): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const id of new Set(ids)) {
    const job = await opened.get(id);
    if (job !== undefined) jobs.push(job);
  }
  return jobs;
}

async function withJobs<T>(
  { tablePrefix }: CommonFlags,
  { env, cwd }: Io,
  media: CatalogueModule,
  help: string,
  work: (opened: OpenedJobs) => Promise<T>,
): Promise<T> {
  let opened: OpenedJobs | undefined;
  try {
    opened = await media.openJobs({ env, cwd, ...(tablePrefix === undefined ? {} : { tablePrefix }) });
    return await work(opened);
  } catch (error) {
    throw catalogueError(error, help);
  } finally {
    await opened?.close();
  }
}

function toJson(job: Job): JobJson {
  const iso = (at: number): string => new Date(at).toISOString();
  return {
    id: job.id,
    kind: job.kind,
    subject: job.subject,
    state: job.state,
    attempts: job.attempts,
    runAt: iso(job.runAt),
    leaseExpiresAt: job.leaseExpiresAt === undefined ? null : iso(job.leaseExpiresAt),
    lastError: job.lastError ?? null,
    enqueuedAt: iso(job.enqueuedAt),
    changedAt: iso(job.changedAt),
  };
}
