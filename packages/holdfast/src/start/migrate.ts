import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fail } from "../errors.js";
import { runChild } from "./child.js";
import { printCommand } from "./plan.js";
import {
  beginRun,
  endRun,
  findHolder,
  lastRun,
  makeRuns,
  noticeDeath,
  type PgClient,
  type PgModule,
  tryLock,
  unlock,
} from "./postgres-lock.js";
import type { Step } from "./step.js";

/** What migrating needs beside its step. */
export interface MigrateContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly release: string | undefined;
  readonly say: (line: string) => void;
  /** Find pg. @throws DATABASE_CLIENT_MISSING */
  readonly loadPg: () => Promise<PgModule>;
}

/** How migrating ended. `elsewhere`: another instance had done it for this very release. */
export type MigrateOutcome = "done" | "elsewhere" | "interrupted";

type MigrateStep = Extract<Step, { readonly name: "migrate" }>;

/** How often the lock is tried, and how often waiting is told. */
const pollMs = 500;
const tellEveryMs = 15_000;
/** A database that is being started takes a while to answer. */
const connectForMs = 60_000;

/**
 * Run an app's migrations once across its instances: under an advisory lock of the PostgreSQL they all use, waiting for whoever has
 * it. Which run began and how it ended is noted in the table `holdfast_start_migrations`, so that the start after a death says so. A
 * database that is a file has one process and needs no lock.
 *
 * @throws MIGRATION_FAILED, MIGRATION_TIMED_OUT, MIGRATION_LOCK_LOST, MIGRATION_UNLOCKABLE, DATABASE_UNREACHABLE,
 * DATABASE_CLIENT_MISSING
 */
export async function migrate(step: MigrateStep, context: MigrateContext): Promise<MigrateOutcome> {
  const url = context.env[step.databaseVariable] ?? "";
  const scheme = /^([a-z0-9+]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === "file" || scheme.startsWith("sqlite")) {
    context.say(`${step.databaseVariable} ${url === "" ? "is not set" : "is a file"}: there is nothing to lock`);
    return await runMigrations(step, context);
  }
  if (scheme !== "postgres" && scheme !== "postgresql") {
    throw fail("MIGRATION_UNLOCKABLE", { variable: step.databaseVariable, scheme });
  }
  const { Client } = await context.loadPg();
  const instance = context.env["RENDER_INSTANCE_ID"] ?? context.env["DYNO"] ?? context.env["FLY_MACHINE_ID"] ?? hostname();
  const client = await connect(
    () =>
      new Client({
        connectionString: url,
        application_name: `holdfast start ${instance}`.slice(0, 63),
        connectionTimeoutMillis: 10_000,
        keepAlive: true,
      }),
    step,
    context,
  );
  const lost = new AbortController();
  client.on("error", () => lost.abort());
  try {
    await noticeDeath(client);
    if (!(await takeLock(client, step, context))) return "interrupted";
    try {
      const outcome = await underLock(client, instance, step, { ...context, signal: AbortSignal.any([context.signal, lost.signal]) });
      if (outcome === "interrupted" && lost.signal.aborted) throw fail("MIGRATION_LOCK_LOST", { variable: step.databaseVariable });
      return outcome;
    } finally {
      if (!lost.signal.aborted) await unlock(client);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(open: () => PgClient, step: MigrateStep, { signal, say }: MigrateContext): Promise<PgClient> {
  const until = Date.now() + Math.min(connectForMs, step.timeoutMs);
  for (let isTold = false; ; isTold = true) {
    const client = open();
    try {
      await client.connect();
      return client;
    } catch (cause) {
      await client.end().catch(() => undefined);
      const reason = cause instanceof AggregateError ? String(cause.errors[0]) : cause instanceof Error ? cause.message : String(cause);
      const code = (cause as { readonly code?: unknown }).code;
      // A wrong password does not get right by waiting: 28 is the class of refused log-ins, 3D of databases that are not there.
      const isFinal = typeof code === "string" && /^(?:28|3D)/.test(code);
      if (isFinal || Date.now() > until || signal.aborted) {
        throw fail("DATABASE_UNREACHABLE", { variable: step.databaseVariable, reason }, { cause });
      }
      if (!isTold) say(`the database does not answer yet (${reason}); trying again`);
      await wait(1000, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function takeLock(client: PgClient, step: MigrateStep, { signal, say }: MigrateContext): Promise<boolean> {
  const began = Date.now();
  for (let toldAt = -Infinity; !(await tryLock(client));) {
    const holder = await findHolder(client);
    const who =
      holder === undefined
        ? "another instance"
        : `another instance (${holder.name.replace(/^holdfast start /, "")}, since ${holder.since})`;
    if (Date.now() - began > step.timeoutMs) throw fail("MIGRATION_TIMED_OUT", { who, seconds: Math.round(step.timeoutMs / 1000) });
    if (Date.now() - toldAt > tellEveryMs) {
      toldAt = Date.now();
      say(`${who} is migrating; waiting, at most ${Math.max(1, Math.round((step.timeoutMs - (toldAt - began)) / 1000))} s more`);
    }
    if (signal.aborted) return false;
    await wait(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return true;
}

async function underLock(client: PgClient, instance: string, step: MigrateStep, context: MigrateContext): Promise<MigrateOutcome> {
  const { release, say } = context;
  await makeRuns(client);
  const last = await lastRun(client);
  const of = last?.release === undefined ? "" : ` of release ${last.release.slice(0, 40)}`;
  if (last?.outcome === "running") {
    await endRun(client, last.id, "failed");
    say(
      `the migration${of} that ${last.instance} began at ${last.startedAt} did not finish: its process ended. What it had committed stays, ` +
        "and it is run again from there",
    );
  } else if (last?.outcome === "failed") {
    say(`the migration${of} that ${last.instance} began at ${last.startedAt} failed; it is run again`);
  } else if (last !== undefined && release !== undefined && last.release === release) {
    say(`${last.instance} has migrated for this release, at ${last.startedAt}`);
    return "elsewhere";
  }
  const id = await beginRun(client, { release, instance, command: printCommand(step.command) });
  try {
    const outcome = await runMigrations(step, context);
    // Interrupted, it stays noted as running: the next start says so, and goes on from there.
    if (outcome === "done") await endRun(client, id, "done");
    return outcome;
  } catch (error) {
    await endRun(client, id, "failed").catch(() => undefined);
    throw error;
  }
}

async function runMigrations({ command }: MigrateStep, { cwd, env, signal, say }: MigrateContext): Promise<MigrateOutcome> {
  const { exitCode } = await runChild(command, { cwd, env, signal, graceMs: 20_000, endsWithUs: true, onEnding: say });
  if (signal.aborted) return "interrupted";
  if (exitCode !== 0) throw fail("MIGRATION_FAILED", { command: printCommand(command), exitCode });
  return "done";
}
