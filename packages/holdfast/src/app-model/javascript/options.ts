import type { Condition, Destination, Evidence, Outcome } from "../model.js";
import { all, always, covering, withoutData } from "./conditions.js";
import { silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { external } from "./naming.js";
import type { Module } from "./project.js";
import type { Choices, External, ObjectValue, Site, Value } from "./values.js";
import { each, one, textOf, unknown } from "./values.js";

/** An entry of an options object, under the first of these names that it has. */
export const entryOf = (value: Value | undefined, ...names: readonly string[]): Choices | undefined => {
  if (value?.kind !== "object") return undefined;
  for (const name of names) {
    const found = value.entries.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** What lies at a path of names within options; undefined where it is not there. */
export const entryAt = (choices: Choices | undefined, ...path: readonly string[]): Choices | undefined => {
  if (choices === undefined) return undefined;
  const [name, ...rest] = path;
  if (name === undefined) return choices;
  let isThere = false;
  const found = each(choices, (value) => {
    const inner = entryOf(value, name);
    if (inner !== undefined) isThere = true;
    return inner ?? one({ kind: "literal", value: undefined });
  });
  return isThere ? entryAt(found, ...rest) : undefined;
};

export const wordOf = (choices: Choices | undefined): string | undefined => {
  const value = choices?.[0]?.value;
  return value === undefined ? undefined : textOf(value);
};

/** Merges two option objects, entries within entries. */
export const mergeDeep = (base: Choices | undefined, over: Choices | undefined): Choices | undefined => {
  if (base === undefined) return over;
  if (over === undefined) return base;
  return each(base, (under) =>
    each(over, (above) => {
      if (above.kind === "literal" && above.value === undefined) return one(under);
      if (under.kind !== "object" || above.kind !== "object") return one(above);
      const entries = new Map(under.entries);
      for (const [name, value] of above.entries) entries.set(name, mergeDeep(under.entries.get(name), value) ?? value);
      const merged: ObjectValue = { kind: "object", entries, isOpen: under.isOpen || above.isOpen, site: above.site };
      return one(merged);
    }),
  );
};

/** What a configuration file exports, called with what its framework hands it where it is a function. */
export const configured = (machine: OpenMachine, path: string, given: readonly Choices[]): Choices => {
  machine.begin();
  let exported = machine.exported(path, "default");
  if (exported.every((row) => row.value.kind === "literal" && row.value.value === undefined)) exported = machine.exported(path, "=");
  return each(exported, (value) =>
    value.kind === "function" ? machine.call(value, given, silent, { module: value.frame.module, node: value.node }) : one(value),
  );
};

/** The first of these files that there is. */
export const firstFile = (machine: OpenMachine, ...paths: readonly string[]): string | undefined => {
  const folder = machine.project.root === "." ? "" : `${machine.project.root}/`;
  for (const path of paths)
    for (const ending of [".ts", ".js", ".mjs", ".cjs", ".mts"])
      if (machine.project.tree.has(`${folder}${path}${ending}`)) return `${folder}${path}${ending}`;
  return undefined;
};

/** The call of a package within a value and what it was given, however it is wrapped. */
export const callWithin = (choices: Choices, name: RegExp, depth = 0): External | undefined => {
  for (const { value } of choices) {
    if (value.kind !== "external" || depth > 4) continue;
    if (name.test(value.name)) return value;
    for (let at: External | undefined = value; at !== undefined; at = at.on) {
      for (const arg of at.args) {
        const found = callWithin(arg, name, depth + 1);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
};

/** Rows over a choice of values. */
export const rowsOver = (
  choices: Choices,
  make: (value: Value) => readonly { readonly when: Condition; readonly destination: Destination }[],
): readonly { readonly when: Condition; readonly destination: Destination }[] =>
  choices.flatMap((row) =>
    make(row.value).map((inner) => ({ when: all(withoutData(row.when), inner.when), destination: inner.destination })),
  );

/** Makes a whole decision table of rows, each with the same evidence. */
export const tableOf = (
  rows: readonly { readonly when: Condition; readonly destination: Destination }[],
  because: readonly Evidence[],
): readonly Outcome[] => {
  const kept = covering(rows);
  const last = kept.at(-1);
  if (last === undefined) return [{ when: always, destination: { kind: "unknown", what: "the configuration" }, because }];
  return [...kept.slice(0, -1), { ...last, when: always }].map((row) => ({ ...row, because }));
};

/** A site for a whole file. */
export const fileSite = (module: Module): Site => ({ module, node: module.syntax.program });

/** What a framework hands to a configuration that asks for `{ env }`. */
export const givenEnvironment = (site: Site): Choices =>
  one({
    kind: "object",
    entries: new Map<string, Choices>([
      ["env", one(external("strapi:env", site))],
      ["strapi", unknown],
    ]),
    isOpen: true,
    site,
  });

/** Whether SQLite is installed at all: a variable can only choose what is there. */
export const hasSqlite = (machine: OpenMachine): boolean =>
  machine.project.manifests.some((manifest) =>
    ["sqlite3", "better-sqlite3", "sql.js", "@vscode/sqlite3", "libsql", "@libsql/client"].some(
      (name) => manifest.dependencies[name] !== undefined,
    ),
  );
