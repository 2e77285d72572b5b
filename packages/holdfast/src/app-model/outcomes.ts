import { cases, equal, known, knownStart, textOf, type Value } from "./abstract-value.js";
import { all, always, any, isAlways, isNever, not, same } from "./conditions.js";
import type { Condition, Destination, Evidence, Outcome } from "./model.js";

/** Make the row that holds in every environment that no row before it took. */
export function outcome(destination: Destination, because: readonly Evidence[], when: Condition = always): Outcome {
  return { when, destination, because };
}

/** Join rows that were found under a further condition. */
export function under(when: Condition, rows: readonly Outcome[]): readonly Outcome[] {
  return rows.map((row) => ({ ...row, when: all(when, row.when) }));
}

/**
 * Make a decision table of rows whose conditions may leave a gap: rows that cannot hold go, rows after one that always holds
 * go, rows at the end that all lead to one place become one, and the last row holds always. Where the rows do not cover every
 * environment, `rest` closes the table.
 */
export function closed(rows: readonly Outcome[], rest: Outcome): readonly Outcome[] {
  const kept: Outcome[] = [];
  let covered: Condition = { kind: "not", of: always };
  for (const row of rows) {
    const when = stillToAsk(row.when, kept);
    if (isNever(when) || isAlways(covered) || kept.some((before) => follows(row.when, before.when))) continue;
    covered = isAlways(when) ? always : any(covered, row.when);
    kept.push({ ...row, when: isAlways(covered) ? always : when });
  }
  const table = isAlways(covered) ? kept : [...kept, { ...rest, when: always }];
  const last = table.at(-1);
  const tail = table.findLastIndex((row) => last !== undefined && !leadSame(row.destination, last.destination));
  return last === undefined ? table : [...table.slice(0, tail + 1), { ...(table[tail + 1] ?? last), when: always }];
}

/** What a row still asks where no row before it held. */
function stillToAsk(when: Condition, before: readonly Outcome[]): Condition {
  const parts = when.kind === "all" ? when.of : [when];
  return all(...parts.filter((part) => !before.some((row) => same(part, not(row.when)))));
}

/** Whether one condition cannot hold without the other. */
function follows(when: Condition, other: Condition): boolean {
  const parts = when.kind === "all" ? when.of : [when];
  return parts.some((part) => same(part, other) || (part.kind === "set" && other.kind === "present" && part.name === other.name));
}

function leadSame(one: Destination, other: Destination): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * One row for each name that a variable may hold, the name that stands in for it last, for every other case. Where nothing stands in
 * for it, `rest` closes the table.
 */
export function namedRows(
  value: Extract<Value, { kind: "variable" }>,
  names: readonly string[],
  rowsOf: (name: string) => readonly Outcome[],
  rest: Outcome,
): readonly Outcome[] {
  const standard = textOf(value.ifUnset);
  const standardRows = standard !== undefined && names.includes(standard) ? rowsOf(standard) : [rest];
  const others = names.filter((name) => name !== standard);
  const rows = others.flatMap((name) => {
    const when = equal(value, known(name));
    return isNever(when) ? [] : under(when, rowsOf(name));
  });
  return [...rows, ...standardRows];
}

/**
 * Where a path on disk leads, one row for each case of it. A path whose end is not known (a file's own name) counts by the folder
 * it begins with. `normalise` makes it absolute or relative to the app's root.
 */
export function diskRows(path: Value, because: readonly Evidence[], normalise: (text: string) => string): readonly Outcome[] {
  return cases(path).map(({ when, value }) => {
    const whole = textOf(value);
    const start = whole ?? knownStart(value);
    return { when, destination: { kind: "disk", path: start === "" ? undefined : normalise(start) }, because };
  });
}

/** Write a path the plain way: without `./`, doubled slashes and a slash at its end. */
export function plainPath(text: string): string {
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== ".." && !parts.at(-1)?.includes("${")) parts.pop();
    else parts.push(part);
  }
  return `${text.startsWith("/") ? "/" : ""}${parts.join("/")}` || ".";
}
