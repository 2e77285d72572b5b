import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import colors from "picocolors";
import { checkEnvironment, type EnvironmentProblem } from "#env/check";
import { judgeDisk, readDiskFacts, realPathOf } from "#env/disk";
import { detectPlatform, hostsOf, isProduction } from "#env/platform";
import { releaseOf } from "#env/release";
import { schemaFile } from "../env/schema-file.js";
import { schemaIn } from "../env/sources.js";
import { fail } from "../errors.js";
import { runChild, signalIn } from "../start/child.js";
import { migrate } from "../start/migrate.js";
import { planStart, printCommand } from "../start/plan.js";
import type { PgModule } from "../start/postgres-lock.js";
import { readStartSettings } from "../start/settings.js";
import { prepareStatic } from "../start/static-files.js";
import type { StartPlan, Step, StepName } from "../start/step.js";
import type { Io } from "./io.js";
import { type MediaModule, type StaticModule, storageError } from "./media-module.js";
import { installCommand, loadOptionalPackage, loadOwnPackage } from "./optional-package.js";

/** What `holdfast start` was asked. */
export interface StartOptions {
  readonly command: readonly string[];
  readonly only: readonly StepName[];
  readonly skip: readonly StepName[];
  readonly isDryRun: boolean;
  readonly version: string;
}

const help = "holdfast start --help";

/**
 * Start an app as its container does. Answers the app's own exit code once it has run; where a step before it fails, the app is not
 * started. A dry run prints the same plan.
 *
 * @throws USAGE_INVALID, ENV_UNUSABLE, STORAGE_UNUSABLE, STATIC_UNUSABLE, STEP_FAILED, MIGRATION_FAILED, MIGRATION_TIMED_OUT,
 * MIGRATION_UNLOCKABLE, DATABASE_UNREACHABLE, DATABASE_CLIENT_MISSING, COMMAND_UNUSABLE
 */
export async function run(options: StartOptions, io: Io): Promise<number> {
  const { settings, problems } = readStartSettings(textOf(join(io.cwd, schemaFile)) ?? "");
  if (options.command.length === 0 && options.only.length === 0) {
    problems.push("Say what to start, after --: holdfast start -- node dist/server.js");
  }
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  const plan = planStart(options, settings, io.cwd, io.env);
  if (options.isDryRun) {
    printPlan(plan, io);
    return 0;
  }
  const paint = colors.createColors(io.stderr.hasColors);
  const say = (line: string): void => void io.stderr.write(`${paint.dim("holdfast:")} ${line}\n`);
  for (const { name, why } of plan.skipped) if (why !== "not in --only") say(`${name}: left out, ${why}`);
  let exitCode = 0;
  for (const step of plan.steps) {
    if (io.signal.aborted) return exitCodeOf(io.signal);
    exitCode = await take(step, io, say);
  }
  return exitCode;
}

