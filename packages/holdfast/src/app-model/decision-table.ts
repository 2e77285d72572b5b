import { all, always, any, areApart, isNever, matches, not } from "./conditions.js";
import type { Condition, Outcome } from "./model.js";

/** More single tests than this are not weighed against each other: the table stays as it is. */
const maxTests = 10;

/**
 * Say a decision table in the fewest words: rows that lead to one place become one, rows that no environment reaches go, and
 * a row does not repeat what the rows before it have ruled out. What it says of any environment stays the same.
 */
export function simplified(outcomes: readonly Outcome[]): readonly Outcome[] {
  const tests = [...new Map(outcomes.flatMap((row) => leaves(row.when)).map((leaf) => [JSON.stringify(leaf), leaf])).values()];
  if (tests.length > maxTests) return outcomes;
  const count = 2 ** tests.length;
  const worlds = Array.from({ length: count }, (_, world) => world).filter((world) => isPossible(tests, world));
  const index = new Map(tests.map((test, at) => [JSON.stringify(test), at]));
  const holds = (condition: Condition, world: number): boolean => {
    switch (condition.kind) {
      case "always":
        return true;
      case "not":
        return !holds(condition.of, world);
      case "all":
        return condition.of.every((one) => holds(one, world));
      case "any":
        return condition.of.some((one) => holds(one, world));
      case "set":
      case "present":
      case "equals":
      case "disk":
      case "unknown":
        return (world & (1 << (index.get(JSON.stringify(condition)) ?? 0))) !== 0;
    }
  };
  const groups = new Map<string, { row: Outcome; worlds: number[] }>();
  for (const world of worlds) {
    const row = outcomes.find((one) => holds(one.when, world));
    if (row === undefined) return outcomes;
    const key = JSON.stringify(row.destination);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { row, worlds: [world] });
    else group.worlds.push(world);
  }
  // In the order in which the table first names them.
  const first = (row: Outcome): number => outcomes.findIndex((one) => JSON.stringify(one.destination) === JSON.stringify(row.destination));
  const ordered = [...groups.values()].toSorted((one, other) => first(one.row) - first(other.row));
  const free = new Set(worlds);
  return ordered.map((group, at) => {
    const row = outcomes.find((one) => JSON.stringify(one.destination) === JSON.stringify(group.row.destination)) ?? group.row;
    const when = at === ordered.length - 1 ? always : cover(tests, group.worlds, free, count);
    for (const world of group.worlds) free.delete(world);
    return { ...row, when };
  });
}

/** A condition for these worlds that holds in no other that is still free. */
function cover(tests: readonly Condition[], wanted: readonly number[], free: ReadonlySet<number>, count: number): Condition {
  const inside = new Set(wanted);
  const isRight = (world: number): boolean => inside.has(world) || !free.has(world);
  const left = new Set(wanted);
  const parts: Condition[] = [];
  for (const world of wanted) {
    if (!left.has(world)) continue;
    // What is absent is left out first: people read what must be set.
    const order = tests
      .map((_test, at) => at)
      .toSorted((one, other) => Number((world & (1 << one)) !== 0) - Number((world & (1 << other)) !== 0));
    const kept = new Set(order);
    const fits = (): readonly number[] =>
      Array.from({ length: count }, (_, one) => one).filter((one) => [...kept].every((at) => (one & (1 << at)) === (world & (1 << at))));
    for (const at of order) {
      kept.delete(at);
      if (!fits().every(isRight)) kept.add(at);
    }
    for (const one of fits()) left.delete(one);
    parts.push(all(...tests.flatMap((test, at) => (kept.has(at) ? [(world & (1 << at)) === 0 ? not(test) : test] : []))));
  }
  return any(...parts);
}

function leaves(condition: Condition): readonly Condition[] {
  switch (condition.kind) {
    case "always":
      return [];
    case "not":
      return isNever(condition) ? [] : leaves(condition.of);
    case "all":
    case "any":
      return condition.of.flatMap(leaves);
    case "set":
    case "present":
    case "equals":
    case "disk":
    case "unknown":
      return [condition];
  }
}

/** Whether some environment answers the tests so: a variable that is set is present, and has one value. */
function isPossible(tests: readonly Condition[], world: number): boolean {
  const isTrue = (at: number): boolean => (world & (1 << at)) !== 0;
  return tests.every((one, at) =>
    tests.every((other, beside) => {
      if (one === other || !("name" in one) || !("name" in other) || one.name !== other.name) return true;
      if (one.kind === "set" && other.kind === "present") return !isTrue(at) || isTrue(beside);
      if (one.kind !== "equals" || one.values.includes("")) return true;
      const isStandard = one.ifUnset !== undefined && matches(one, one.ifUnset);
      if (other.kind === "set" || other.kind === "present") {
        // Its value is one of these: it is there, unless they are what stands in for it.
        return !isTrue(at) || isTrue(beside) || isStandard;
      }
      if (other.kind !== "equals") return true;
      return !areApart(one, other) || !isTrue(at) || !isTrue(beside) || one.ifUnset !== other.ifUnset;
    }),
  );
}
