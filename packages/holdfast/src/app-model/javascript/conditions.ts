import { areApart } from "../conditions.js";
import type { Condition } from "../model.js";

export const always: Condition = { kind: "always" };
export const never: Condition = { kind: "any", of: [] };

/** Tells whether a condition can never hold. */
export const isNever = (condition: Condition): boolean => condition.kind === "any" && condition.of.length === 0;

const ids = new WeakMap<Condition, number>();
const interned = new Map<string, Condition>();
const mostInterned = 200_000;
let nextId = 0;

/** One object for each condition, so that equal ones are the same and are compared at once. */
const intern = (condition: Condition): Condition => {
  if (ids.has(condition)) return condition;
  let key: string;
  if (condition.kind === "not") key = `!${idOf(condition.of)}`;
  else if (condition.kind === "all" || condition.kind === "any") key = `${condition.kind}${condition.of.map(idOf).join(",")}`;
  else key = JSON.stringify(condition);
  const known = interned.get(key);
  if (known !== undefined) return known;
  if (interned.size >= mostInterned) interned.clear();
  interned.set(key, condition);
  nextId += 1;
  ids.set(condition, nextId);
  return condition;
};

const idOf = (condition: Condition): number => ids.get(condition) ?? ids.get(intern(condition)) ?? 0;

/** The request decides: what is tested there is known only when somebody uploads. */
const dataMark = "data:";
const failureMark = "failure:";

export const decidedByData = (where: string): Condition => ({ kind: "unknown", what: `${dataMark}${where}` });
export const afterFailure = (where: string): Condition => ({ kind: "unknown", what: `${failureMark}${where}` });

/** Tells whether a condition, or part of it, is that something before it failed. */
export const needsFailure = (condition: Condition): boolean =>
  condition.kind === "unknown"
    ? condition.what.startsWith(failureMark)
    : (condition.kind === "all" || condition.kind === "any") && condition.of.some(needsFailure);

/** What is left of a condition for a request that takes this way: its questions about the request are answered with yes. */
export const withoutData = (condition: Condition): Condition => {
  switch (condition.kind) {
    case "unknown":
      return condition.what.startsWith(dataMark) || condition.what.startsWith(failureMark) ? always : condition;
    case "not": {
      if (condition.of.kind === "unknown") return withoutData(condition.of).kind === "always" ? always : condition;
      if (condition.of.kind === "all") return anyOf(condition.of.of.map((part) => withoutData(not(part))));
      if (condition.of.kind === "any") return allOf(condition.of.of.map((part) => withoutData(not(part))));
      return condition;
    }
    case "all":
      return allOf(condition.of.map(withoutData));
    case "any":
      return condition.of.length === 0 ? never : anyOf(condition.of.map(withoutData));
    case "always":
    case "set":
    case "present":
    case "equals":
    case "disk":
      return condition;
  }
};

const negated = (condition: Condition): number => idOf(not(condition));

/** Says the opposite, in the fewest words. */
export const not = (condition: Condition): Condition => {
  if (condition.kind === "not") return condition.of;
  if (condition.kind === "always") return never;
  if (isNever(condition)) return always;
  return intern({ kind: "not", of: condition });
};

/** Equal to one value of a variable rules out another, and a variable that is not set. */
const excludes = (one: Condition, other: Condition): boolean => {
  if (one.kind === "equals" && other.kind === "equals" && one.name === other.name && one.ignoreCase === other.ignoreCase) {
    if (one.isStart === true || other.isStart === true) return areApart(one, other) && one.ifUnset === other.ifUnset;
    return !one.values.some((value) => other.values.includes(value)) && one.ifUnset === other.ifUnset;
  }
  if (one.kind === "set" && other.kind === "not" && other.of.kind === "present") return one.name === other.of.name;
  if (one.kind === "equals" && other.kind === "not" && other.of.kind === "present") return one.name === other.of.name;
  if (one.kind === "equals" && other.kind === "not" && other.of.kind === "set") {
    return one.name === other.of.name && one.ifUnset === undefined && !one.values.includes("");
  }
  return false;
};

const sizes = new WeakMap<Condition, number>();

/** How many questions a condition asks. */
const sizeOf = (condition: Condition): number => {
  if (condition.kind === "not") return sizeOf(condition.of);
  if (condition.kind !== "all" && condition.kind !== "any") return 1;
  const known = sizes.get(condition);
  if (known !== undefined) return known;
  const size = condition.of.reduce((sum, part) => sum + sizeOf(part), 1);
  sizes.set(condition, size);
  return size;
};

