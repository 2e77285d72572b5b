import { all, always, any, never, not, present, set, unknownTest } from "./conditions.js";
import type { Condition, Place } from "./model.js";

/** What an expression of an app's configuration comes to while its environment is still open. */
export type Value =
  | { readonly kind: "known"; readonly value: string | number | boolean | null }
  /** A variable of the environment; `ifUnset` is what stands in for it, `null` where nothing does. */
  | { readonly kind: "variable"; readonly name: string; readonly ifUnset: Value }
  /** Texts one after the other. */
  | { readonly kind: "text"; readonly parts: readonly Value[] }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "table"; readonly entries: ReadonlyMap<string, Entry> }
  /** An object of a class of the framework's, with what it was made of. */
  | {
      readonly kind: "made";
      readonly type: string;
      readonly items: readonly Value[];
      readonly named: ReadonlyMap<string, Value>;
    }
  | { readonly kind: "either"; readonly when: Condition; readonly chosen: Value; readonly otherwise: Value }
  | { readonly kind: "unknown"; readonly what: string };

/** A value under a name, and where it was given it. */
export interface Entry extends Place {
  readonly value: Value;
}

/** One way a value can come out. */
export interface Case {
  readonly when: Condition;
  readonly value: Value;
}

/** What a language calls true. */
export interface Truths {
  known(value: string | number | boolean | null): boolean;
  /** When a variable that is there counts as true; what stands in for it tells whether it is a switch. */
  variable(name: string, ifUnset: Value): Condition;
}

/** More ways than this are not told apart: the value counts as unknown. */
const maxCases = 24;

/** A longer text is no name and no path. */
const maxTextChars = 10_000;

/** Nothing: `nil`, `null`. */
export const nothing: Value = { kind: "known", value: null };

/** Make the value of a literal. */
export function known(value: string | number | boolean | null): Value {
  return { kind: "known", value };
}

/** Make the value of a variable of the environment. */
export function variable(name: string, ifUnset: Value = nothing): Value {
  return weigh({ kind: "variable", name, ifUnset });
}

/** Make the value that was not understood, with what it is in words. */
export function unknownValue(what: string): Value {
  return { kind: "unknown", what: what.length > 80 ? `${what.slice(0, 77)}…` : what };
}

/** Make the value of a test: true where the condition holds, else false. */
export function tested(when: Condition): Value {
  return either(when, known(true), known(false));
}

/** Make a value that depends on a condition, or the one it comes to where the condition is decided. */
export function either(when: Condition, chosen: Value, otherwise: Value): Value {
  if (when.kind === "always") return chosen;
  if (when.kind === "not" && when.of.kind === "always") return otherwise;
  return weigh({ kind: "either", when, chosen, otherwise });
}

const weights = new WeakMap<Value, number>();
/** Values that grow with every assignment in a loop of code say nothing to anybody. */
const maxWeight = 64;

function weigh(value: Value): Value {
  const weight = weightOf(value);
  if (weight > maxWeight) return unknownValue("a value with too many cases");
  weights.set(value, weight);
  return value;
}

function weightOf(value: Value): number {
  const kept = weights.get(value);
  if (kept !== undefined) return kept;
  if (value.kind === "either") return 1 + weightOf(value.chosen) + weightOf(value.otherwise);
  if (value.kind === "variable") return 1 + weightOf(value.ifUnset);
  const inner = value.kind === "text" ? value.parts : value.kind === "list" || value.kind === "made" ? value.items : [];
  return inner.reduce((sum, part) => sum + weightOf(part), 1);
}

/** Join texts; what is known on both sides is joined at once. */
export function joined(...values: readonly Value[]): Value {
  const parts: Value[] = [];
  for (const value of values.flatMap((one) => (one.kind === "text" ? one.parts : [one]))) {
    const last = parts.at(-1);
    if (last?.kind === "known" && value.kind === "known") {
      const text = `${last.value ?? ""}${value.value ?? ""}`;
      // A text that doubles in every line of code would fill the memory.
      if (text.length > maxTextChars) return unknownValue("a text without end");
      parts[parts.length - 1] = known(text);
    } else parts.push(value);
  }
  const full = parts.filter((part) => part.kind !== "known" || part.value !== "");
  const [only] = full;
  if (only === undefined) return known("");
  return full.length === 1 && (only.kind !== "known" || typeof only.value === "string") ? only : weigh({ kind: "text", parts: full });
}

/** Take a value apart into the ways it can come out; their conditions exclude each other. */
export function cases(value: Value): readonly Case[] {
  const found = split(value);
  return found.length > maxCases ? [{ when: always, value: unknownValue("a value with too many cases") }] : found;
}

/** When a value counts as true in its language. */
export function truth(value: Value, language: Truths): Condition {
  const kept = truths.get(language)?.get(value);
  if (kept !== undefined) return kept;
  const found = truthOf(value, language);
  truths.set(language, (truths.get(language) ?? new WeakMap<Value, Condition>()).set(value, found));
  return found;
}

