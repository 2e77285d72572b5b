import {
  entryOf,
  equal,
  filled,
  joined,
  known,
  knownStart,
  nothing,
  tested,
  textOf,
  truth,
  unknownValue,
  type Truths,
  type Value,
} from "../abstract-value.js";
import { any, not, present } from "../conditions.js";

/** What Ruby calls true: everything but `nil` and `false`. */
export const rubyTruths: Truths = { known: (value) => value !== null && value !== false, variable: present };

/** Join the parts of a path as Ruby does: an absolute part starts anew. `.` is the app's own folder. */
export function joinPath(parts: readonly Value[]): Value {
  const kept: Value[] = [];
  for (const part of parts) {
    if (knownStart(part).startsWith("/")) kept.length = 0;
    const [only] = kept;
    if (kept.length === 1 && only?.kind === "known" && only.value === "." && part.kind === "known") kept.length = 0;
    if (kept.length > 0) kept.push(known("/"));
    kept.push(part);
  }
  return joined(...kept);
}

/** Calls that leave a value what it is, for our purposes. */
const unchanged = new Set(
  "to_s to_sym to_str to_i freeze strip chomp squish presence inquiry symbolize_keys to_h deep_symbolize_keys with_indifferent_access itself dup html_safe to_path cleanpath intern call".split(
    " ",
  ),
);

/** The value of a method called on a value; `text` is the call as it is written. */
export function ofValue(text: string, value: Value, method: string, items: readonly Value[], environment: string): Value {
  if (unchanged.has(method)) return value;
  const [first] = items;
  switch (method) {
    case "downcase":
      return value.kind === "known" ? known(String(value.value).toLowerCase()) : value;
    case "present?":
      return tested(filled(value));
    case "blank?":
    case "empty?":
      return tested(not(filled(value)));
    case "nil?":
      return tested(equal(value, nothing));
    case "!":
      return tested(not(truth(value, rubyTruths)));
    case "join":
      return value.kind === "list" ? unknownValue(text) : joinPath([value, ...items]);
    case "concat":
      return joined(value, ...items);
    case "include?":
      return value.kind === "list" && first !== undefined
        ? tested(any(...value.items.map((one) => equal(first, one))))
        : unknownValue(text);
    case "in?":
      return first?.kind === "list" ? tested(any(...first.items.map((one) => equal(value, one)))) : unknownValue(text);
    case "eql?":
    case "casecmp?":
      return first === undefined ? unknownValue(text) : tested(equal(value, first));
    case "local?":
      if (value.kind === "known" && value.value === environment) {
        return known(environment === "development" || environment === "test");
      }
      return unknownValue(text);
    case "[]":
    case "dig":
    case "fetch": {
      const found = items.reduce<Value | undefined>(
        (inner, key) => (inner === undefined ? undefined : entryOf(inner, textOf(key) ?? "")?.value),
        value,
      );
      return found ?? unknownValue(text);
    }
    case "merge":
      return merged(value, first) ?? unknownValue(text);
    default:
      // Rails.env.staging?, "x".inquiry.y?
      if (method.endsWith("?") && items.length === 0 && (value.kind === "known" || value.kind === "variable")) {
        return tested(equal(value, known(method.slice(0, -1))));
      }
      return entryOf(value, method)?.value ?? unknownValue(text);
  }
}

function merged(one: Value, other: Value | undefined): Value | undefined {
  if (one.kind !== "table" || other?.kind !== "table") return undefined;
  return { kind: "table", entries: new Map([...one.entries, ...other.entries]) };
}
