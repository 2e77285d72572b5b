import type { Condition } from "../model.js";
import { always, any, never } from "./conditions.js";
import type { Choices, External, Site, Value } from "./values.js";

const one = (value: Value): Choices => [{ when: always, value }];
const literal = (value: string | boolean | undefined): Choices => one({ kind: "literal", value });

/** Words with which the addresses of databases begin. */
const scheme =
  /^(postgres|postgresql|cockroachdb|prisma|mysql2?|mariadb|mongodb|mssql|sqlserver|libsql|turso|sqlite3?|file)(\+\w+)?(:(\/{1,3})?)?$/i;

/** The part of an address before its colon, as `new URL(address).protocol` has it. */
const schemePart = "global:URL().protocol";

/** Makes the part of an address before its colon. */
export const schemeOf = (address: Value, site: Site): Choices => {
  if (address.kind === "literal" && typeof address.value === "string") return literal(/^[\w+]+:/.exec(address.value)?.[0]);
  return one({ kind: "external", name: schemePart, args: [one(address)], on: undefined, role: undefined, site });
};

/** The address that such a part was taken from. */
const addressOf = (value: Value): Value | undefined =>
  value.kind === "external" && value.name === schemePart ? value.args[0]?.[0]?.value : undefined;

/** What is known of the beginning of a value. */
const begins = (value: Value, start: string, ignoresCase: boolean): Condition | undefined => {
  if (value.kind === "variable")
    return {
      kind: "equals",
      name: value.name,
      values: [start],
      isStart: true,
      ...(value.ignoresCase || ignoresCase ? { ignoreCase: true } : {}),
    };
  // Where nobody knows the address, both ways are possible, and that is to be said: it is no question about the request.
  return scheme.test(start) && value.kind !== "data" ? { kind: "unknown", what: "what kind of database the address names" } : undefined;
};

/** Whether a value begins with a text; undefined where nothing can be said of it. */
export const startsWith = (value: Value, start: string): Condition | undefined => {
  const address = addressOf(value);
  if (address !== undefined) return begins(address, start, false);
  if (value.kind === "text") {
    const known = value.text.split(/\$\{|\*/)[0] ?? "";
    return known.length >= start.length ? (known.startsWith(start) ? always : never) : undefined;
  }
  return begins(value, start, false);
};

/** Whether an address has a scheme's word in it, which is where it begins: `url.includes("postgres")`. */
export const speaksOf = (value: Value, word: string): Condition | undefined =>
  value.kind === "variable" && scheme.test(word) ? begins(value, word, false) : undefined;

/** Whether the part of an address before its colon is this one, be it written with its colon or without. */
export const isScheme = (value: Value, text: string): Condition | undefined => {
  const address = addressOf(value);
  return address === undefined ? undefined : begins(address, `${text.replace(/:$/, "")}:`, false);
};

/** A pattern of how an address begins, such as `/^postgres(ql)?:/`: the beginnings that it allows. */
export const startsOf = (pattern: string): readonly string[] | undefined => {
  if (!pattern.startsWith("^")) return undefined;
  const inside = pattern.slice(1).replace(/:?(\\\/){0,2}$/, "");
  const plain = inside.replace(/\((\?:)?ql\)\?$/, "").replace(/^\((\?:)?(.*)\)$/, "$2");
  const words = plain.split("|").map((word) => word.replace(/\((\?:)?ql\)\?/, "").replace(/\\\+srv|\(\\\+srv\)\?/, ""));
  return words.every((word) => scheme.test(word)) ? words : undefined;
};

const patternName = "global:RegExp of addresses";

/** A pattern that asks how an address begins; any other is nothing that matters. */
export const addressPattern = (pattern: string, flags: string, site: Site): External | undefined => {
  const starts = startsOf(pattern);
  if (starts === undefined) return undefined;
  const items = starts.map((start) => literal(start));
  return {
    kind: "external",
    name: patternName,
    args: [one({ kind: "list", items, isOpen: false }), literal(flags.includes("i"))],
    on: undefined,
    role: undefined,
    site,
  };
};

/** Whether a value answers to such a pattern. */
export const answersTo = (pattern: Value, value: Value): Condition | undefined => {
  if (pattern.kind !== "external" || pattern.name !== patternName) return undefined;
  const list = pattern.args[0]?.[0]?.value;
  const isCaseless = pattern.args[1]?.[0]?.value;
  const starts = list?.kind === "list" ? list.items.map((item) => item[0]?.value) : [];
  const parts = starts.map((start) => {
    if (start?.kind !== "literal") return undefined;
    const text = String(start.value);
    if (value.kind === "literal") return String(value.value).startsWith(text) ? always : never;
    return begins(value, text, isCaseless?.kind === "literal" && isCaseless.value === true);
  });
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? any(...known) : undefined;
};