const truths = new WeakMap<Truths, WeakMap<Value, Condition>>();

function truthOf(value: Value, language: Truths): Condition {
  switch (value.kind) {
    case "known":
      return language.known(value.value) ? always : never;
    case "variable": {
      const ifUnset = truth(value.ifUnset, language);
      return any(language.variable(value.name, value.ifUnset), all(not(present(value.name)), ifUnset));
    }
    case "either":
      return any(all(value.when, truth(value.chosen, language)), all(not(value.when), truth(value.otherwise, language)));
    case "text":
      return any(...value.parts.map((part) => truth(part, language)));
    case "list":
      return value.items.length > 0 ? always : never;
    case "table":
      return value.entries.size > 0 ? always : never;
    case "made":
      return always;
    case "unknown":
      return unknownTest(value.what);
  }
}

/** When a value is not empty: neither nothing nor blank text. */
export function filled(value: Value): Condition {
  return truth(value, filling);
}

const filling: Truths = { known: (one) => one !== null && one !== "" && one !== false, variable: set };

/** When two values are the same. */
export function equal(one: Value, other: Value): Condition {
  if (one.kind === "either") return spread(one, (part) => equal(part, other));
  if (other.kind === "either") return spread(other, (part) => equal(one, part));
  if (one.kind === "known" && other.kind === "known") return String(one.value) === String(other.value) ? always : never;
  if (one.kind === "known") return other.kind === "known" ? never : equal(other, one);
  if (one.kind === "variable" && other.kind === "known") {
    if (other.value === null) return all(not(present(one.name)), equal(one.ifUnset, other));
    const values = [String(other.value)];
    if (one.ifUnset.kind === "known") {
      const { value } = one.ifUnset;
      return { kind: "equals", name: one.name, values, ...(value === null ? {} : { ifUnset: String(value) }) };
    }
    return any({ kind: "equals", name: one.name, values }, all(not(present(one.name)), equal(one.ifUnset, other)));
  }
  if ((one.kind === "list" || one.kind === "table" || one.kind === "made") && other.kind === "known") return never;
  return unknownTest("whether two values are equal");
}

/** When a value is one of these texts. */
export function oneOf(value: Value, texts: readonly string[]): Condition {
  return any(...texts.map((text) => equal(value, known(text))));
}

/**
 * A value as a text for people and for paths: a variable is written `${NAME}` or `${NAME:-default}`; undefined where a part of it
 * is not understood. A value with several cases has no such text: take it apart first.
 */
export function textOf(value: Value): string | undefined {
  switch (value.kind) {
    case "known":
      return value.value === null ? "" : String(value.value);
    case "variable": {
      const ifUnset = textOf(value.ifUnset);
      return ifUnset === undefined || ifUnset === "" ? `\${${value.name}}` : `\${${value.name}:-${ifUnset}}`;
    }
    case "text": {
      const parts = value.parts.map(textOf);
      return parts.every((part) => part !== undefined) ? parts.join("") : undefined;
    }
    case "list":
    case "table":
    case "made":
    case "either":
    case "unknown":
      return undefined;
  }
}

/** The text a value begins with, as far as it is known: the folder of a path whose end is a file's name. */
export function knownStart(value: Value): string {
  if (value.kind !== "text") return textOf(value) ?? "";
  const texts: string[] = [];
  for (const part of value.parts) {
    const text = textOf(part);
    if (text === undefined) break;
    texts.push(text);
  }
  return texts.join("");
}

/** What stands under a name in a table; nothing where it has none. */
export function entryOf(value: Value, name: string): Entry | undefined {
  if (value.kind === "either") {
    const [chosen, otherwise] = [entryOf(value.chosen, name), entryOf(value.otherwise, name)];
    const place = chosen ?? otherwise;
    if (place === undefined) return undefined;
    return { ...place, value: either(value.when, chosen?.value ?? nothing, otherwise?.value ?? nothing) };
  }
  return value.kind === "table" ? value.entries.get(name) : undefined;
}

function spread(value: Extract<Value, { kind: "either" }>, test: (part: Value) => Condition): Condition {
  return any(all(value.when, test(value.chosen)), all(not(value.when), test(value.otherwise)));
}

function split(value: Value): readonly Case[] {
  if (value.kind === "either") {
    return [
      ...split(value.chosen).map((one) => ({ when: all(value.when, one.when), value: one.value })),
      ...split(value.otherwise).map((one) => ({ when: all(not(value.when), one.when), value: one.value })),
    ].filter(({ when }) => !(when.kind === "not" && when.of.kind === "always"));
  }
  if (value.kind === "text") {
    let found: readonly Case[] = [{ when: always, value: { kind: "text", parts: [] } }];
    for (const part of value.parts) {
      const ways = split(part);
      if (found.length * ways.length > maxCases) return [{ when: always, value: unknownValue("a text with too many cases") }];
      found = found.flatMap((one) => ways.map((way) => ({ when: all(one.when, way.when), value: joined(one.value, way.value) })));
    }
    return found;
  }
  return [{ when: always, value }];
}
