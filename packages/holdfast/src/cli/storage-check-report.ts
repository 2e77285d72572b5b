import colors from "picocolors";
import type { Io } from "./io.js";
import type { ClauseResult, StorageInspection } from "./media-module.js";

/** How a clause came out for a person's storage. Only `passed` is a pass: what holds on a double is `double`. */
export type Outcome = "passed" | "double" | "failed" | "warned" | "waived" | "not offered" | "could not check";

const outcomes: readonly Outcome[] = ["passed", "double", "failed", "warned", "waived", "not offered", "could not check"];

/** What was found, and what would have to be removed by hand. */
export interface Found {
  readonly prefix: string;
  readonly clauses: readonly (Omit<ClauseResult, "outcome"> & { readonly outcome: Outcome })[];
  /** Why what was written could not be removed, where it could not. */
  readonly leftBehind: string | undefined;
}

/** The result as JSON. The shape is documented in docs/cli.md; fields are added, never changed, within one `version`. */
export interface CheckReport {
  readonly version: 1;
  readonly checkedAt: string;
  readonly exitCode: number;
  readonly storage: Pick<StorageInspection, "description" | "chosenBy" | "durability">;
  /** Below which everything was written. */
  readonly prefix: string;
  /** Why not all of it could be removed; null where it was. */
  readonly leftBehind: string | null;
  readonly summary: Readonly<Record<Outcome, number>>;
  readonly clauses: readonly {
    readonly clause: string;
    readonly says: string;
    readonly outcome: Outcome;
    readonly why: string | null;
    readonly ms: number;
  }[];
}

/** Describe the result. 1 when a clause failed; else 3 when something could not be checked, or removed; else 0. */
export function checkReport({ description, chosenBy, durability }: StorageInspection, { prefix, clauses, leftBehind }: Found): CheckReport {
  const count = (outcome: Outcome): number => clauses.filter((clause) => clause.outcome === outcome).length;
  return {
    version: 1,
    checkedAt: new Date().toISOString(),
    exitCode: count("failed") > 0 ? 1 : count("could not check") > 0 || leftBehind !== undefined ? 3 : 0,
    storage: { description, chosenBy, durability },
    prefix,
    leftBehind: leftBehind ?? null,
    summary: {
      passed: count("passed"),
      double: count("double"),
      failed: count("failed"),
      warned: count("warned"),
      waived: count("waived"),
      "not offered": count("not offered"),
      "could not check": count("could not check"),
    },
    clauses: clauses.map(({ clause, says, outcome, why, ms }) => ({ clause, says, outcome, why: why ?? null, ms })),
  };
}

/** Print the table: clause, outcome, time, sentence; beneath each that is not passed why. */
export function printCheck(report: CheckReport, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const { storage, clauses, summary } = report;
  const width = Math.max(0, ...clauses.map(({ clause }) => clause.length));
  const outcomeWidth = Math.max(0, ...clauses.map(({ outcome }) => outcome.length));
  const msWidth = Math.max(0, ...clauses.map(({ ms }) => String(ms).length));
  io.stdout.write(`media storage: ${storage.description}, chosen by ${storage.chosenBy}, durability ${storage.durability}\n\n`);
  for (const { clause, says, outcome, why, ms } of clauses) {
    const painted = colorOf(outcome, paint)(outcome.padEnd(outcomeWidth));
    io.stdout.write(`${painted}  ${clause.padEnd(width)}  ${paint.dim(`${String(ms).padStart(msWidth)} ms`)}  ${says}\n`);
    if (why !== null) io.stdout.write(`${" ".repeat(outcomeWidth + 2)}${paint.dim(why)}\n`);
  }
  const parts = outcomes.filter((outcome) => summary[outcome] > 0).map((outcome) => `${summary[outcome]} ${outcome}`);
  io.stdout.write(`\n${clauses.length} ${clauses.length === 1 ? "clause" : "clauses"}: ${parts.join(", ")}.\n`);
  if (report.leftBehind === null) io.stdout.write("What the check wrote is removed.\n");
  else io.stdout.write(`${leftoverSentence(report.prefix, report.leftBehind)}\n`);
  if (storage.durability === "ephemeral")
    io.stdout.write("The storage works, and does not outlive a deploy: see `holdfast storage status`.\n");
}

/** Say what to remove by hand. */
export function leftoverSentence(prefix: string, reason: string): string {
  return `What the check wrote could not all be removed (${reason}). Remove by hand what is below ${prefix}`;
}

function colorOf(outcome: Outcome, paint: ReturnType<typeof colors.createColors>): (text: string) => string {
  switch (outcome) {
    case "passed":
      return paint.green;
    case "failed":
      return paint.red;
    case "double":
    case "warned":
    case "could not check":
      return paint.yellow;
    case "waived":
    case "not offered":
      return paint.dim;
  }
}
