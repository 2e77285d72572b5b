/** The steps of a container's start, in their order. */
export const stepNames: readonly StepName[] = ["env", "storage", "static", "migrate", "run"];

export type StepName = "env" | "storage" | "static" | "migrate" | "run";

/** One step as it is going to be done. A dry run prints these; the real run does the same ones. */
export type Step =
  /** Check the environment against `holdfast.yaml` and common mistakes. */
  | { readonly name: "env" }
  /** Refuse a disk that the next deploy wipes: the folder named, or what the media's variables ask for. */
  | { readonly name: "storage"; readonly path?: string }
  /** Run the framework's own collector. */
  | { readonly name: "static"; readonly command: readonly string[] }
  /** Hash and compress a folder's files into another, and store them where other releases find them, if that is asked for. */
  | { readonly name: "static"; readonly from: string; readonly to: string; readonly isPublished: boolean }
  /** Run the migrations under a lock in the database, waiting at most so long for another instance. */
  | { readonly name: "migrate"; readonly command: readonly string[]; readonly databaseVariable: string; readonly timeoutMs: number }
  /** Run the app, and end it within the grace when the platform asks to. */
  | { readonly name: "run"; readonly command: readonly string[]; readonly port: string; readonly graceMs: number };

/** A step that is not done, and why. */
export interface SkippedStep {
  readonly name: StepName;
  readonly why: string;
}

/** What a start is going to do. */
export interface StartPlan {
  readonly steps: readonly Step[];
  readonly skipped: readonly SkippedStep[];
}
