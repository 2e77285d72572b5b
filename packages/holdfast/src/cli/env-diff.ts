import colors from "picocolors";
import { compareSources, type Difference } from "../env/compare.js";
import { findSource, type Source, SourceUnreadable } from "../env/sources.js";
import { fail } from "../errors.js";
import type { Io } from "./io.js";

/** What `holdfast env diff` was asked. */
export interface EnvDiffOptions {
  readonly first: string;
  readonly second: string;
  readonly json?: boolean;
}

/**
 * Compare the variables of two places. Answers 0 when they have the same, 1 when they differ.
 *
 * @throws INPUT_UNREADABLE
 */
export async function run({ first, second, json }: EnvDiffOptions, io: Io): Promise<number> {
  const [one, other] = [await source(first, io), await source(second, io)];
  // This environment is full of what no app asked for: only what the other place knows is compared.
  const differences = compareSources(one, other).filter(
    ({ kind }) => !(kind === "only-first" && one.label === "here") && !(kind === "only-second" && other.label === "here"),
  );
  const exitCode = differences.length === 0 ? 0 : 1;
  if (json === true) {
    io.stdout.write(`${JSON.stringify({ version: 1, exitCode, first: one.label, second: other.label, differences }, undefined, 2)}\n`);
  } else print(one, other, differences, io);
  return exitCode;
}

async function source(word: string, io: Io): Promise<Source> {
  try {
    return await findSource(word, io.cwd, io.env);
  } catch (error) {
    if (error instanceof SourceUnreadable) throw fail("INPUT_UNREADABLE", { path: error.label, reason: error.message }, { cause: error });
    throw error;
  }
}

function print(one: Source, other: Source, differences: readonly Difference[], io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  if (differences.length === 0) {
    io.stdout.write(`${paint.green("✓")} ${one.label} and ${other.label} have the same variables.\n`);
    return;
  }
  const width = Math.max(...differences.map(({ name }) => name.length));
  const words: Readonly<Record<Difference["kind"], string>> = {
    "only-first": `only in ${one.label}`,
    "only-second": `only in ${other.label}`,
    "empty-first": `empty in ${one.label}, set in ${other.label}`,
    "empty-second": `set in ${one.label}, empty in ${other.label}`,
    differs: "in both, with different values",
  };
  for (const { name, kind } of differences) {
    const mark = kind === "only-first" ? paint.red("-") : kind === "only-second" ? paint.green("+") : paint.yellow("~");
    io.stdout.write(`${mark} ${name.padEnd(width)}  ${words[kind]}\n`);
  }
}
