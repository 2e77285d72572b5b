import { variablesOf } from "../app-model/conditions.js";
import { readApps } from "../app-model/read-app.js";
import type { AppModel, SourceTree } from "../app-model/model.js";
import { platformOf } from "../platforms/platforms.js";
import { type Finding, fingerprintOf } from "../findings/finding.js";
import type { AppReport, ReportedVerdict } from "../findings/report.js";
import { sourceFrame } from "../findings/source-frame.js";
import { covers, type Suppression, suppressionAbove } from "../findings/suppressions.js";
import { fileSchemes } from "./disk-path.js";
import { environmentOf } from "./environment.js";
import { firstAidFor } from "./first-aid.js";
import { givenFor, joinGiven } from "./given.js";
import { holdfastYaml, readHoldfastYaml } from "./holdfast-yaml.js";
import { judge } from "./judge.js";
import type { Language } from "./language.js";
import { recipeFor } from "./recipes.js";
import { type ExaminedApp, type Match, type Rule, wordsOf } from "./rule.js";
import { rules } from "./rules.js";
import { headlineOf, verdictWords } from "./verdict-words.js";
import type { DecisionRow, Given, Verdict, Verdicts } from "./verdict.js";

/** What is asked of an examination. */
export interface ExamineOptions {
  /** The folder, as the person named it. */
  readonly name: string;
  readonly given: Given;
  readonly language: Language;
  /** The command that asks again, for the hints. */
  readonly command: string;
}

/** The apps of one folder, and what a person should know beside them. */
export interface Examination {
  readonly apps: readonly AppReport[];
  readonly notices: readonly string[];
  readonly problems: readonly string[];
}

/** Judge every app of a tree of files. Nothing of the app is run, nothing is sent anywhere. */
export async function examineTree(tree: SourceTree, options: ExamineOptions): Promise<Examination> {
  const settings = readHoldfastYaml(tree.read(holdfastYaml));
  const given = joinGiven(settings.given, options.given);
  const models = await readApps(tree);
  const notices = new Set<string>();
  const words = verdictWords[options.language];
  if (models.length === 0) notices.add(words.noApp(options.name));
  const wanted = new Set(models.flatMap(variablesAsked));
  for (const { name, file } of models.length === 0 ? [] : options.given.variables) {
    if (file === "--set" && !wanted.has(name)) notices.add(words.setInVain(name));
  }
  const { asked } = given;
  if (asked !== undefined) notices.add(words.asked(platformOf(asked.platform).title, asked.name, asked.variables.length, asked.isComplete));
  const apps = models.map((model) => reportApp(model, tree, givenFor(model.root, given), settings.suppressions, options, notices));
  return { apps, notices: [...notices], problems: settings.problems };
}

/** Every variable that decides where files or rows go, in a condition or in a path. */
function variablesAsked({ readings }: AppModel): readonly string[] {
  const outcomes = readings.flatMap(({ sinks, databases }) => [...sinks, ...databases]).flatMap((use) => use.outcomes);
  return outcomes.flatMap(({ when, destination }) => {
    const path = destination.kind === "disk" ? (destination.path ?? "") : "";
    return [...variablesOf(when), ...[...path.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name)];
  });
}

function reportApp(
  model: AppModel,
  tree: SourceTree,
  given: Given,
  suppressions: readonly Suppression[],
  options: ExamineOptions,
  notices: Set<string>,
): AppReport {
  const { language } = options;
  const verdicts = judge(model, given);
  const { platform } = environmentOf(model, given);
  const named = platform.id === "any" ? { ...platform, title: verdictWords[language].aHost } : platform;
  const app: ExaminedApp = { tree, model, platform: named, verdicts, given };
  const framework = model.readings[0]?.framework ?? "unknown";
  const platforms = [...new Set([...(model.service === undefined ? [] : [model.service.platform]), ...model.deployment.platforms])];
  if (platforms.length === 0) notices.add(verdictWords[language].noPlatform);
  const seen = new Map<string, number>();
  const findings = rules.flatMap((rule) => rule.find(app).map((match) => makeFinding(rule, match, framework, tree, language, seen)));
  return {
    directory: options.name,
    root: model.root,
    framework,
    platforms,
    verdicts: { uploads: reported("uploads", verdicts, options), database: reported("database", verdicts, options) },
    firstAid: firstAidFor(model, named, verdicts, language),
    findings: findings
      .map((finding) => accepted(finding, tree, suppressions, notices, language))
      .toSorted((one, other) => weightOf(one) - weightOf(other)),
  };
}

/** Losses first, then errors, warnings and notes; the order of the rules decides the rest. */
function weightOf({ answer, severity }: Finding): number {
  return answer === "loses" ? 0 : severity === "error" ? 1 : severity === "warning" ? 2 : 3;
}

