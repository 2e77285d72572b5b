import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

/** What a run of a workflow is given, as GitHub would. */
export interface Given {
  /** The repository. */
  readonly folder: string;
  readonly event: "push" | "pull_request";
  readonly sha: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** The machine's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Lines of shell in place of a step's, by its name: for what cannot be reached from here. */
  readonly instead: Readonly<Record<string, string>>;
  /** These jobs alone, with what the others would have put out. */
  readonly only?: readonly string[];
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What became of a step. Actions are not run, but for the checkout. */
export interface StepRun {
  readonly job: string;
  readonly step: string;
  readonly exitCode: number;
  readonly printed: string;
}

/** A run: its steps in order, what jobs put out, and the summary for people. */
export interface WorkflowRun {
  readonly steps: readonly StepRun[];
  readonly failed: readonly string[];
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly summary: string;
}

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}
interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
type Scope = Readonly<Record<string, string>>;

/** Run the shell steps of a workflow one after the other, each job in a folder of its own, as GitHub's runner does. */
export async function runWorkflow(text: string, given: Given): Promise<WorkflowRun> {
  const { jobs, env = {} } = parse(text) as { jobs: Record<string, Job>; env?: Record<string, string> };
  const steps: StepRun[] = [];
  const failed: string[] = [];
  const outputs: Record<string, Readonly<Record<string, string>>> = { ...given.outputs };
  let summary = "";
  const temporary = await mkdtemp(join(tmpdir(), "holdfast-runner-"));
  try {
    for (const [name, job] of Object.entries(jobs)) {
      if (given.only !== undefined && !given.only.includes(name)) continue;
      const needs = [job.needs ?? []].flat();
      const scope = scopeOf(given, outputs, {});
      const isWanted = needs.every((need) => outputs[need] !== undefined) && (job.if === undefined || evaluate(job.if, scope) === "true");
      if (!isWanted) continue;
      const done = await runJob(name, job, env, given, outputs, join(temporary, name));
      steps.push(...done.steps);
      summary += done.summary;
      if (done.outputs === undefined) failed.push(name);
      else outputs[name] = done.outputs;
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { steps, failed, outputs, summary };
}

async function runJob(
  name: string,
  job: Job,
  workflowEnv: Scope,
  given: Given,
  before: WorkflowRun["outputs"],
  folder: string,
): Promise<{ readonly steps: readonly StepRun[]; readonly outputs: Scope | undefined; readonly summary: string }> {
  const [workspace, files] = [join(folder, "workspace"), { output: join(folder, "output"), summary: join(folder, "summary") }];
  await mkdir(workspace, { recursive: true });
  await writeFile(files.summary, "");
  const steps: StepRun[] = [];
  const ofSteps: Record<string, string> = {};
  const fill = (values: Scope = {}): Scope =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, filled(String(value), scopeOf(given, before, ofSteps))]));
  for (const step of job.steps) {
    const title = step.name ?? step.uses ?? step.run ?? "";
    if (step.uses?.startsWith("actions/checkout@") === true) await cp(given.folder, workspace, { recursive: true });
    if (step.run === undefined) continue;
    await writeFile(files.output, "");
    const env = {
      ...given.env,
      GITHUB_SHA: given.sha,
      GITHUB_REF_NAME: "main",
      GITHUB_RUN_NUMBER: "7",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "camille/counter",
      GITHUB_OUTPUT: files.output,
      GITHUB_STEP_SUMMARY: files.summary,
      RUNNER_TEMP: folder,
      ...fill(workflowEnv),
      ...fill(job.env),
      ...fill(step.env),
    };
    const script = join(folder, "step.sh");
    await writeFile(script, given.instead[title] ?? step.run);
    const ran = await shell(script, join(workspace, step["working-directory"] ?? "."), env);
    steps.push({ job: name, step: title, ...ran });
    if (ran.exitCode !== 0) return { steps, outputs: undefined, summary: await readFile(files.summary, "utf8") };
    for (const line of (await readFile(files.output, "utf8")).split("\n")) {
      const [, key, value] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) ofSteps[`steps.${step.id ?? ""}.outputs.${key}`] = value;
    }
  }
  return { steps, outputs: fill(job.outputs), summary: await readFile(files.summary, "utf8") };
}

/** As the runner does where a step names no shell. */
async function shell(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly exitCode: number; readonly printed: string }> {
  const child = spawn("bash", ["-e", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  return { exitCode, printed };
}

function scopeOf({ event, secrets, vars, sha }: Given, outputs: WorkflowRun["outputs"], ofSteps: Scope): Scope {
  const under = (prefix: string, values: Scope): readonly (readonly [string, string])[] =>
    Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value] as const);
  return {
    ...Object.fromEntries([
      ...under("secrets", secrets),
      ...under("vars", vars),
      ...Object.entries(outputs).flatMap(([job, values]) => under(`needs.${job}.outputs`, values)),
    ]),
    ...ofSteps,
    "github.event_name": event,
    "github.sha": sha,
    "github.ref": "refs/heads/main",
    "github.actor": "camille",
  };
}

function filled(text: string, scope: Scope): string {
  return text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => evaluate(expression, scope));
}

/** The part of GitHub's expressions that our workflows use: names, texts, `==`, `!=`, `&&`, `||`. What is not set is empty. */
function evaluate(expression: string, scope: Scope): string {
  const isTrue = (value: string): boolean => value !== "" && value !== "false";
  const any = expression.split(" || ");
  if (any.length > 1) return any.map((part) => evaluate(part, scope)).find(isTrue) ?? "";
  const all = expression.split(" && ");
  if (all.length > 1) return String(all.every((part) => isTrue(evaluate(part, scope))));
  const [, left = "", operator, right = ""] = /^(.+?) (==|!=) (.+)$/.exec(expression) ?? [];
  if (operator !== undefined) return String((evaluate(left, scope) === evaluate(right, scope)) === (operator === "=="));
  const [, quoted] = /^'(.*)'$/.exec(expression) ?? [];
  return quoted ?? scope[expression] ?? "";
}
