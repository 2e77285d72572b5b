import { detectPlatform, isProduction } from "#env/platform";
import { type Habits, habitsOf } from "./detect.js";
import type { StartSettings } from "./settings.js";
import { type SkippedStep, type StartPlan, type Step, type StepName, stepNames } from "./step.js";

/** What was asked on the command line. */
export interface StartRequest {
  /** The app's command; none with `--only` of the steps before it. */
  readonly command: readonly string[];
  readonly only: readonly StepName[];
  readonly skip: readonly StepName[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultTimeoutSeconds = 300;

/** Seconds between the platform's request to stop and its end, by default (their documentation, 2026). */
const graceOfPlatforms: Readonly<Record<string, number>> = {
  Render: 30,
  Heroku: 30,
  Fly: 5,
  Railway: 3,
  "Cloud Run": 10,
  Koyeb: 30,
};
const graceElsewhere = 30;

/** The port where the platform sets none: Render and Fly route there, the others always set one. */
const portOfPlatforms: Readonly<Record<string, string>> = { Render: "10000", Fly: "8080" };

/** Decide what a start does, from what was asked, from `start:` of `holdfast.yaml`, and from the app's own files. */
export function planStart(request: StartRequest, settings: StartSettings, folder: string, env: Environment): StartPlan {
  const habits = habitsOf(folder);
  const steps: Step[] = [];
  const skipped: SkippedStep[] = [];
  for (const name of stepNames) {
    const why = whyNotAsked(name, request);
    const step = why ?? stepFor(name, request, settings, habits, env);
    if (typeof step === "string") skipped.push({ name, why: step });
    else steps.push(step);
  }
  return { steps, skipped };
}

function whyNotAsked(name: StepName, { only, skip, command }: StartRequest): string | undefined {
  if (skip.includes(name)) return "--skip";
  if (only.length > 0 && !only.includes(name)) return "not in --only";
  return name === "run" && command.length === 0 ? "no command was given" : undefined;
}

/** The step, or why there is none. */
function stepFor(name: StepName, request: StartRequest, settings: StartSettings, habits: Habits, env: Environment): Step | string {
  switch (name) {
    case "env":
      return { name };
    case "storage":
      if (settings.storage === false) return "start.storage is false";
      return { name, ...(settings.storage === undefined ? {} : { path: settings.storage }) };
    case "static": {
      const wanted = settings.static ?? habits.collect;
      if (wanted === undefined) return "no static files were found to collect; name them under start.static in holdfast.yaml";
      if (wanted === false) return "start.static is false";
      return typeof wanted === "string"
        ? { name, command: wordsOf(wanted) }
        : { name, from: wanted.from, to: wanted.to, isPublished: wanted.publish === true };
    }
    case "migrate": {
      const wanted = settings.migrate ?? habits.migrate;
      if (wanted === undefined) return "no migrations were found; name their command under start.migrate in holdfast.yaml";
      if (wanted === false) return "start.migrate is false";
      return {
        name,
        command: wordsOf(wanted),
        databaseVariable: settings.migrateDatabase ?? "DATABASE_URL",
        timeoutMs: (settings.migrateTimeoutSeconds ?? defaultTimeoutSeconds) * 1000,
      };
    }
    case "run": {
      const platform = detectPlatform(env)?.name ?? "";
      const grace = settings.graceSeconds ?? Math.max(1, (graceOfPlatforms[platform] ?? graceElsewhere) - 1);
      const port = env["PORT"] || (portOfPlatforms[platform] ?? (isProduction(env) ? "8080" : "3000"));
      return { name, command: expandPort(request.command, port), port, graceMs: grace * 1000 };
    }
  }
}

/** A command written as one text goes through a shell; one of several words is run as it is. */
export function wordsOf(command: string): readonly string[] {
  return /[|&;<>()$`"'*?[\]#~=%\\]/.test(command) ? ["sh", "-c", command] : command.trim().split(/\s+/);
}

/** `$PORT` in a command of several words, which no shell expands: Docker's own form of CMD. */
function expandPort(command: readonly string[], port: string): readonly string[] {
  const [only = ""] = command;
  if (command.length === 1 && /\s/.test(only)) return ["sh", "-c", `exec ${only.replace(/^exec\s+/, "")}`];
  return command.map((word) => word.replace(/\$(?:\{PORT(?::-[^}]*)?\}|PORT\b)/g, port));
}

/** Print a command as it could be typed. */
export function printCommand(command: readonly string[]): string {
  const [shell, flag, text] = command;
  if (shell === "sh" && flag === "-c" && text !== undefined) return text;
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
