import type { Finding, FindingEvidence, FindingPlace } from "./finding.js";

/** What the doctor answers about uploads and the database. */
export type ReportedAnswer = "keeps" | "loses" | "depends" | "none" | "unknown";

/** One row of a decision table: rows are read in order, an empty `when` is "otherwise". */
export interface ReportedRow {
  readonly when: Readonly<Record<string, string>>;
  readonly answer: ReportedAnswer | "fails" | "rejected";
  readonly storage: string;
}

/** One place where files are written, or one database. */
export interface ReportedPlace {
  readonly label: string;
  readonly at: FindingPlace;
  readonly answer: ReportedAnswer;
  readonly storage: string;
  readonly path: string | undefined;
}

/** The answer to one question, with the sentence for people. */
export interface ReportedVerdict {
  readonly answer: ReportedAnswer;
  readonly asDeclared: ReportedAnswer | "fails" | "rejected";
  readonly storage: string;
  readonly because: readonly FindingEvidence[];
  readonly depends: readonly ReportedRow[];
  readonly dependsOn: readonly string[];
  readonly places: readonly ReportedPlace[];
  readonly notUnderstood: readonly FindingEvidence[];
  readonly isPartial: boolean;
  readonly isAsGiven: boolean;
  /** The headline: `Uploads will be lost at the next deploy.` */
  readonly headline: string;
  /** What stands below it: how a `depends` is decided, what was not understood. */
  readonly hint: string | undefined;
}

/** The lines that a good answer rests on; a bad one has its findings. */
export function groundsOf({ answer, because }: ReportedVerdict): readonly FindingEvidence[] {
  return answer === "keeps" ? because.slice(-2) : [];
}

/** What to do before anything else: the next deploy deletes what is still on the running disk. */
export interface FirstAid {
  readonly warning: string;
  readonly steps: readonly { readonly say: string; readonly command: string | undefined }[];
}

/** Everything that is said of one app. */
export interface AppReport {
  /** The folder that was examined, as it was named. */
  readonly directory: string;
  /** The app's folder in it; `.` for itself. */
  readonly root: string;
  readonly framework: string;
  readonly platforms: readonly string[];
  readonly verdicts: { readonly uploads: ReportedVerdict; readonly database: ReportedVerdict };
  readonly firstAid: FirstAid | undefined;
  readonly findings: readonly Finding[];
}

/** What is said of every finding of one code, for printers that list rules. */
export interface ReportedRule {
  readonly code: string;
  readonly title: string;
  readonly why: string;
  readonly severity: Finding["severity"];
}

/** The whole result of one run of the doctor. */
export interface Report {
  readonly version: string;
  readonly language: string;
  readonly words: ReportWords;
  readonly apps: readonly AppReport[];
  readonly rules: readonly ReportedRule[];
  /** What a person should know beside the apps: a folder without an app, an ignore without a reason. */
  readonly notices: readonly string[];
}

/** The printers' own words. */
export interface ReportWords {
  readonly uploads: string;
  readonly database: string;
  readonly firstAid: string;
  readonly remedy: string;
  readonly because: string;
  readonly decidedBy: string;
  readonly otherwise: string;
  readonly set: (names: readonly string[]) => string;
  readonly unset: (names: readonly string[]) => string;
  /** A row that leads to a folder which a variable names. */
  readonly diskIfMounted: string;
  readonly app: string;
  readonly findings: string;
  readonly none: string;
  readonly accepted: string;
  readonly known: string;
  /** Between a label and what it labels. */
  readonly colon: string;
  readonly alsoAt: string;
  readonly where: string;
  readonly title: string;
  readonly answers: Readonly<Record<ReportedRow["answer"], string>>;
  /** Where a storage is named in a table: `ephemeral-disk` → `the disk that is wiped`. */
  readonly storages: Readonly<Record<string, string>>;
  readonly severities: Readonly<Record<Finding["severity"], string>>;
  readonly moreHow: (command: string) => string;
  readonly explainHow: (command: string) => string;
}
