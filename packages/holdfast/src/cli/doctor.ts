import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defaultLimits, readTree } from "../app-model/tree.js";
import { packagesBeside } from "../app-model/workspace.js";
import { examineTree, type Examination } from "../doctor/examine.js";
import { explainRule } from "../doctor/rule-page.js";
import { joinGiven, parseEnvNames, parseSet } from "../doctor/given.js";
import { isLanguage, type Language, languageOf, languages } from "../doctor/language.js";
import { wordsOf } from "../doctor/rule.js";
import { rules } from "../doctor/rules.js";
import { verdictWords } from "../doctor/verdict-words.js";
import type { Given } from "../doctor/verdict.js";
import { fail, isCommandError } from "../errors.js";
import { againstBaseline, baselineOf, parseBaseline } from "../findings/baseline.js";
import { type FailLevel, failLevels, reaches } from "../findings/fail-on.js";
import { isReportFormat, type ReportFormat, reportFormats } from "../findings/formats.js";
import type { Report } from "../findings/report.js";
import { printAs } from "./doctor-format.js";
import { askRender, isRenderAsked, refusePlatforms } from "./env-from-platform.js";
import type { Io } from "./io.js";

/** What `holdfast doctor` was asked. */
export interface DoctorOptions {
  readonly directories: readonly string[];
  readonly format?: string;
  readonly output?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly lang?: string;
  readonly explain?: string;
  readonly set?: readonly string[];
  /** Files of names, and platforms to ask. */
  readonly envFrom?: readonly string[];
  /** The service that a platform is asked about. */
  readonly service?: string;
  /** Levels of `--fail-on`; `loses` where none is given. */
  readonly failOn?: readonly string[];
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly version: string;
}

const help = "holdfast doctor --help";

/**
 * Examine folders, and answer for each app whether uploads and database survive the next deploy. Answers 0 when nothing
 * reaches `failOn`, 1 when something does, 3 when there was no app to examine.
 *
 * @throws USAGE_INVALID, FOLDER_UNREADABLE, INPUT_UNREADABLE, OUTPUT_UNWRITABLE; with `--env-from render` also
 *   PLATFORM_KEY_MISSING, PLATFORM_REFUSED, PLATFORM_UNREACHABLE, SERVICE_NOT_CHOSEN, INTERRUPTED; PLATFORM_NOT_ASKED
 */
export async function run(options: DoctorOptions, io: Io): Promise<number> {
  const language = languageFor(options, io);
  const format = formatFor(options);
  if (options.explain !== undefined) {
    io.stdout.write(explain(options.explain, language));
    return 0;
  }
  io.endAtSignals();
  const report = await examineAll(options, language, io);
  if (options.writeBaseline !== undefined) {
    const baseline = baselineOf(report);
    await write(resolve(io.cwd, options.writeBaseline), `${JSON.stringify(baseline, undefined, 2)}\n`);
    io.stderr.write(
      `${baseline.findings.length} findings written to ${options.writeBaseline}. From now on: --baseline ${options.writeBaseline}\n`,
    );
  }
  const isForFile = options.output !== undefined;
  const text = printAs(format, report, {
    hasColors: !isForFile && io.stdout.hasColors,
    columns: isForFile ? undefined : io.stdout.columns,
    rows: isForFile ? undefined : io.stdout.rows,
    isAll: options.all === true || isForFile,
    command: commandOf(options, io),
  });
  if (options.output === undefined) io.stdout.write(text);
  else await write(resolve(io.cwd, options.output), text);
  if (report.apps.length === 0) return 3;
  if (options.writeBaseline !== undefined) return 0;
  return reaches(report, (options.failOn ?? ["loses"]).filter(isFailLevel)) ? 1 : 0;
}

