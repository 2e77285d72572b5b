import { either, unknownValue, type Value } from "../abstract-value.js";
import { all, always, not } from "../conditions.js";
import type { Condition, Place } from "../model.js";

/** What a name stands for and where it was given that, with the branches that gave it different things. */
export type Binding =
  | { readonly kind: "one"; readonly value: Value; readonly file: string; readonly line: number }
  | { readonly kind: "split"; readonly when: Condition; readonly chosen: Binding | undefined; readonly otherwise: Binding | undefined };

/** One way a name can come out; without a value where that branch never gave it one. */
export interface BindingCase {
  readonly when: Condition;
  readonly value: Value | undefined;
  readonly place: Place | undefined;
}

export type Names = Map<string, Binding>;

/** More ways than this are not told apart. */
const maxCases = 32;

/** Bind a value that was given at a line. */
export function bind(value: Value, place: Place): Binding {
  return { kind: "one", value, file: place.file, line: place.line };
}

const values = new WeakMap<Binding, Value>();

/** The value of a name; a branch that never gave it one does not count, for reading it there would be an error. */
export function valueOf(binding: Binding): Value {
  if (binding.kind === "one") return binding.value;
  const kept = values.get(binding);
  if (kept !== undefined) return kept;
  const value =
    binding.chosen === undefined || binding.otherwise === undefined
      ? valueOf(binding.chosen ?? binding.otherwise ?? bind(unknownValue("a name without a value"), { file: "", line: 1 }))
      : either(binding.when, valueOf(binding.chosen), valueOf(binding.otherwise));
  values.set(binding, value);
  return value;
}

/** Take a name apart into the ways it can come out, each with its place. */
export function casesOf(binding: Binding | undefined): readonly BindingCase[] {
  const found: BindingCase[] = [];
  const walk = (one: Binding | undefined, when: Condition): void => {
    if (found.length > maxCases || (when.kind === "not" && when.of.kind === "always")) return;
    if (one?.kind === "split") {
      walk(one.chosen, all(when, one.when));
      walk(one.otherwise, all(when, not(one.when)));
    } else found.push({ when, value: one?.value, place: one });
  };
  walk(binding, always);
  return found.length > maxCases
    ? [{ when: always, value: unknownValue("a setting with too many cases"), place: firstPlace(binding) }]
    : found;
}

/** A line that gives the name a value. */
export function firstPlace(binding: Binding | undefined): Place | undefined {
  if (binding === undefined || binding.kind === "one") return binding;
  return firstPlace(binding.chosen) ?? firstPlace(binding.otherwise);
}

/** Bring the names of two branches together again. */
export function joinNames(when: Condition, chosen: Names, otherwise: Names): Names {
  const names: Names = new Map(otherwise);
  for (const name of new Set([...chosen.keys(), ...otherwise.keys()])) {
    const one = chosen.get(name);
    const other = otherwise.get(name);
    const joint = one === other ? one : split(when, one, other);
    if (joint !== undefined) names.set(name, joint);
  }
  return names;
}

/** Bind a name differently under a condition. */
export function split(when: Condition, chosen: Binding | undefined, otherwise: Binding | undefined): Binding | undefined {
  if (when.kind === "always") return chosen;
  if (when.kind === "not" && when.of.kind === "always") return otherwise;
  return { kind: "split", when, chosen, otherwise };
}