async function take(step: Step, io: Io, say: (line: string) => void): Promise<number> {
  const about = (line: string): void => say(`${step.name}: ${line}`);
  switch (step.name) {
    case "env":
      checkEnv(io, about);
      return 0;
    case "storage":
      about(await checkStorage(step.path, io));
      return 0;
    case "static":
      await collectStatic(step, io, about);
      return 0;
    case "migrate": {
      about(printCommand(step.command));
      const began = Date.now();
      const release = releaseOf(io.env);
      const outcome = await migrate(step, {
        cwd: io.cwd,
        env: io.env,
        signal: io.signal,
        release,
        say: about,
        loadPg: async () => await loadPg(io),
      });
      if (outcome === "interrupted") return exitCodeOf(io.signal);
      if (outcome === "done") about(`done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
      return 0;
    }
    case "run": {
      say(`starting on port ${step.port}: ${printCommand(step.command)}`);
      const env = { ...io.env, PORT: step.port };
      const ending = await runChild(step.command, { cwd: io.cwd, env, signal: io.signal, graceMs: step.graceMs, onEnding: say });
      if (ending.isKilled || ending.exitCode !== 0) say(`the app ended with ${ending.signal ?? `exit code ${ending.exitCode}`}`);
      return ending.exitCode;
    }
  }
}

function checkEnv({ cwd, env }: Io, say: (line: string) => void): void {
  const { schema, problems } = schemaIn(cwd);
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  const place = { isProduction: isProduction(env), platform: detectPlatform(env)?.name, hosts: hostsOf(env), phase: "start" } as const;
  const found = checkEnvironment(schema, env, place);
  const sentence = ({ message, remedy }: EnvironmentProblem): string => `${message} ${remedy}`;
  for (const problem of found) if (problem.severity === "warning") say(`warning: ${sentence(problem)}`);
  const errors = found.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw fail("ENV_UNUSABLE", { problems: errors.map(sentence) });
  const count = Object.keys(schema.variables).length;
  say(
    count === 0
      ? "no common mistakes; what the app needs is not written down (env: in holdfast.yaml)"
      : `what holdfast.yaml asks for is there (${count})`,
  );
}

/** Refuse a disk that the next deploy wipes. @throws STORAGE_UNUSABLE, USAGE_INVALID */
async function checkStorage(path: string | undefined, io: Io): Promise<string> {
  if (path !== undefined) {
    const folder = resolve(io.cwd, path);
    const { durability, why } = judgeDisk(realPathOf(folder), io.env, readDiskFacts());
    if (durability === "disk" || !isProduction(io.env))
      return `${folder} is ${durability === "disk" ? "on a disk that lasts" : "EPHEMERAL"}, for ${why}`;
    if (io.env["MEDIA_ALLOW_EPHEMERAL"] === "1")
      return `${folder} is EPHEMERAL (MEDIA_ALLOW_EPHEMERAL=1): every upload is lost at the next deploy`;
    const platform = detectPlatform(io.env);
    const cure =
      platform?.disk === undefined
        ? "Keep uploads in a bucket or at Cloudinary"
        : `Keep uploads in a bucket or at Cloudinary, or ${platform.disk}`;
    throw fail("STORAGE_UNUSABLE", {
      message: `Uploads would be written to ${folder}, and ${why}. ${cure}. MEDIA_ALLOW_EPHEMERAL=1 starts all the same, and loses them.`,
    });
  }
  const found = await loadOwnPackage("@holdfast/media", io.cwd);
  if (found.outcome !== "loaded" || !isMediaModule(found.module)) {
    return "not judged: the app does not use @holdfast/media. Name the folder of its uploads under start.storage in holdfast.yaml";
  }
  try {
    const { description, durability, why, chosenBy, refusal } = found.module.inspectStorage(io.env, io.cwd);
    if (refusal !== undefined) throw fail("STORAGE_UNUSABLE", { message: refusal.message }, { cause: refusal });
    return `${description}, chosen by ${chosenBy}, durability ${durability} because ${why}`;
  } catch (error) {
    throw storageError(error, help);
  }
}

async function collectStatic(step: Extract<Step, { readonly name: "static" }>, io: Io, say: (line: string) => void): Promise<void> {
  if ("command" in step) {
    say(printCommand(step.command));
    const { exitCode } = await runChild(step.command, { cwd: io.cwd, env: io.env, signal: io.signal, graceMs: 5000 });
    if (exitCode !== 0 && !io.signal.aborted) throw fail("STEP_FAILED", { step: "static", command: printCommand(step.command), exitCode });
    return;
  }
  const began = Date.now();
  const to = resolve(io.cwd, step.to);
  const { files, bytes, compressed } = await prepareStatic(resolve(io.cwd, step.from), to, io.signal);
  say(
    `${files} files (${Math.round(bytes / 1024)} kB) hashed, ${compressed} of them compressed, into ${relative(io.cwd, to)} in ${((Date.now() - began) / 1000).toFixed(1)} s`,
  );
  if (step.isPublished) say(await publishStatic(to, io));
}

/** Store the files where other releases find them. @throws STATIC_UNUSABLE, STORAGE_UNUSABLE, USAGE_INVALID */
async function publishStatic(folder: string, io: Io): Promise<string> {
  const found = await loadOwnPackage("@holdfast/media/static", io.cwd);
  if (found.outcome !== "loaded" || !isStaticModule(found.module)) {
    const reason = "publish: true needs the app's own @holdfast/media, which was not found";
    throw fail("STATIC_UNUSABLE", { path: folder, reason });
  }
  const began = Date.now();
  try {
    const { storage, files, stored, removed, left } = await found.module.publishStaticFiles({ folder, env: io.env, cwd: io.cwd });
    const tidied = removed === 0 ? "" : `, ${removed} of releases long gone removed`;
    const untidied = left === undefined ? "" : `; what is old stays for now (${left})`;
    return `${files} files in ${storage}, ${stored} objects of them new${tidied}, in ${((Date.now() - began) / 1000).toFixed(1)} s${untidied}`;
  } catch (error) {
    throw storageError(error, help);
  }
}

async function loadPg({ cwd }: Io): Promise<PgModule> {
  const found = await loadOptionalPackage("pg", cwd);
  const loaded = found.outcome === "loaded" ? found.module : undefined;
  for (const candidate of [loaded, (loaded as { readonly default?: unknown } | undefined)?.default])
    if (isPgModule(candidate)) return candidate;
  throw fail("DATABASE_CLIENT_MISSING", { folder: cwd, command: installCommand("pg", cwd) });
}

function isPgModule(loaded: unknown): loaded is PgModule {
  return typeof loaded === "object" && loaded !== null && "Client" in loaded && typeof loaded.Client === "function";
}

function isMediaModule(loaded: unknown): loaded is Pick<MediaModule, "inspectStorage"> {
  return typeof loaded === "object" && loaded !== null && "inspectStorage" in loaded && typeof loaded.inspectStorage === "function";
}

function isStaticModule(loaded: unknown): loaded is StaticModule {
  return typeof loaded === "object" && loaded !== null && "publishStaticFiles" in loaded && typeof loaded.publishStaticFiles === "function";
}

function printPlan({ steps, skipped }: StartPlan, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const line = (name: StepName, text: string): string => `  ${name.padEnd(8)} ${text}\n`;
  for (const step of steps) io.stdout.write(line(step.name, wordsOf(step)));
  for (const { name, why } of skipped) io.stdout.write(paint.dim(line(name, `left out, ${why}`)));
}

function wordsOf(step: Step): string {
  switch (step.name) {
    case "env":
      return "check the variables against holdfast.yaml and common mistakes";
    case "storage":
      return step.path === undefined
        ? "judge the storage that the variables ask for, and refuse a disk that is wiped"
        : `judge the disk of ${step.path}, and refuse one that is wiped`;
    case "static":
      if ("command" in step) return printCommand(step.command);
      return `hash and compress the files of ${step.from} into ${step.to}${step.isPublished ? ", and publish them to the storage" : ""}`;
    case "migrate":
      return `${printCommand(step.command)}   under a lock in ${step.databaseVariable}, waiting at most ${step.timeoutMs / 1000} s`;
    case "run":
      return `${printCommand(step.command)}   on port ${step.port}, with ${step.graceMs / 1000} s to finish`;
  }
}

function exitCodeOf(signal: AbortSignal): number {
  return signalIn(signal) === "SIGINT" ? 130 : 143;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
