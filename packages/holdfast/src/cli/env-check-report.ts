import colors from "picocolors";
import type { EnvCheckReport, PlacedProblem } from "./env-check.js";
import type { Io } from "./io.js";

/** Print what was found about an environment, for people: what is wrong and the cure, place by place. */
export function printEnvCheck(report: EnvCheckReport, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  for (const { label, isProduction, problems } of report.places) {
    const place = `${label}${isProduction ? ", for production" : ""}`;
    if (problems.length === 0) {
      io.stdout.write(`  ${paint.green("✓")} ${place}: nothing is missing or wrong\n`);
      continue;
    }
    const errors = problems.filter(({ severity }) => severity === "error").length;
    const counted = [count(errors, "problem"), count(problems.length - errors, "warning")].filter((text) => text !== "").join(", ");
    io.stdout.write(`  ${errors > 0 ? paint.red("✗") : paint.yellow("!")} ${paint.bold(place)}: ${counted}\n`);
    for (const problem of problems) {
      const mark = problem.severity === "error" ? paint.red("✗") : paint.yellow("!");
      io.stdout.write(`    ${mark} ${problem.message}${where(problem, paint)}\n      ${problem.remedy}\n`);
    }
  }
  const { isThere, variables, file } = report.schema;
  if (!isThere) io.stdout.write(`\n  What the app needs is not written down yet: say it under env: in ${file}, and it is checked too.\n`);
  else if (variables === 0) io.stdout.write(`\n  ${file} names no variable under env:, so that only common mistakes were looked for.\n`);
}

function where({ file, line }: PlacedProblem, paint: ReturnType<typeof colors.createColors>): string {
  return file === null || line === null ? "" : `  ${paint.dim(`${file}:${line}`)}`;
}

function count(number: number, noun: string): string {
  return number === 0 ? "" : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
