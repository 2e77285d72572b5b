import colors from "picocolors";
import type { Answers } from "../init/answers.js";
import type { PlannedFile } from "../init/plan.js";
import type { Survey } from "../init/stack.js";
import type { Io } from "./io.js";

/** A file, and what became of it. */
export interface WrittenFile extends PlannedFile {
  readonly state: "written" | "replaced" | "kept" | "same";
  /** Lines of the difference to what was there; none where nothing was, or the same. */
  readonly diff: readonly string[] | undefined;
}

/** All that one run of `holdfast init` has to tell. */
export interface InitResult {
  readonly survey: Survey;
  readonly answers: Partial<Answers>;
  readonly files: readonly WrittenFile[];
  readonly steps: readonly string[];
  readonly isDryRun: boolean;
  readonly isJson: boolean;
  /** Whether the person has seen the differences already, and decided on them. */
  readonly isDecided: boolean;
}

/** Tell a person what was seen, before anything is asked. */
export function printIntroduction(survey: Survey, io: Io): void {
  const paint = colors.createColors(io.stderr.hasColors);
  io.stderr.write(`${paint.bold(survey.name)}: ${seen(survey)}\n`);
}

function seen({ stack, database, schema, healthPath }: Survey): string {
  const kinds = {
    node: () =>
      stack.kind === "node"
        ? `Node ${stack.nodeMajor}, ${stack.manager}${stack.workspace === undefined ? "" : ", one of a workspace"}`
        : "",
    django: () => (stack.kind === "django" ? `Django on Python ${stack.python}` : ""),
    static: () => (stack.kind === "static" ? `pages${stack.build === undefined ? "" : ", made by a build"}` : ""),
  };
  const databases = {
    postgres: "PostgreSQL",
    file: "a database that is a file",
    other: "a database of another kind",
    none: "no database",
  } as const;
  const count = Object.keys(schema.variables).length;
  return [
    kinds[stack.kind](),
    databases[database],
    `${count} ${count === 1 ? "variable" : "variables"}`,
    healthPath === undefined ? "no health check" : `well when ${healthPath} answers`,
  ].join(", ");
}

/** Print what became of each file and why it is there, what stands in the way, and what is left to do. */
export function printResult(result: InitResult, io: Io): void {
  if (result.isJson) {
    printJson(result, io);
    return;
  }
  const { survey, files, steps, isDryRun, isDecided } = result;
  const isChanged = files.some(({ state }) => state === "written" || state === "replaced");
  const paint = colors.createColors(io.stdout.hasColors);
  const out = (line = ""): void => void io.stdout.write(`${line}\n`);
  out(`${paint.bold(survey.name)}: ${seen(survey)}`);
  out();
  const signs = { written: paint.green("+"), replaced: paint.yellow("~"), kept: paint.yellow("!"), same: paint.dim("=") };
  const width = Math.max(...files.map(({ path }) => path.length));
  for (const { path, state, why } of files) {
    const ends = {
      written: why,
      replaced: `replaced: ${why}`,
      kept: isDecided ? "kept as it is" : "kept as it is; --force replaces it",
      same: "up to date",
    };
    out(`  ${signs[state]} ${path.padEnd(width)}  ${paint.dim(ends[state])}`);
  }
  for (const { path, diff, state } of files) {
    if (diff === undefined || isDecided) continue;
    out();
    out(`  ${paint.bold(path)}, ${state === "kept" ? "as it would be" : "what is new"}:`);
    for (const line of diff) out(`    ${line.startsWith("+") ? paint.green(line) : line.startsWith("-") ? paint.red(line) : line}`);
  }
  if (isDryRun) {
    for (const { path, text, state } of files) {
      if (state !== "written") continue;
      out();
      out(`  ${paint.bold(path)}:`);
      for (const line of text.trimEnd().split("\n")) out(`    ${line}`.trimEnd());
    }
  }
  printList("Worth knowing:", survey.advice, "-");
  if (isChanged) printList(isDryRun ? "Nothing was written. Once it is:" : "Next:", steps, "1");

  function printList(title: string, lines: readonly string[], mark: "-" | "1"): void {
    if (lines.length === 0) return;
    out();
    out(paint.bold(title));
    for (const [index, line] of lines.entries()) {
      const head = mark === "-" ? "  - " : `  ${index + 1}. `;
      out(wrapped(head + line, head.length, Math.min(io.stdout.columns ?? 100, 110)));
    }
  }
}

function printJson({ survey, answers, files, steps, isDryRun }: InitResult, io: Io): void {
  const { name, root, context, stack, database, healthPath, schema, advice } = survey;
  const app = { name, root, context, kind: stack.kind, database, healthPath: healthPath ?? null, variables: Object.keys(schema.variables) };
  const told = files.map(({ path, state, why, diff, text }) => ({
    path,
    state,
    why,
    ...(diff === undefined ? {} : { diff }),
    ...(isDryRun ? { text } : {}),
  }));
  io.stdout.write(`${JSON.stringify({ version: 1, exitCode: 0, isDryRun, app, answers, files: told, advice, steps }, undefined, 2)}\n`);
}

/** Break a line at spaces, so that it fits; what follows is set in. */
function wrapped(line: string, indent: number, columns: number): string {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(/(?<=\S) /)) {
    if (current !== "" && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = " ".repeat(indent) + word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current].join("\n");
}

const secretValue =
  /((?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|DSN|_KEY)\w*["']?\s*[:=]\s*["']?)(?![\s"'${}]|true\b|false\b)[^\s"',}]+/gi;

/** A line of somebody's file, without the values that look secret: what is shown may end up in a log. */
export function maskSecrets(line: string): string {
  return line.replaceAll(/:\/\/[^\s/@:]+:[^\s/@]+@/g, "://…@").replaceAll(secretValue, "$1…");
}
