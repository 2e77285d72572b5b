import { createHash } from "node:crypto";

/** A line of the examined folder. Lines count from 1. */
export interface FindingPlace {
  readonly file: string;
  readonly line: number;
}

/** One link of a chain of evidence. */
export interface FindingEvidence extends FindingPlace {
  readonly why: string;
}

/** `error`: something is lost, or cannot work. `warning`: it will be, under some condition. `note`: worth knowing. */
export type Severity = "error" | "warning" | "note";

/** The answers that a finding can carry: what `--fail-on` counts. */
export type CarriedAnswer = "loses" | "depends" | "unknown";

/** A few lines of source around a place, secrets masked. */
export interface SourceFrame extends FindingPlace {
  readonly lines: readonly { readonly number: number; readonly text: string; readonly isMarked: boolean }[];
}

/**
 * `open`: to be dealt with. `accepted`: somebody gave a reason to leave it. `known`: the baseline had it already. Only open
 * ones count for the exit code.
 */
export type FindingStatus = "open" | "accepted" | "known";

/** One problem of one app, with all that a printer needs: the sentences are made, the source is read. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  /** The question whose answer it carries, where it carries one. */
  readonly question: "uploads" | "database" | undefined;
  readonly answer: CarriedAnswer | undefined;
  /** The same few words for every finding of the code. */
  readonly title: string;
  /** What is so here. */
  readonly message: string;
  readonly at: FindingPlace;
  readonly because: readonly FindingEvidence[];
  readonly remedy: readonly string[];
  /** Code that carries the remedy out, where there is some for the framework. */
  readonly recipe: Recipe | undefined;
  /** Whether the remedy ends in a deploy, so that the files still on the running disk are to be saved first. */
  readonly leadsToDeploy: boolean;
  readonly frame: SourceFrame | undefined;
  /** The same as long as the line says the same, wherever in the file it stands. */
  readonly fingerprint: string;
  readonly status: FindingStatus;
  /** Why it was accepted. */
  readonly reason: string | undefined;
}

/** A few lines to copy, and the file they belong to. */
export interface Recipe {
  readonly file: string;
  readonly lines: readonly string[];
}

/** Sum up what a finding is about; a line that only moves keeps its fingerprint. `nth` tells apart equal lines of one file. */
export function fingerprintOf(code: string, file: string, lineText: string, nth: number): string {
  const parts = [code, file, lineText.trim().replaceAll(/\s+/g, " "), String(nth)];
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 20);
}
