import { variablesOf } from "../app-model/conditions.js";
import type { AppModel, Condition, Evidence, Place, SourceTree } from "../app-model/model.js";
import type { CarriedAnswer, Severity } from "../findings/finding.js";
import type { Platform } from "../platforms/platform.js";
import type { Language } from "./language.js";
import type { RecipeKind } from "./recipes.js";
import type { Given, Verdicts } from "./verdict.js";

/** One app, and all that a rule may look at. */
export interface ExaminedApp {
  readonly tree: SourceTree;
  readonly model: AppModel;
  readonly platform: Platform;
  readonly verdicts: Verdicts;
  readonly given: Given;
}

/** What the sentences of a rule quote. Each is empty where a rule does not use it. */
export interface Details {
  /** The place for people: `Property.photo`, `POST /api/listings`. */
  readonly label: string;
  readonly path: string;
  readonly platform: string;
  /** Names of variables, joined by commas. */
  readonly variables: string;
  /** The setting, command or file that is spoken of. */
  readonly name: string;
  /** What it is compared with, or to be replaced by. */
  readonly other: string;
}

/** One place where a rule fires. */
export interface Match {
  readonly at: Place;
  readonly because: readonly Evidence[];
  readonly details: Details;
  /** The answer that it carries, where the rule is what a verdict rests on. */
  readonly carries?: { readonly question: keyof Verdicts; readonly answer: CarriedAnswer };
}

/** What a rule says, in one language. */
export interface RuleWords {
  readonly title: string;
  /** What is so in this app. */
  readonly says: (details: Details) => string;
  readonly why: string;
  /** What to do, step by step. */
  readonly remedy: readonly string[];
}

/** Small repositories, as path → text: in the first the rule fires, in the second it does not. Both are its tests. */
export interface RuleExample {
  readonly fires: Readonly<Record<string, string>>;
  readonly silent: Readonly<Record<string, string>>;
}

interface RuleBody {
  readonly severity: Severity;
  /** Whether following the remedy ends in a deploy of an app that may have files on the running disk. */
  readonly leadsToDeploy: boolean;
  /** What the code of the remedy is about, where there is some for the framework. */
  readonly recipe?: RecipeKind;
  find(app: ExaminedApp): readonly Match[];
  readonly example: RuleExample;
}

/** A rule of the doctor. What concerns files and data is said in every language, the rest at least in English. */
export type Rule = RuleBody &
  (
    | { readonly code: `MEDIA${number}` | `DATA${number}`; readonly words: Readonly<Record<Language, RuleWords>> }
    | { readonly code: `ENV${number}`; readonly words: { readonly en: RuleWords } & Readonly<Partial<Record<Language, RuleWords>>> }
  );

/** What a rule says in a language, or in English where it is not translated. */
export function wordsOf(rule: Rule, language: Language): RuleWords {
  const words: { readonly en: RuleWords } & Readonly<Partial<Record<Language, RuleWords>>> = rule.words;
  return words[language] ?? words.en;
}

/** Fill in details; what is not given is empty. */
export function detailsOf(app: ExaminedApp, details: Partial<Details> = {}): Details {
  return { label: "", path: "", platform: app.platform.title, variables: "", name: "", other: "", ...details };
}

/** Whether a database has a name worth saying: one of several, not the only one. */
export function isNamed(label: string): boolean {
  return !["", "default", "database", "primary"].includes(label);
}

/** The observations of one name, of the code and of the deploy files. */
export function observed({ model }: ExaminedApp, name: string): readonly AppModel["deployment"]["observations"][number][] {
  const all = [...model.readings.flatMap(({ observations }) => observations), ...model.deployment.observations];
  return all.filter((observation) => observation.name === name);
}

/** Make matches of observations: their sentence is the rule's own. */
export function matchObserved(
  app: ExaminedApp,
  name: string,
  details: (given: Readonly<Record<string, string>>) => Partial<Details>,
): readonly Match[] {
  return observed(app, name).map((observation) => ({
    at: { file: observation.file, line: observation.line },
    because: [],
    details: detailsOf(app, details(observation.details)),
  }));
}

/** The lines that would keep the files of a place, and which variables choose them: what a `depends` hangs on. */
export function keepingWays(
  app: ExaminedApp,
  question: keyof Verdicts,
  place: { readonly label: string; readonly at: Place },
): readonly KeepingWay[] {
  return (usesOf(app.model, question).get(keyOf(place))?.outcomes ?? []).flatMap(({ when, destination, because }) => {
    const last = because.at(-1);
    const storage = destination.kind === "cloud" ? destination.service : destination.kind === "database" ? destination.engine : undefined;
    const variables = variablesOf(when);
    if (last === undefined || storage === undefined || variables.length === 0) return [];
    return [{ storage, when, evidence: { ...last, why: `${last.why} (${storage}, decided by ${variables.join(", ")})` } }];
  });
}

type Use = AppModel["readings"][number]["sinks"][number] | AppModel["readings"][number]["databases"][number];

const usesByPlace = new WeakMap<AppModel, Map<keyof Verdicts, ReadonlyMap<string, Use>>>();

/** Sinks or databases by their place, found once: an app may have tens of thousands. */
function usesOf(model: AppModel, question: keyof Verdicts): ReadonlyMap<string, Use> {
  const ofModel = usesByPlace.get(model) ?? new Map<keyof Verdicts, ReadonlyMap<string, Use>>();
  usesByPlace.set(model, ofModel);
  const known = ofModel.get(question);
  if (known !== undefined) return known;
  const uses = model.readings.flatMap((reading): readonly Use[] => (question === "uploads" ? reading.sinks : reading.databases));
  const found = new Map(uses.toReversed().map((use) => [keyOf(use), use]));
  ofModel.set(question, found);
  return found;
}

function keyOf({ label, at }: { readonly label: string; readonly at: Place }): string {
  return `${at.file}:${at.line}:${label}`;
}

/** A line that would keep files, and where. */
export interface KeepingWay {
  readonly storage: string;
  readonly when: Condition;
  readonly evidence: Evidence;
}

/** Matches for the places of a verdict with this answer: one for each place, so that each can be known or accepted by itself. */
export function matchPlaces(app: ExaminedApp, question: keyof Verdicts, answer: CarriedAnswer): readonly Match[] {
  const verdict = app.verdicts[question];
  const places = verdict.sinks.filter((place) => place.answer === answer);
  return places.map((place) => ({
    at: place.at,
    because:
      answer === "depends" ? [...place.because, ...keepingWays(app, question, place).map(({ evidence }) => evidence)] : place.because,
    details: detailsOf(app, {
      label: place.label,
      path: place.path ?? "",
      variables: [...new Set(place.depends.flatMap(({ when }) => Object.keys(when)))].join(", "),
    }),
    carries: { question, answer },
  }));
}
