import type { Condition } from "./model.js";

/** Holds whatever the environment. */
export const always: Condition = { kind: "always" };

/** Holds in no environment: code under it is dead. */
export const never: Condition = { kind: "not", of: always };

/** Whether a condition holds in every environment, as far as its form shows. */
export function isAlways(condition: Condition): boolean {
  return condition.kind === "always";
}

/** Whether a condition holds in no environment, as far as its form shows. */
export function isNever(condition: Condition): boolean {
  return condition.kind === "not" && condition.of.kind === "always";
}

/** Make the condition that a variable is set and not empty. */
export function set(name: string): Condition {
  return { kind: "set", name };
}

/** Make the condition that a variable is there, be it empty. */
export function present(name: string): Condition {
  return { kind: "present", name };
}

/** Make the condition that could not be read, with what it tests in words. */
export function unknownTest(what: string): Condition {
  const known = tests.get(what);
  if (known !== undefined) return known;
  if (tests.size >= maxTests) tests.clear();
  const test: Condition = { kind: "unknown", what };
  tests.set(what, test);
  return test;
}

/** The same test is asked in hundreds of places: one object for all is compared at once. */
const tests = new Map<string, Condition>();
const maxTests = 20_000;

/** Negate a condition; twice is the condition itself. */
export function not(condition: Condition): Condition {
  if (condition.kind === "not") return condition.of;
  const known = opposites.get(condition);
  if (known !== undefined) return known;
  const opposite: Condition = { kind: "not", of: condition };
  opposites.set(condition, opposite);
  return opposite;
}

const opposites = new WeakMap<Condition, Condition>();

/** Join conditions that must all hold, in the simplest form. */
export function all(...conditions: readonly Condition[]): Condition {
  return joinedBy("all", conditions, always, never);
}

/** Join conditions of which one must hold, in the simplest form. */
export function any(...conditions: readonly Condition[]): Condition {
  return joinedBy("any", conditions, never, always);
}

function joinedBy(kind: "all" | "any", conditions: readonly Condition[], neutral: Condition, decisive: Condition): Condition {
  const isNeutral = neutral.kind === "always" ? isAlways : isNever;
  const isDecisive = neutral.kind === "always" ? isNever : isAlways;
  const counted = conditions.filter((condition) => !isNeutral(condition));
  const [alone, ...more] = counted;
  // Most are joined with nothing that matters.
  if (alone === undefined) return neutral;
  if (more.length === 0 && alone.kind !== kind) return alone;
  if (counted.some(isDecisive)) return decisive;
  const [second] = more;
  if (second === undefined || more.length > 1) return joinedParts(kind, counted, decisive, neutral);
  const pairs = pairsBy[kind].get(alone) ?? new WeakMap<Condition, Condition>();
  pairsBy[kind].set(alone, pairs);
  const known = pairs.get(second) ?? joinedParts(kind, counted, decisive, neutral);
  pairs.set(second, known);
  return known;
}

/** What two conditions come to, which is asked over and over on the way through a function. */
const pairsBy = {
  all: new WeakMap<Condition, WeakMap<Condition, Condition>>(),
  any: new WeakMap<Condition, WeakMap<Condition, Condition>>(),
};

function joinedParts(kind: "all" | "any", counted: readonly Condition[], decisive: Condition, neutral: Condition): Condition {
  const parts = new Map<string, Condition>();
  for (const condition of counted) {
    for (const part of condition.kind === kind ? condition.of : [condition]) parts.set(formOf(part), part);
  }
  if ([...parts.values()].some((part) => parts.has(formOf(not(part))))) return decisive;
  const [first, ...others] = parts.values();
  if (first === undefined || others.length === 0) return first ?? neutral;
  const size = others.reduce((sum, part) => sum + sizeOf(part), sizeOf(first));
  if (size > maxSize) return unknownTest("more tests than can be told apart");
  const joined: Condition = { kind, of: [first, ...others] };
  sizes.set(joined, size);
  return joined;
}

const sizes = new WeakMap<Condition, number>();
/** A condition that asks more than this was made by a machine. */
const maxSize = 60;

function sizeOf(condition: Condition): number {
  const kept = sizes.get(condition);
  if (kept !== undefined) return kept;
  if (condition.kind === "not") return sizeOf(condition.of);
  return condition.kind === "all" || condition.kind === "any" ? condition.of.reduce((sum, part) => sum + sizeOf(part), 0) : 1;
}

/** Whether two conditions have the same form; two forms of the same meaning are not found out. */
export function same(one: Condition, other: Condition): boolean {
  return one === other || formOf(one) === formOf(other);
}

/**
 * Widen a condition to what depends on the environment alone: what could not be read (a request's content, a record's
 * state) counts as possible. Code is live where the result can hold.
 */
export function possible(condition: Condition): Condition {
  return widen(condition, true);
}

/** Whether a condition, or a part of it, could not be read. */
export function isUnsure(condition: Condition): boolean {
  switch (condition.kind) {
    case "unknown":
      return true;
    case "not":
      return isUnsure(condition.of);
    case "all":
    case "any":
      return condition.of.some(isUnsure);
    case "always":
    case "set":
    case "present":
    case "equals":
    case "disk":
      return false;
  }
}

type Equality = Extract<Condition, { kind: "equals" }>;

/** Whether a value is one of those that a condition names, or begins with one. */
export function matches({ values, ignoreCase, isStart }: Equality, value: string): boolean {
  const written = (text: string): string => (ignoreCase === true ? text.toLowerCase() : text);
  return values.some((one) => (isStart === true ? written(value).startsWith(written(one)) : written(value) === written(one)));
}

/** Whether no value of a variable answers both conditions with yes. */
export function areApart(one: Equality, other: Equality): boolean {
  const meets = (left: Equality, right: Equality): boolean => right.values.some((value) => matches({ ...left, ignoreCase: true }, value));
  return !meets(one, other) && !meets(other, one);
}

/** The variables that a condition asks about, each once. */
export function variablesOf(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case "set":
    case "present":
    case "equals":
      return [condition.name];
    case "not":
      return variablesOf(condition.of);
    case "all":
    case "any":
      return [...new Set(condition.of.flatMap(variablesOf))];
    case "always":
    case "disk":
    case "unknown":
      return [];
  }
}

function widen(condition: Condition, positive: boolean): Condition {
  switch (condition.kind) {
    case "unknown":
      return positive ? always : never;
    case "not":
      return not(widen(condition.of, !positive));
    case "all":
      return all(...condition.of.map((part) => widen(part, positive)));
    case "any":
      return any(...condition.of.map((part) => widen(part, positive)));
    case "always":
    case "set":
    case "present":
    case "equals":
    case "disk":
      return condition;
  }
}

const forms = new WeakMap<Condition, string>();

function formOf(condition: Condition): string {
  const kept = forms.get(condition);
  if (kept !== undefined) return kept;
  const form = writeForm(condition);
  forms.set(condition, form);
  return form;
}

/** As JSON has it, made of the forms of its parts that are known already. */
function writeForm(condition: Condition): string {
  if (condition.kind === "not") return `{"kind":"not","of":${formOf(condition.of)}}`;
  if (condition.kind !== "all" && condition.kind !== "any") return JSON.stringify(condition);
  return `{"kind":"${condition.kind}","of":[${condition.of.map(formOf).join(",")}]}`;
}
