import type { Condition } from "../model.js";
import { isScheme } from "./addresses.js";
import { all, always, any, decidedByData, isNever, never, not } from "./conditions.js";
import type { Module } from "./project.js";
import type { Binding } from "./scopes.js";
import type { ClassNode, FunctionNode, Node, NodeOf } from "./syntax.js";

/** A node and the file it stands in. */
export interface Site {
  readonly module: Module;
  readonly node: Node;
}

/** One call of a function (or the running of a module): what its names mean there. */
export interface Frame {
  readonly owner: FunctionNode | NodeOf<"Program">;
  readonly module: Module;
  readonly parent: Frame | undefined;
  /** Undefined where nobody knows with what it is called. */
  readonly args: readonly Choices[] | undefined;
  readonly self: Value | undefined;
  readonly known: Map<Binding, Choices>;
  readonly busy: Set<Binding>;
}

/**
 * What a value has to do with the request: the request itself, its body, an uploaded file, the path or the name under which it
 * was stored, its bytes, or something said about it.
 */
export type Role = "request" | "body" | "form" | "file" | "path" | "name" | "bytes" | "about";

/** Something of a package, or of the runtime: `multer:diskStorage()`, `node:fs` is `fs`. */
export interface External {
  readonly kind: "external";
  readonly name: string;
  /** The arguments of the last call in its name. */
  readonly args: readonly Choices[];
  readonly on: External | undefined;
  readonly role: Role | undefined;
  readonly site: Site;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly entries: ReadonlyMap<string, Choices>;
  /** Whether it may have entries that are not known. */
  readonly isOpen: boolean;
  readonly site: Site;
}

export interface FunctionValue {
  readonly kind: "function";
  readonly node: FunctionNode;
  readonly frame: Frame;
  readonly self: Value | undefined;
}

export interface ClassValue {
  readonly kind: "class";
  readonly node: ClassNode;
  readonly frame: Frame;
}

export interface Instance {
  readonly kind: "instance";
  readonly of: ClassValue;
  /** Undefined where a container makes it. */
  readonly args: readonly Choices[] | undefined;
  readonly known: Map<string, Choices>;
}

export type Value =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null | undefined }
  /** A variable of the environment, as it is. */
  | { readonly kind: "variable"; readonly name: string; readonly ignoresCase: boolean }
  /** A string in which parts may be variables, written `${NAME}`, or not known, written `*`. */
  | { readonly kind: "text"; readonly text: string; readonly role: Role | undefined }
  | { readonly kind: "test"; readonly condition: Condition }
  | { readonly kind: "environment" }
  | ObjectValue
  | { readonly kind: "list"; readonly items: readonly Choices[]; readonly isOpen: boolean }
  | FunctionValue
  | ClassValue
  | Instance
  | External
  | { readonly kind: "namespace"; readonly module: Module }
  | { readonly kind: "data"; readonly role: Role; readonly field?: string }
  /** A function that is handed to the app's code to see what it calls it with. */
  | { readonly kind: "callback"; readonly id: string }
  | { readonly kind: "unknown" };

/** A value of which there are several, depending on conditions: the first row whose condition holds counts. */
export interface Choice {
  readonly when: Condition;
  readonly value: Value;
}
export type Choices = readonly Choice[];

const mostRows = 12;

export const unknownValue: Value = { kind: "unknown" };
export const undefinedValue: Value = { kind: "literal", value: undefined };
export function one(value: Value): Choices {
  return [{ when: always, value }];
}
export const unknown: Choices = one(unknownValue);
export const absent: Choices = one(undefinedValue);
export const literal = (value: string | number | boolean | null | undefined): Choices => one({ kind: "literal", value });
export const data = (role: Role, field?: string): Choices =>
  one(field === undefined ? { kind: "data", role } : { kind: "data", role, field });

const isSame = (left: Value, right: Value): boolean =>
  left === right ||
  (left.kind === "unknown" && right.kind === "unknown") ||
  (left.kind === "data" && right.kind === "data" && left.role === right.role && left.field === right.field) ||
  (left.kind === "literal" && right.kind === "literal" && left.value === right.value);

/** Rows whose conditions can hold, none after one that always does, and never too many. */
export const tidy = (rows: readonly Choice[]): Choices => {
  const [first] = rows;
  // Whatever decides between equals decides nothing.
  if (
    first !== undefined &&
    rows.length > 1 &&
    rows.some((row) => row.when.kind === "always") &&
    rows.every((row) => isSame(row.value, first.value))
  )
    return one(first.value);
  const kept: Choice[] = [];
  for (const row of rows) {
    if (isNever(row.when)) continue;
    kept.push(row);
    if (row.when.kind === "always") break;
    if (kept.length >= mostRows) {
      kept.push({ when: always, value: unknownValue });
      break;
    }
  }
  return kept;
};

/** Replaces each row's value by what `change` makes of it. */
export const each = (choices: Choices, change: (value: Value, when: Condition) => Choices): Choices => {
  const only = choices[0];
  if (choices.length === 1 && only?.when.kind === "always") return change(only.value, always);
  return tidy(
    choices.flatMap((row) => change(row.value, row.when).map((inner) => ({ when: all(row.when, inner.when), value: inner.value }))),
  );
};