const largest = 16;

const asksData = (condition: Condition): boolean =>
  condition.kind === "unknown"
    ? condition.what.startsWith(dataMark) || condition.what.startsWith(failureMark)
    : condition.kind === "not"
      ? asksData(condition.of)
      : (condition.kind === "all" || condition.kind === "any") && condition.of.some(asksData);

/**
 * Takes many questions about the request together as one where a condition has grown too large to be of use to anybody. That one
 * may hold or not: were it left out, its opposite would be impossible.
 */
const small = (condition: Condition): Condition => {
  if (sizeOf(condition) <= largest || !asksData(condition)) return condition;
  const together = decidedByData(`many:${idOf(condition)}`);
  if (condition.kind !== "all") return together;
  return allOf([...condition.of.filter((part) => !asksData(part)), together]);
};

/** Joins conditions that must all hold; what contradicts itself is `never`. */
export const all = (...conditions: readonly Condition[]): Condition => {
  const [first, second, third] = conditions;
  if (first === undefined) return always;
  if (second === undefined) return first;
  if (third !== undefined) return small(allOf(conditions));
  if (first.kind === "always" || first === second) return second;
  if (second.kind === "always") return first;
  const key = `${idOf(first)}&${idOf(second)}`;
  const known = pairs.get(key);
  if (known !== undefined) return known;
  if (pairs.size >= mostInterned) pairs.clear();
  const joined = small(allOf(conditions));
  pairs.set(key, joined);
  return joined;
};

const pairs = new Map<string, Condition>();

const allOf = (conditions: readonly Condition[]): Condition => {
  const parts = new Map<number, Condition>();
  for (const condition of conditions) {
    for (const part of condition.kind === "all" ? condition.of : [condition]) {
      if (isNever(part)) return never;
      if (part.kind !== "always") parts.set(idOf(part), part);
    }
  }
  const list = [...parts.values()];
  for (const part of list) {
    if (parts.has(negated(part))) return never;
    if (list.some((other) => excludes(part, other))) return never;
  }
  // "Equal to s3" already says that it is set, and that it is not equal to gcs.
  const kept = list.filter((part) => !list.some((other) => other !== part && followsFrom(part, other)));
  const only = kept[0];
  if (only === undefined) return always;
  return kept.length === 1 ? only : intern({ kind: "all", of: kept });
};

/** Set says that it is present; equal to something says that it is set. */
const followsFrom = (part: Condition, from: Condition): boolean => {
  if (part.kind === "present") return (from.kind === "set" || from.kind === "equals") && from.name === part.name;
  if (from.kind !== "equals" || from.ifUnset !== undefined || from.values.includes("")) return false;
  return (part.kind === "set" && part.name === from.name) || (part.kind === "not" && excludes(part.of, from));
};

/** Joins conditions of which one is enough. */
export const any = (...conditions: readonly Condition[]): Condition => small(anyOf(conditions));

const anyOf = (conditions: readonly Condition[]): Condition => {
  const parts = new Map<number, Condition>();
  for (const condition of conditions) {
    for (const part of condition.kind === "any" ? condition.of : [condition]) {
      if (part.kind === "always") return always;
      if (isNever(part)) continue;
      parts.set(idOf(part), part);
    }
  }
  const list = [...parts.values()];
  if (list.some((part) => parts.has(negated(part)))) return always;
  // `a or (not a and b)` is `a or b`.
  const trimmed = list.map((part) => (part.kind === "all" ? allOf(part.of.filter((piece) => !parts.has(negated(piece)))) : part));
  if (trimmed.some((part, index) => idOf(part) !== idOf(list[index] ?? part))) return anyOf(trimmed);
  const only = trimmed[0];
  if (trimmed.length === 1 && only !== undefined) return only;
  return intern({ kind: "any", of: trimmed });
};

/** Rows up to the one with which every environment is covered, that one holding always. */
export const covering = <Row extends { readonly when: Condition }>(rows: readonly Row[]): readonly Row[] => {
  const kept: Row[] = [];
  let covered: Condition = never;
  for (const row of rows) {
    if (isNever(row.when)) continue;
    covered = any(covered, row.when);
    if (covered.kind === "always") return [...kept, { ...row, when: always }];
    kept.push(row);
  }
  return kept;
};
