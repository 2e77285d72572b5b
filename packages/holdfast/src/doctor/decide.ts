import { matches, variablesOf } from "../app-model/conditions.js";
import type { Condition, Outcome } from "../app-model/model.js";
import { type Environment, type Known, unsetOf } from "./environment.js";
import { compareAnswers, factsOf, type Fate, type Finding, findFate, isLoss } from "./fate.js";
import type { DecisionRow } from "./verdict.js";

/** One way through the variables, and what it leads to. */
export interface Way {
  readonly when: Readonly<Record<string, string>>;
  readonly fate: Fate;
  /** Somebody would have to give a variable that nothing declares a value against its default, and lose by it what it keeps. */
  readonly isContrary: boolean;
}

/** Where a place's code may lead. */
export interface Table {
  readonly outcomes: readonly Outcome[];
}

/** More ways than these are of no use to a reader, and cost time. */
const maxWays = 128;

/**
 * Find all ways that several places' code may take together, asking for one variable after another; the fate of a way is
 * the worst of the places'. Ways exclude each other and cover all there is. Undefined where there are too many.
 */
export function findWays(tables: readonly Table[], environment: Environment, know: (name: string) => Known): readonly Way[] | undefined {
  const asked = askedConditions(tables);
  const ways: Way[] = [];

  const walk = (assigned: ReadonlyMap<string, Known>, when: Readonly<Record<string, string>>): readonly Way[] | undefined => {
    const facts = factsOf(environment, (name) => assigned.get(name) ?? know(name));
    const finding = worstOf(tables.map(({ outcomes }) => findFate(outcomes, environment, facts)));
    if (finding.kind === "fate") return [{ when, fate: finding.fate, isContrary: false }];
    const { name } = finding;
    const found: Way[] = [];
    const branches: (readonly Way[])[] = [];
    const values = asked.get(name) ?? [];
    for (const [word, value] of choices(values, know(name))) {
      const below = walk(new Map(assigned).set(name, value), { ...when, [name]: word });
      if (below === undefined || found.length + below.length > maxWays) return undefined;
      branches.push(below);
      found.push(...below);
    }
    if (agree(branches)) return [{ when, fate: found[0]?.fate ?? nothing, isContrary: false }];
    const isDefaultSafe = isUndeclared(know(name)) && (values.length > 0 || isForDevelopment(name)) && isSafeEnd(branches.at(-1) ?? []);
    return isDefaultSafe
      ? branches.flatMap((branch) => branch.map((way) => ({ ...way, isContrary: way.isContrary || !isSafe(way) })))
      : found;
  };

  const all = walk(new Map(), {});
  if (all === undefined) return undefined;
  ways.push(...all);
  return ways;
}

const nothing: Fate = { answer: "none", storage: "none", path: undefined, because: [], notUnderstood: [] };

function isUndeclared(known: Known): boolean {
  return known.kind === "open" && known.declared === "unset";
}

/** Names that people give to what they set on their own machine. */
function isForDevelopment(name: string): boolean {
  return /(^|_)(debug|dev|development|local|test|testing)(_|$)/i.test(name);
}

/** What only ends with an error is no default that anybody runs. */
function isSafeEnd(ways: readonly Way[]): boolean {
  return ways.every(isSafe) && ways.some(({ fate }) => fate.answer !== "fails");
}

function isSafe({ fate }: Way): boolean {
  return fate.answer === "keeps" || fate.answer === "none" || fate.answer === "fails";
}

/** A loss among the places ends the question; else what has to be asked comes first. */
function worstOf(findings: readonly Finding[]): Finding {
  const fates: Fate[] = [];
  let asks: Finding | undefined;
  for (const finding of findings) {
    if (finding.kind === "asks") asks ??= finding;
    else if (isLoss(finding.fate.answer)) return finding;
    else fates.push(finding.fate);
  }
  if (asks !== undefined) return asks;
  const [worst] = fates.toSorted((one, other) => compareAnswers(one.answer, other.answer));
  return { kind: "fate", fate: worst ?? nothing };
}

/** Whether whatever the variable is, the same follows: then it decides nothing. */
function agree(branches: readonly (readonly Way[])[]): boolean {
  const [first] = branches[0] ?? [];
  return first !== undefined && branches.every((ways) => ways.length === 1 && ways.every(({ fate }) => isSame(fate, first.fate)));
}

function isSame(one: Fate, other: Fate): boolean {
  return one.answer === other.answer && one.storage === other.storage;
}

type Equality = Extract<Condition, { kind: "equals" }>;

/** For each variable, the values it is compared with. */
function askedConditions(tables: readonly Table[]): ReadonlyMap<string, readonly Equality[]> {
  const found = new Map<string, Equality[]>();
  const visit = (condition: Condition): void => {
    if (condition.kind === "equals") found.set(condition.name, [...(found.get(condition.name) ?? []), condition]);
    else if (condition.kind === "not") visit(condition.of);
    else if (condition.kind === "all" || condition.kind === "any") for (const part of condition.of) visit(part);
  };
  for (const { outcomes } of tables) for (const { when } of outcomes) if (variablesOf(when).length > 0) visit(when);
  return found;
}

/** What a variable may be, as words and as what is known then. Values that the code does not tell apart are one. */
function choices(equalities: readonly Equality[], known: Known): readonly (readonly [string, Known])[] {
  const found = new Map<string, readonly [string, Known]>();
  for (const { values, isStart } of equalities) {
    for (const value of values) {
      const signature = equalities.map((equality) => (matches(equality, value) ? "1" : "0")).join("");
      if (value === "" || found.has(signature)) continue;
      found.set(signature, isStart === true ? [`${value}…`, { kind: "begins", with: value }] : [value, { kind: "value", value }]);
    }
  }
  const chosen: (readonly [string, Known])[] = [...found.values(), ["set", { kind: "other" }]];
  if (known.kind === "open") chosen.push(["unset", unsetOf(known)]);
  return chosen;
}

/**
 * Make a table for people of ways that exclude each other. Where there are more than two, what follows with nothing set is
 * said once, at the end, with an empty `when`.
 */
export function rowsOf(ways: readonly Way[]): readonly DecisionRow[] {
  const rows = ways.map(({ when, fate }): DecisionRow => ({ when, answer: fate.answer, storage: fate.storage }));
  const last = rows.at(-1);
  if (last === undefined || rows.length <= 2) return rows;
  const others = rows.filter(({ answer, storage }) => answer !== last.answer || storage !== last.storage);
  return [...others, { ...last, when: {} }];
}