/** The condition under which a test on the value holds. */
export const holds = (choices: Choices, test: (value: Value) => Condition): Condition => {
  let before: Condition = always;
  const ways: Condition[] = [];
  for (const row of choices) {
    ways.push(all(before, row.when, test(row.value)));
    before = all(before, not(row.when));
    if (isNever(before)) break;
  }
  return ways.length === 0 ? never : any(...ways);
};

const placeholder = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/;

/** The condition under which a value counts as true; what is not known is decided by data, named by where it is asked. */
export const truthOf = (value: Value, where: string): Condition => {
  switch (value.kind) {
    case "literal":
      return value.value ? always : never;
    case "variable":
      return { kind: "set", name: value.name };
    case "text":
      return value.role === undefined ? always : decidedByData(where);
    case "test":
      return value.condition;
    case "environment":
    case "object":
    case "list":
    case "function":
    case "class":
    case "instance":
    case "namespace":
    case "callback":
      return always;
    case "external":
      return /^(config|nconf|convict|rc):/.test(value.name) && value.name.endsWith(")")
        ? { kind: "unknown", what: "a setting that is read by name" }
        : value.role === undefined && !value.name.endsWith(")")
          ? always
          : isMade(value.name)
            ? always
            : decidedByData(where);
    case "data":
    case "unknown":
      return decidedByData(where);
  }
};

/** Things that a call plainly makes: an engine, a client. */
const isMade = (name: string): boolean =>
  /^(multer|cloudinary|multer-storage-cloudinary|multer-s3|@aws-sdk\/[a-z0-9-]+|aws-sdk|@supabase\/[a-z-]+|@google-cloud\/storage):[A-Za-z.]*\(\)$/.test(
    name,
  ) || name === "multer()";

/** The condition under which two values are equal. */
export const equality = (left: Value, right: Value, where: string): Condition => {
  if (left.kind === "literal" && right.kind === "literal") return left.value === right.value ? always : never;
  const [variable, other] = left.kind === "variable" || left.kind === "external" ? [left, right] : [right, left];
  const asScheme = other.kind === "literal" && typeof other.value === "string" ? isScheme(variable, other.value) : undefined;
  if (asScheme !== undefined) return asScheme;
  if (variable.kind === "variable" && other.kind === "literal") {
    if (other.value === undefined || other.value === null) return not({ kind: "present", name: variable.name });
    const values = [String(other.value)];
    return { kind: "equals", name: variable.name, values, ...(variable.ignoresCase ? { ignoreCase: true } : {}) };
  }
  if (left.kind === "test" && right.kind === "literal" && typeof right.value === "boolean") {
    return right.value ? left.condition : not(left.condition);
  }
  if (left.kind === "text" && right.kind === "literal" && !/[*$]/.test(left.text)) return left.text === right.value ? always : never;
  const known = (value: Value): boolean =>
    value.kind === "object" || value.kind === "function" || value.kind === "list" || value.kind === "text";
  const nothing = (value: Value): boolean => value.kind === "literal" && (value.value === undefined || value.value === null);
  if ((known(left) && nothing(right)) || (known(right) && nothing(left))) return never;
  return decidedByData(where);
};

/** The string that a value is, with variables written `${NAME}`; undefined where it cannot be told. */
export const textOf = (value: Value): string | undefined => {
  if (value.kind === "literal") {
    return value.value === undefined || value.value === null ? undefined : String(value.value);
  }
  if (value.kind === "variable") return `\${${value.name}}`;
  if (value.kind === "text") return value.text;
  return undefined;
};

export const textValue = (text: string, role?: Role): Value =>
  role !== undefined || text.includes("*") || placeholder.test(text) ? { kind: "text", text, role } : { kind: "literal", value: text };

const rank: readonly Role[] = ["about", "name", "path", "body", "request", "form", "file", "bytes"];

/** The strongest tie to the request among values, looking into objects and lists. */
export const roleOf = (choices: Choices, depth = 0): Role | undefined => {
  let strongest: Role | undefined;
  const note = (role: Role | undefined): void => {
    if (role === undefined) return;
    if (strongest === undefined || rank.indexOf(role) > rank.indexOf(strongest)) strongest = role;
  };
  for (const { value } of choices) {
    if (value.kind === "data" || value.kind === "external" || value.kind === "text") note(value.role);
    else if (depth < 4 && value.kind === "object") for (const entry of value.entries.values()) note(roleOf(entry, depth + 1));
    else if (depth < 4 && value.kind === "list") for (const item of value.items) note(roleOf(item, depth + 1));
  }
  return strongest;
};

/** What a call with these arguments hands back of the request. */
export const derivedRole = (args: readonly Choices[]): Role | undefined => {
  const strongest = roleOf(one({ kind: "list", items: args, isOpen: false }));
  return strongest === "request" ? "about" : strongest;
};
