import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkEnvironment, type CheckOptions, type EnvironmentProblem } from "#env/check";
import { mistakesIn } from "#env/mistakes";
import { detectPlatform, hostsOf, isProduction } from "#env/platform";
import type { EnvironmentSchema } from "#env/schema";
import type { Service } from "../app-model/model.js";
import { readEnvFile } from "../env/env-file.js";
import { schemaFile } from "../env/schema-file.js";
import { gapsIn } from "../env/services.js";
import { schemaIn, servicesIn } from "../env/sources.js";
import { fail } from "../errors.js";
import { printEnvCheck } from "./env-check-report.js";
import type { Io } from "./io.js";

/** What `holdfast env check` takes beside files. */
export interface EnvCheckFlags {
  readonly for?: "production" | "development";
  readonly phase?: "build" | "start";
  readonly service?: string;
  readonly deployFiles?: boolean;
  readonly json?: boolean;
}

/** The result as JSON. The shape is documented in docs/cli.md; fields are added, never changed, within one `version`. */
export interface EnvCheckReport {
  readonly version: 1;
  readonly exitCode: number;
  readonly schema: { readonly file: string; readonly isThere: boolean; readonly variables: number };
  readonly places: readonly CheckedPlace[];
}

/** One place that was checked: this environment, a file, a deploy file. */
export interface CheckedPlace {
  readonly label: string;
  readonly isProduction: boolean;
  readonly problems: readonly PlacedProblem[];
}

/** A problem, and the line where there is one. */
export interface PlacedProblem extends Omit<EnvironmentProblem, "code"> {
  readonly code: EnvironmentProblem["code"] | "not-given" | "repeated";
  readonly file: string | null;
  readonly line: number | null;
}

const help = "holdfast env check --help";

/**
 * Check this environment or files, and the deploy files along. Answers 0 when nothing is missing or wrong, 1 when something is.
 *
 * @throws USAGE_INVALID for holdfast.yaml, INPUT_UNREADABLE
 */
export async function run(options: EnvCheckFlags & { readonly files: readonly string[] }, io: Io): Promise<number> {
  const { schema, problems, isThere } = schemaIn(io.cwd);
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  const services = options.deployFiles === false ? [] : await servicesIn(io.cwd);
  const places = [
    ...(options.files.length === 0
      ? [checkHere(schema, options, io)]
      : options.files.map((file) => checkFile(file, schema, options, services, io))),
    ...checkDeployFiles(schema, services),
  ];
  const exitCode = places.some((place) => place.problems.some(({ severity }) => severity === "error")) ? 1 : 0;
  const report: EnvCheckReport = {
    version: 1,
    exitCode,
    schema: { file: schemaFile, isThere, variables: Object.keys(schema.variables).length },
    places,
  };
  if (options.json === true) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else printEnvCheck(report, io);
  return exitCode;
}

function checkHere(schema: EnvironmentSchema, options: EnvCheckFlags, { env }: Io): CheckedPlace {
  const place = { isProduction: options.for === undefined ? isProduction(env) : options.for === "production", ...narrowed(options) };
  const platform = detectPlatform(env)?.name;
  const problems = checkEnvironment(schema, env, { ...place, hosts: hostsOf(env), platform });
  return {
    label: "this environment",
    isProduction: place.isProduction,
    problems: problems.map((problem) => ({ ...problem, file: null, line: null })),
  };
}

function checkFile(
  file: string,
  schema: EnvironmentSchema,
  options: EnvCheckFlags,
  services: readonly Service[],
  { cwd, env }: Io,
): CheckedPlace {
  const { values, lines, repeated } = readEnvFile(textOf(file, cwd));
  // .env.production is meant for production wherever it is looked at; what is loaded with NODE_ENV=production says so itself.
  const production =
    options.for === undefined
      ? /prod/i.test(file) || values["NODE_ENV"] === "production" || isProduction(env)
      : options.for === "production";
  const web = services.find(({ kind, platform }) => kind === "web" && platform !== "container");
  const place: CheckOptions = {
    isProduction: production,
    ...narrowed(options),
    hosts: hostsOf(values),
    platform: web === undefined ? undefined : capital(web.platform),
    isOwn: () => true,
  };
  const problems = checkEnvironment(schema, values, place).map((problem): PlacedProblem => ({
    ...problem,
    file,
    line: problem.names.map((name) => lines.get(name)).find((line) => line !== undefined) ?? null,
  }));
  const twice = repeated.map((name): PlacedProblem => {
    const message = `${name} is set more than once, and the last line counts.`;
    return {
      code: "repeated",
      severity: "warning",
      names: [name],
      message,
      remedy: "Keep one of the lines.",
      file,
      line: lines.get(name) ?? null,
    };
  });
  return {
    label: file,
    isProduction: production,
    problems: [...problems, ...twice].toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)),
  };
}

/** What deploy files set is for production; their gaps are those of a service that lacks what the schema or its sister asks for. */
function checkDeployFiles(schema: EnvironmentSchema, services: readonly Service[]): readonly CheckedPlace[] {
  const deployed = services.filter(({ platform }) => platform !== "container");
  const files = [...new Set(deployed.map(({ at }) => at.file))];
  const gaps = gapsIn(schema, deployed);
  return files.map((file): CheckedPlace => {
    const wrong = deployed
      .filter(({ at }) => at.file === file)
      .flatMap(({ variables, platform }) =>
        variables.flatMap(({ name, declared, line, file: at }) =>
          declared.kind !== "value"
            ? []
            : mistakesIn(name, declared.value, { isProduction: true, platform: capital(platform) })
                .filter(({ code }) => code !== "debug-text" || schema.variables[name]?.type !== "boolean")
                .map(({ code, severity, reason, remedy }): PlacedProblem => ({
                  code,
                  severity,
                  names: [name],
                  message: `${name} ${reason}.`,
                  remedy,
                  file: at,
                  line,
                })),
        ),
      );
    const lacking = gaps
      .filter((gap) => gap.file === file)
      .map(({ service, kind, name, elsewhere, line }): PlacedProblem => {
        const who = `The ${kind === "web" ? "web service" : kind} ${service}`;
        const message = elsewhere === undefined ? `${who} is not given ${name}.` : `${who} is not given ${name}, which ${elsewhere} has.`;
        const remedy = `Declare ${name} for ${service} in ${file}, without its value where it is a secret, or put it into a group that both use.`;
        return { code: "not-given", severity: elsewhere === undefined ? "error" : "warning", names: [name], message, remedy, file, line };
      });
    return { label: file, isProduction: true, problems: [...unique(wrong), ...lacking] };
  });
}

/** A group that several services use is read with each of them. */
function unique(problems: readonly PlacedProblem[]): readonly PlacedProblem[] {
  return [
    ...new Map(
      problems.map((problem) => [`${problem.code} ${problem.file ?? ""}:${problem.line ?? 0} ${problem.message}`, problem]),
    ).values(),
  ];
}

function narrowed({ phase, service }: EnvCheckFlags): Pick<CheckOptions, "phase" | "service"> {
  return { ...(phase === undefined ? {} : { phase }), ...(service === undefined ? {} : { service }) };
}

function textOf(file: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8");
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : cause instanceof Error ? cause.message : String(cause);
    throw fail("INPUT_UNREADABLE", { path: file, reason }, { cause });
  }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