function makeFinding(
  rule: Rule,
  match: Match,
  framework: string,
  tree: SourceTree,
  language: Language,
  seen: Map<string, number>,
): Finding {
  const words = wordsOf(rule, language);
  const text = tree.read(match.at.file);
  const line = text?.split(/\r?\n/)[match.at.line - 1] ?? "";
  const same = [rule.code, match.at.file, line.trim()].join("\0");
  const nth = seen.get(same) ?? 0;
  seen.set(same, nth + 1);
  return {
    code: rule.code,
    severity: rule.severity,
    question: match.carries?.question,
    answer: match.carries?.answer,
    title: words.title,
    message: words.says(match.details),
    at: match.at,
    because: match.because,
    remedy: words.remedy,
    recipe: rule.recipe === undefined ? undefined : recipeFor(rule.recipe, framework),
    leadsToDeploy: rule.leadsToDeploy,
    frame: sourceFrame(text, match.at),
    fingerprint: fingerprintOf(rule.code, match.at.file, line, nth),
    status: "open",
    reason: undefined,
  };
}

function accepted(
  finding: Finding,
  tree: SourceTree,
  suppressions: readonly Suppression[],
  notices: Set<string>,
  language: Language,
): Finding {
  const above = suppressionAbove(tree.read(finding.at.file), finding.at);
  if (above !== undefined && above.reason.trim() === "") {
    notices.add(verdictWords[language].ignoreWithoutReason(`${above.from.file}:${above.from.line}`));
  }
  const found = [...(above === undefined ? [] : [above]), ...suppressions].find((suppression) => covers(suppression, finding));
  return found === undefined ? finding : { ...finding, status: "accepted", reason: found.reason };
}

function reported(question: keyof Verdicts, verdicts: Verdicts, options: ExamineOptions): ReportedVerdict {
  const verdict = verdicts[question];
  const { answer, asDeclared, storage, because, depends, dependsOn, notUnderstood, isPartial, isAsGiven } = verdict;
  return {
    answer,
    asDeclared,
    storage,
    because,
    depends: readable(depends),
    dependsOn,
    places: verdict.sinks.map(({ label, at, answer: one, storage: to, path }) => ({ label, at, answer: one, storage: to, path })),
    notUnderstood,
    isPartial,
    isAsGiven,
    headline: headlineOf(question, verdict, options.language),
    hint: hintOf(verdict, options),
  };
}

function hintOf(verdict: Verdict, { language, command }: ExamineOptions): string | undefined {
  const words = verdictWords[language];
  const [first] = verdict.notUnderstood;
  if (verdict.answer === "unknown" && first !== undefined) return words.notUnderstood(first.why);
  if (verdict.answer !== "depends") return undefined;
  const ways = verdict.depends
    .filter(({ answer }) => answer === "keeps")
    .map(({ when, storage }) => ({ storage, options: setOptions(when, verdict.depends) }))
    .filter(({ options }) => options.length > 0)
    .toSorted((a, b) => a.options.length - b.options.length);
  const [one] = ways;
  if (one === undefined) return undefined;
  const other = ways.find(({ storage }) => storage !== one.storage);
  return words.decide(`${command} ${one.options.join(" ")}`, other?.options.join(" "));
}

/** What to say to the doctor so that a row of the table holds. */
function setOptions(when: Readonly<Record<string, string>>, rows: readonly DecisionRow[]): readonly string[] {
  // That it is set does not say that it is no file.
  const isFileAsked = (asked: string): boolean => rows.some((row) => fileSchemes.test((row.when[asked] ?? "").replace(/\/*…$/, "")));
  const wanted = Object.entries(when).filter(([name, value]) => value !== "unset" && /^\w+$/.test(name));
  return wanted.map(([name, value]) => {
    if (value === "set") return isFileAsked(name) ? `--set '${name}=postgres:…'` : `--set ${name}`;
    return /^[\w.:/-]+$/.test(value) ? `--set ${name}=${value}` : `--set '${name}=${value.replaceAll("'", "")}'`;
  });
}

/** Rows are read in order: what an earlier row has ruled out already need not be said again. */
function readable(rows: readonly DecisionRow[]): readonly DecisionRow[] {
  const settled = new Set<string>();
  return rows.map((row) => {
    const when = Object.fromEntries(Object.entries(row.when).filter(([name, value]) => value !== "unset" || !settled.has(name)));
    const [only, ...others] = Object.entries(when);
    if (only !== undefined && others.length === 0 && only[1] === "set") settled.add(only[0]);
    return { ...row, when };
  });
}
