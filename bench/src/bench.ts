import type { Comparison } from "./comparison.js";

/** What a bench is given. */
export interface BenchContext {
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
  readonly seed: number;
  readonly rounds: number;
  /** How long one round of load lasts, where a bench measures by time. */
  readonly roundSeconds: number;
  /** Say how far it is. Goes to stderr. */
  progress(message: string): void;
}

/** What a bench yields: comparisons, each in one unit, and sentences that belong beside them. */
export interface BenchResult {
  readonly comparisons: readonly Comparison[];
  readonly notes: readonly string[];
}

/** One bench: a question, answered as a ratio against a peer measured in the same run. */
export interface Bench {
  readonly name: string;
  /** The question, in one sentence. */
  readonly question: string;
  run(context: BenchContext): Promise<BenchResult>;
}