function languageFor({ lang }: DoctorOptions, { env }: Io): Language {
  if (lang === undefined) return languageOf(env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"]);
  if (isLanguage(lang)) return lang;
  throw fail("USAGE_INVALID", { problems: [`"${lang}" is no language of the doctor. Give one of ${languages.join(", ")}.`], help });
}

function formatFor({ format, json }: DoctorOptions): ReportFormat {
  if (json === true && format !== undefined && format !== "json") {
    throw fail("USAGE_INVALID", { problems: ["--json is --format json: give one of them."], help });
  }
  const asked = json === true ? "json" : (format ?? "text");
  if (isReportFormat(asked)) return asked;
  throw fail("USAGE_INVALID", { problems: [`"${asked}" is no format. Give one of ${reportFormats.join(", ")}.`], help });
}

function explain(code: string, language: Language): string {
  const rule = rules.find((one) => one.code === code.toUpperCase());
  if (rule !== undefined) return explainRule(rule, language);
  const codes = rules.map((one) => one.code).join(", ");
  throw fail("USAGE_INVALID", { problems: [`"${code}" is no code of a rule. There are ${codes}.`], help });
}

async function examineAll(options: DoctorOptions, language: Language, io: Io): Promise<Report> {
  const given = await givenFor(options, io);
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline, io);
  const names = options.directories.length === 0 ? ["."] : [...new Set(options.directories)];
  const examined: Examination[] = [];
  for (const name of names) examined.push(await examineOne(name, given, language, options, io));
  const problems = examined.flatMap((one) => one.problems);
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  const apps = examined.flatMap((one) => one.apps);
  return {
    version: options.version,
    language,
    words: verdictWords[language].report,
    apps: baseline === undefined ? apps : apps.map((app) => ({ ...app, findings: againstBaseline(app.findings, baseline) })),
    rules: rules.map((rule) => {
      const { title, why } = wordsOf(rule, language);
      return { code: rule.code, title, why, severity: rule.severity };
    }),
    notices: [...new Set(examined.flatMap((one) => one.notices))],
  };
}

async function examineOne(name: string, given: Given, language: Language, options: DoctorOptions, io: Io): Promise<Examination> {
  const directory = resolve(io.cwd, name);
  try {
    const tree = await readTree(directory, defaultLimits, packagesBeside(directory));
    const asked = isRenderAsked(options) ? await askRender(directory, tree, options, io) : undefined;
    return await examineTree(tree, {
      name,
      given: joinGiven(given, { variables: [], disks: [], asked }),
      language,
      command: commandOf({ ...options, directories: name === "." ? [] : [name] }, io),
    });
  } catch (error) {
    if (isCommandError(error)) throw error;
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw fail("FOLDER_UNREADABLE", { path: name, reason }, { cause: error });
  }
}

async function givenFor(options: DoctorOptions, io: Io): Promise<Given> {
  const problems: string[] = [];
  const set = (options.set ?? []).flatMap((text) => {
    const variable = parseSet(text);
    if (variable === undefined) problems.push(`--set takes NAME or NAME=VALUE, and was given "${text.split("=")[0] ?? ""}".`);
    return variable === undefined ? [] : [variable];
  });
  if (options.service !== undefined && !isRenderAsked(options)) problems.push("--service goes with --env-from render.");
  if (options.service !== undefined && options.directories.length > 1) problems.push("--service goes with one folder.");
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  const files = await Promise.all(
    refusePlatforms(options.envFrom ?? []).map(async (file) => {
      const text = await read(file, io);
      try {
        return { variables: parseEnvNames(text, file), disks: [] };
      } catch (error) {
        throw fail("INPUT_UNREADABLE", { path: file, reason: "it is no list of variables" }, { cause: error });
      }
    }),
  );
  return joinGiven(...files, { variables: set, disks: [] });
}

async function readBaseline(file: string, io: Io): Promise<NonNullable<ReturnType<typeof parseBaseline>>> {
  const baseline = parseBaseline(await read(file, io));
  if (baseline === undefined) throw fail("INPUT_UNREADABLE", { path: file, reason: "it is no baseline; write one with --write-baseline" });
  return baseline;
}

async function read(file: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), "utf8");
  } catch (error) {
    throw fail("INPUT_UNREADABLE", { path: file, reason: reasonOf(error) ?? "it cannot be read" }, { cause: error });
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw fail("OUTPUT_UNWRITABLE", { path, reason: reasonOf(error) ?? "it cannot be written" }, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it is no folder",
  EISDIR: "it is a folder",
  EACCES: "it may not be opened",
  EPERM: "it may not be opened",
  EROFS: "its disk is read-only",
};

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return reasons[error.code] ?? error.code;
}

function isFailLevel(text: string): text is FailLevel {
  return (failLevels as readonly string[]).includes(text);
}

/** The command as this person ran it, for hints that continue it. */
function commandOf(options: DoctorOptions, io: Io): string {
  const name = io.env["npm_command"] === "exec" ? "npx holdfast" : "holdfast";
  const directories = options.directories.map((directory) =>
    /^[\w@%+=:,./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", `'\\''`)}'`,
  );
  return [`${name} doctor`, ...directories, ...(options.set ?? []).map((text) => `--set ${text.split("=")[0] ?? ""}`)].join(" ");
}
