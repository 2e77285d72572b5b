import type { ReportWords } from "../findings/report.js";
import type { Language } from "./language.js";
import { englishWords } from "./verdict-words-english.js";
import { frenchWords } from "./verdict-words-french.js";
import { turkishWords } from "./verdict-words-turkish.js";
import type { Verdict, Verdicts } from "./verdict.js";

/** What the doctor says of one question, by answer. */
export interface QuestionWords {
  readonly loses: string;
  readonly losesSome: string;
  /** Uploads are not taken at all. */
  readonly rejected: string;
  readonly keeps: string;
  readonly keepsAsGiven: string;
  readonly dependsAndLoses: (variables: string) => string;
  readonly dependsAndKeeps: (variables: string) => string;
  readonly depends: (variables: string) => string;
  readonly none: string;
  readonly unknown: string;
}

/** The doctor's sentences in one language. All are required: a language is whole or does not compile. */
export interface VerdictWords {
  readonly questions: Readonly<Record<keyof Verdicts, QuestionWords>>;
  /** How to decide what depends. */
  readonly decide: (command: string, other: string | undefined) => string;
  readonly notUnderstood: (what: string) => string;
  readonly whatDecides: string;
  readonly firstAid: {
    readonly warning: (platform: string) => string;
    readonly warningIfDepends: (platform: string) => string;
    readonly database: string;
    readonly steps: { readonly shell: string; readonly site: string; readonly herokuFirst: string; readonly check: string };
  };
  /** Stands for the platform's name where none is known. */
  readonly aHost: string;
  readonly noPlatform: string;
  readonly noApp: (directory: string) => string;
  /** A `--set` that decides nothing, perhaps misspelled. */
  readonly setInVain: (name: string) => string;
  /** That a platform was asked about a service, and how many names it listed; whether that is all that may be set. */
  readonly asked: (platform: string, service: string, count: number, isComplete: boolean) => string;
  readonly ignoreWithoutReason: (place: string) => string;
  /** Above the examples of a rule. */
  readonly fires: string;
  readonly silent: string;
  readonly report: ReportWords;
}

export const verdictWords: Readonly<Record<Language, VerdictWords>> = { en: englishWords, fr: frenchWords, tr: turkishWords };

/** The sentence that answers a question. */
export function headlineOf(question: keyof Verdicts, verdict: Verdict, language: Language): string {
  const words = verdictWords[language].questions[question];
  const variables = verdict.dependsOn.length > 4 ? `${verdict.dependsOn.slice(0, 3).join(", ")} …` : verdict.dependsOn.join(", ");
  const named = variables === "" ? verdictWords[language].whatDecides : variables;
  switch (verdict.answer) {
    case "loses":
      if (verdict.asDeclared === "rejected") return words.rejected;
      return verdict.isPartial ? words.losesSome : words.loses;
    case "keeps":
      return verdict.isAsGiven ? words.keepsAsGiven : words.keeps;
    case "depends":
      if (variables !== "" && verdict.asDeclared === "loses") return words.dependsAndLoses(variables);
      return verdict.asDeclared === "keeps" ? words.dependsAndKeeps(named) : words.depends(named);
    case "none":
      return words.none;
    case "unknown":
      return words.unknown;
  }
}
