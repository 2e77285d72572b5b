import { randomBytes } from "node:crypto";
import { type ErrorCode, isHoldfastError } from "../errors.js";
import type { Driver } from "../storage/driver.js";
import { type Clause, createWorkbench, type Need } from "./clause.js";
import { facetClauses } from "./clauses-facets.js";
import { listClauses } from "./clauses-list.js";
import { putClauses } from "./clauses-put.js";
import { keyClauses, readClauses } from "./clauses-read.js";
import { openScratch } from "./scratch.js";

/** The driver contract: every clause, in the order in which they are best read. */
export const contract: readonly Clause[] = [...putClauses, ...readClauses, ...keyClauses, ...listClauses, ...facetClauses];

/** A clause that a backend is known not to meet, and why. It fails once the clause passes. */
export interface Waiver {
  readonly clause: string;
  readonly reason: string;
}

/** How one clause came out. */
export type ClauseResult = {
  readonly clause: string;
  readonly says: string;
  readonly ms: number;
} & (
  | { readonly outcome: "passed" }
  | { readonly outcome: "failed"; readonly why: string; /** The storage's own error, where it was one. */ readonly code?: ErrorCode }
  | { readonly outcome: "waived"; readonly why: string }
  | { readonly outcome: "not offered"; readonly why: string }
);

/** What is checked, and how. */
export interface ContractOptions {
  readonly driver: Driver;
  /** Everything is written below this, and removed in the end. @defaultValue `holdfast-check/` and random characters */
  readonly prefix?: string;
  readonly waivers?: readonly Waiver[];
  /** Needs this setting does not meet, beside the facets that the driver does not offer. */
  readonly without?: readonly Need[];
  /** Check these clauses only. @defaultValue all */
  readonly only?: readonly string[];
  /** Ends the check: the clause that runs, and those that would follow. What was written is removed all the same. */
  readonly signal?: AbortSignal;
  readonly onResult?: (result: ClauseResult) => void;
}

/**
 * Check every clause on a driver, one after the other. Whatever is written is removed, also when clauses fail, and when the
 * signal ends the check; it rejects then.
 */
export async function checkContract(options: ContractOptions): Promise<readonly ClauseResult[]> {
  const { waivers = [], only, signal, onResult } = options;
  const prefix = options.prefix ?? scratchPrefix();
  const scratch = openScratch(options.driver, signal);
  const results: ClauseResult[] = [];
  try {
    for (const clause of contract) {
      if (only !== undefined && !only.includes(clause.id)) continue;
      const waiver = waivers.find((one) => one.clause === clause.id);
      const result = await checkClause(clause, { ...options, driver: scratch.driver }, `${prefix}${clause.id}/`, waiver);
      signal?.throwIfAborted();
      results.push(result);
      onResult?.(result);
    }
  } finally {
    await scratch.clean(prefix);
  }
  return results;
}

/** A prefix that nobody else uses, to write below. */
export function scratchPrefix(): string {
  return `holdfast-check/${randomBytes(6).toString("hex")}/`;
}

async function checkClause(
  { id, says, needs, check }: Clause,
  { driver, without = [] }: ContractOptions,
  prefix: string,
  waiver: Waiver | undefined,
): Promise<ClauseResult> {
  const startedAt = performance.now();
  const about = (): { clause: string; says: string; ms: number } => ({ clause: id, says, ms: Math.round(performance.now() - startedAt) });
  if (needs !== undefined && !isMet(needs, driver, without)) {
    return { ...about(), outcome: "not offered", why: `${driver.name} does not ${without.includes(needs) ? "promise" : "offer"} ${needs}` };
  }
  try {
    await check(createWorkbench(driver, prefix));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (waiver !== undefined) return { ...about(), outcome: "waived", why: waiver.reason };
    return { ...about(), outcome: "failed", why, ...(isHoldfastError(error) ? { code: error.code } : {}) };
  }
  if (waiver === undefined) return { ...about(), outcome: "passed" };
  return { ...about(), outcome: "failed", why: `it passes, so its waiver is out of date: ${waiver.reason}` };
}

function isMet(need: Need, driver: Driver, without: readonly Need[]): boolean {
  if (without.includes(need)) return false;
  switch (need) {
    case "ifAbsent":
    case "orderedList":
    case "multipart":
    case "copy":
    case "signing":
    case "directUpload":
      return driver[need] !== undefined;
    case "largeObjects":
    case "unicodeKeys":
    case "contentType":
      return true;
  }
}
