import type { DeclaredVariable, Disk, Evidence, Place } from "../app-model/model.js";

/**
 * `keeps`: every live place keeps the files, or fails loudly. `loses`: one loses them whatever the variables are. `depends`:
 * variables decide. `none`: nothing is meant to be kept. `unknown`: something that matters was not understood.
 */
export type Answer = "keeps" | "loses" | "depends" | "none" | "unknown";

/** What one set of variables leads to. `fails` ends with an error and loses nothing; `rejected` is a disk that takes no files. */
export type RowAnswer = Answer | "fails" | "rejected";

/**
 * A row of a decision table. Rows are read in order, and the first that holds counts; a row with an empty `when` is
 * "otherwise". A variable is `set`, `unset`, or has a value.
 */
export interface DecisionRow {
  readonly when: Readonly<Record<string, string>>;
  readonly answer: RowAnswer;
  /** Where it leads: `cloudinary`, `s3`, `postgres`, `disk` (one that lasts), `ephemeral-disk`, `none`, `error`. */
  readonly storage: string;
}

/** The answer for one sink or one database. */
export interface PlaceAnswer {
  readonly label: string;
  readonly at: Place;
  readonly answer: Answer;
  /** Under what is declared: variables that nothing declares count as not set, those that are asked for as set. */
  readonly asDeclared: RowAnswer;
  readonly storage: string;
  /** The path on the disk, where it is one. */
  readonly path: string | undefined;
  readonly because: readonly Evidence[];
  readonly depends: readonly DecisionRow[];
}

/** The answer to one question about an app. Its answer is the worst of its places'. */
export interface Verdict {
  readonly answer: Answer;
  /** What is true if the variables are as declared; equal to `answer` where nothing depends. */
  readonly asDeclared: RowAnswer;
  /** Where the files of the worst place go, in the words of `DecisionRow`. */
  readonly storage: string;
  readonly because: readonly Evidence[];
  /** Empty unless the answer is `depends`, or was until something was declared. */
  readonly depends: readonly DecisionRow[];
  /** Variables that decide it, in the order in which the code asks. */
  readonly dependsOn: readonly string[];
  /** One for each sink or database, in the order of their weight: the worst first. */
  readonly sinks: readonly PlaceAnswer[];
  readonly notUnderstood: readonly Evidence[];
  /** Some sinks keep and others lose. */
  readonly isPartial: boolean;
  /** It would have been `depends`, and what the person declared (`--set`, `env:`) decided it. */
  readonly isAsGiven: boolean;
  /** Files may lie on the running instance's disk now, and the next deploy deletes them: they are to be saved first. */
  readonly needsFirstAid: boolean;
}

export interface Verdicts {
  readonly uploads: Verdict;
  readonly database: Verdict;
}

/** What the person who asks declares beside the repository: `--set NAME[=value]`, `env:` and `disks:` of holdfast.yaml, `--env-from`. */
export interface Given {
  readonly variables: readonly DeclaredVariable[];
  readonly disks: readonly Disk[];
  /** What the platform itself answered. */
  readonly asked?: AskedService | undefined;
}

/** What a platform says of one service: the names that are set there, and the disk that is mounted. */
export interface AskedService {
  /** A platform's id: `render`. */
  readonly platform: string;
  readonly name: string;
  /** The service's folder in the one that is examined: what was asked is true of the apps in it. */
  readonly root: string;
  readonly variables: readonly DeclaredVariable[];
  readonly disks: readonly Disk[];
  /** Whether what is not listed is not set. Secret files may set more. */
  readonly isComplete: boolean;
}

export const nothingGiven: Given = { variables: [], disks: [] };
