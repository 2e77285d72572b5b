import { either, equal, joined, known, nothing, tested, truth, unknownValue, type Truths, type Value } from "../abstract-value.js";
import { all, always, any, never, not, present, set, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import { plainPath } from "../outcomes.js";

/** What Python calls true of what the environment gives: a text that is not empty. */
export const pythonTruths: Truths = {
  known: (value) => value !== null && value !== "" && value !== false && value !== 0,
  variable: set,
};

/** A value that is an object or a name of a library, known by its type: `external:os.path`, `class:3`. */
export type Made = Extract<Value, { kind: "made" }>;

const noNames: ReadonlyMap<string, Value> = new Map();

/** Make an object of a type of our own naming. */
export function made(type: string, items: readonly Value[] = [], named: ReadonlyMap<string, Value> = noNames): Made {
  return { kind: "made", type, items, named };
}

/** Make the value of a name of a library. */
export function external(name: string): Made {
  return made(`external:${name}`);
}

/** The dotted name of a library that a value is; undefined for every other value. */
export function externalName(value: Value): string | undefined {
  return value.kind === "made" && value.type.startsWith("external:") ? value.type.slice("external:".length) : undefined;
}

/** What a value is made of, where its type begins so: the rest of the type. */
export function madeAs(value: Value, start: string): string | undefined {
  return value.kind === "made" && value.type.startsWith(start) ? value.type.slice(start.length) : undefined;
}

/** Conditions with more parts than this tell nobody anything. */
const maxParts = 96;

/** When a value counts as true, in a form of bounded size. */
export function truthOf(value: Value): Condition {
  if (isLowered(value)) return truthOf(beforeLowering(value));
  if (value.kind === "either") return bounded(any(all(value.when, truthOf(value.chosen)), all(not(value.when), truthOf(value.otherwise))));
  const result = madeAs(value, "instance:")?.split(".").at(-1);
  if (
    result !== undefined &&
    /^[a-z]/.test(result) &&
    !/(^|_)(client|resource|session|connect|connection|bucket|app)$/.test(result) &&
    !result.includes(":")
  ) {
    return unknownTest(`what ${result} gives back`);
  }
  return bounded(truth(value, pythonTruths));
}

/** Whether a condition has more parts than a path should have. */
export function isLong(condition: Condition): boolean {
  return parts(condition, 0) > maxParts / 3;
}

/** The condition itself, or a test that is not understood where it has too many parts. */
export function bounded(condition: Condition): Condition {
  return parts(condition, 0) > maxParts ? unknownTest("a test with too many parts") : condition;
}

function parts(condition: Condition, before: number): number {
  if (before > maxParts) return before;
  switch (condition.kind) {
    case "not":
      return parts(condition.of, before + 1);
    case "all":
    case "any":
      return condition.of.reduce((count, one) => parts(one, count), before + 1);
    case "always":
    case "set":
    case "present":
    case "equals":
    case "disk":
    case "unknown":
      return before + 1;
  }
}

/** A text whose letter case was taken away; compared to a text, the case does not count. */
export function lowered(value: Value): Value {
  if (value.kind === "known") return known(String(value.value).toLowerCase());
  if (value.kind === "either") return either(value.when, lowered(value.chosen), lowered(value.otherwise));
  return value.kind === "variable" ? made("lowered", [value]) : value;
}

function isLowered(value: Value): boolean {
  return value.kind === "made" && value.type === "lowered";
}

function beforeLowering(value: Value): Value {
  return value.kind === "made" && value.type === "lowered" ? (value.items[0] ?? nothing) : value;
}

/** When two values are the same, as Python compares them. */
export function sameValue(one: Value, other: Value): Condition {
  if (one.kind === "either")
    return bounded(any(all(one.when, sameValue(one.chosen, other)), all(not(one.when), sameValue(one.otherwise, other))));
  if (other.kind === "either") return sameValue(other, one);
  if (isLowered(other)) return isLowered(one) ? unknownTest("whether two values are equal") : sameValue(other, one);
  if (isLowered(one)) return other.kind === "known" ? among(one, [other]) : unknownTest("whether two values are equal");
  if (other.kind === "variable" && one.kind === "known") return sameValue(other, one);
  if (one.kind === "variable" && other.kind === "known" && other.value !== null) return among(one, [other]);
  if (other.kind === "made" && one.kind === "known") return sameValue(other, one);
  if (one.kind === "made" && other.kind === "known") {
    const isSurelyThere = madeAs(one, "instance:") === undefined || truthOf(one).kind === "always";
    return other.value === null && isSurelyThere ? never : unknownTest("what a library gives back");
  }
  if (one.kind === "made" && other.kind === "made") return one.type === other.type ? always : never;
  return bounded(equal(one, other));
}

/** When a value is one of several. */
export function among(value: Value, options: readonly Value[]): Condition {
  if (value.kind === "either")
    return bounded(any(all(value.when, among(value.chosen, options)), all(not(value.when), among(value.otherwise, options))));
  const inner = beforeLowering(value);
  const texts = options.map((one) => (one.kind === "known" && one.value !== null ? String(one.value) : undefined));
  if (inner.kind !== "variable" || !texts.every((one) => one !== undefined)) {
    return bounded(any(...options.map((one) => sameValue(value, one))));
  }
  const values = isLowered(value) ? texts.filter((one) => one === one.toLowerCase()) : texts;
  const equals: Condition = { kind: "equals", name: inner.name, values, ...(isLowered(value) ? { ignoreCase: true } : {}) };
  const { ifUnset } = inner;
  if (ifUnset.kind === "known") return ifUnset.value === null ? equals : { ...equals, ifUnset: String(ifUnset.value) };
  return any(equals, all(not(present(inner.name)), among(isLowered(value) ? lowered(ifUnset) : ifUnset, options)));
}

/** When a variable begins with one of several texts. */
export function beginsWith({ name, ifUnset }: Extract<Value, { kind: "variable" }>, values: readonly string[]): Condition {
  const starts: Condition = { kind: "equals", name, values, isStart: true };
  if (ifUnset.kind === "known") return ifUnset.value === null ? starts : { ...starts, ifUnset: String(ifUnset.value) };
  const otherwise = ifUnset.kind === "variable" ? beginsWith(ifUnset, values) : unknownTest("how a value begins");
  return any(starts, all(not(present(name)), otherwise));
}

/** What libraries that read switches from the environment take for true. */
export function switchOf(value: Value): Value {
  const yes = ["true", "1", "yes", "on", "y", "t", "ok"].map(known);
  if (value.kind === "known")
    return known(
      typeof value.value === "string"
        ? yes.some((one) => one.kind === "known" && one.value === String(value.value).toLowerCase())
        : Boolean(value.value),
    );
  if (value.kind === "either") return either(value.when, switchOf(value.chosen), switchOf(value.otherwise));
  if (value.kind !== "variable") return tested(truthOf(value));
  if (value.ifUnset.kind === "known") return tested(among(lowered(value), yes));
  return tested(any(among(lowered({ ...value, ifUnset: nothing }), yes), all(not(present(value.name)), truthOf(switchOf(value.ifUnset)))));
}

/** `one or other`: the first that counts as true. */
export function orElse(left: Value, right: Value): Value {
  if (left.kind === "variable" && left.ifUnset.kind === "known" && !pythonTruths.known(left.ifUnset.value))
    return { ...left, ifUnset: right };
  return either(truthOf(left), left, right);
}

/**
 * Ask both sides of a value that depends. A side that has no answer is not known, unless it is nothing: asking nothing is an
 * error, which the code avoids.
 */
export function eitherOf(value: Extract<Value, { kind: "either" }>, ask: (side: Value) => Value | undefined): Value | undefined {
  const chosen = ask(value.chosen);
  const otherwise = ask(value.otherwise);
  if (chosen === undefined && otherwise === undefined) return undefined;
  const isNothing = (side: Value): boolean => side.kind === "known" && side.value === null;
  if (chosen === undefined && isNothing(value.chosen)) return otherwise;
  if (otherwise === undefined && isNothing(value.otherwise)) return chosen;
  return either(value.when, chosen ?? unknownValue("a part that is not known"), otherwise ?? unknownValue("a part that is not known"));
}

/** Join the parts of a path as Python does: an absolute part starts anew. `.` is the app's own folder. */
export function joinPath(given: readonly Value[]): Value {
  const uneven = given.find((one) => one.kind === "either");
  if (uneven?.kind === "either") {
    const put = (value: Value): Value => joinPath(given.map((one) => (one === uneven ? value : one)));
    return either(uneven.when, put(uneven.chosen), put(uneven.otherwise));
  }
  const kept: Value[] = [];
  for (const part of given) {
    if (part.kind === "known" && String(part.value ?? "").startsWith("/")) kept.length = 0;
    if (part.kind === "known" && part.value === "") continue;
    const [only] = kept;
    if (kept.length === 1 && only?.kind === "known" && only.value === ".") kept.length = 0;
    if (kept.length > 0) kept.push(known("/"));
    kept.push(part);
  }
  const path = joined(known(""), ...kept);
  return path.kind === "known" ? known(plainPath(String(path.value))) : path;
}

/** The folder of a path. */
export function parentOf(path: Value): Value {
  if (path.kind === "known") {
    const text = String(path.value);
    if (text === "/" || text === ".") return known(text === "/" ? "/" : "..");
    return known(plainPath(`${text}/..`));
  }
  if (path.kind === "either") return either(path.when, parentOf(path.chosen), parentOf(path.otherwise));
  if (path.kind === "text") {
    const cut = path.parts.findLastIndex((part) => part.kind === "known" && String(part.value).includes("/"));
    const part = path.parts[cut];
    if (part?.kind === "known") return joined(...path.parts.slice(0, cut), known(String(part.value).replace(/\/[^/]*$/, "")));
  }
  return path.kind === "variable" ? joinPath([path, known("..")]) : unknownValue("the folder of a path that is not known");
}

/** A value as one text for every case; what is not understood stays so. */
export function mapText(value: Value, change: (text: string) => Value): Value {
  if (value.kind === "known" && typeof value.value === "string") return change(value.value);
  if (value.kind === "either") return either(value.when, mapText(value.chosen, change), mapText(value.otherwise, change));
  if (value.kind === "variable") return { ...value, ifUnset: mapText(value.ifUnset, change) };
  return value;
}

/** The items of a value that is a list in every case; undefined where one is not. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (value.kind === "list") return value.items;
  if (value.kind === "either") {
    const one = itemsOf(value.chosen);
    const other = itemsOf(value.otherwise);
    return one === undefined || other === undefined ? undefined : [...one, ...other.filter((item) => !one.includes(item))];
  }
  return undefined;
}
