import type { Condition, DatabaseUse, Destination, Outcome } from "../model.js";
import { all, always } from "./conditions.js";
import { engineOf } from "./database-clients.js";
import { fileRow } from "./databases.js";
import { frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { evidence, modelPath, placeOf } from "./places.js";
import type { Module } from "./project.js";
import { readHandlers } from "./routes.js";
import { bare, keyName } from "./syntax.js";
import type { Handled } from "./uploads.js";
import type { Choices, Site, Value } from "./values.js";
import { one, textOf, unknown } from "./values.js";

const verbs = new Set(["get", "post", "put", "patch", "delete", "any", "route", "resource", "apiResource"]);

const prefix = (machine: OpenMachine): string => (machine.project.root === "." ? "" : `${machine.project.root}/`);

/** The files that AdonisJS loads by convention. */
export const adonisFiles = (machine: OpenMachine): readonly string[] =>
  machine.project.tree
    .find(machine.project.root, ".js", ".ts")
    .filter((path) => new RegExp(`^${prefix(machine)}(start|app|config|providers)/`).test(path));

const controllerFile = (machine: OpenMachine, name: string): string | undefined => {
  // A path from the routes' own folder, or an alias of the app's: what follows `app/` is the file.
  const written = /(?:^|\/)app\/(.+)$/.exec(name)?.[1];
  for (const ending of [".js", ".ts"]) {
    const path = `${prefix(machine)}app/${written ?? ""}${ending}`;
    if (written !== undefined && machine.project.tree.has(path)) return path;
  }
  const plain = name.replace(/^App\/Controllers\/(Http\/)?/, "");
  for (const folder of ["app/Controllers/Http/", "app/Controllers/", "app/controllers/", "app/controllers/http/"]) {
    for (const ending of [".js", ".ts"]) {
      const path = `${prefix(machine)}${folder}${plain}${ending}`;
      if (machine.project.tree.has(path)) return path;
    }
  }
  return undefined;
};

const methodOf = (machine: OpenMachine, made: Choices, method: string, site: Site): Choices => {
  for (const { value } of made) {
    const inner = value.kind === "function" ? machine.call(value, [], silent, site) : one(value);
    for (const { value: found } of inner) {
      const of = found.kind === "namespace" ? machine.exported(found.module.path, "default")[0]?.value : found;
      if (of?.kind !== "class") continue;
      const instance: Value = { kind: "instance", of, args: undefined, known: new Map() };
      return machine.member(instance, method, silent, site);
    }
  }
  return unknown;
};

/** Reads the routes of AdonisJS, whose handlers are named: `"UserController.store"`, `[UserController, "store"]`. */
export const readAdonis = (machine: OpenMachine, modules: readonly Module[]): readonly Handled[] =>
  modules.flatMap((module) => {
    if (!module.path.startsWith(`${prefix(machine)}start/`)) return [];
    return module.names.calls.flatMap((call): readonly Handled[] => {
      const callee = bare(call.callee);
      if (call.type !== "CallExpression" || callee.type !== "MemberExpression" || !verbs.has(keyName(callee.property) ?? "")) return [];
      const verb = keyName(callee.property) ?? "";
      const args = call.arguments.map((argument) =>
        machine.evaluate(
          { module, node: argument.type === "SpreadElement" ? argument.argument : argument },
          frameAround(module, argument),
          silent,
        ),
      );
      const path = args[0]?.[0] === undefined ? "" : (textOf(args[0][0].value) ?? "");
      const site: Site = { module, node: call };
      const handlers: { readonly choices: Choices; readonly method: string }[] = [];
      const target = args.at(-1)?.[0]?.value;
      if (target?.kind === "literal" && typeof target.value === "string" && args.length > 1) {
        const dot = target.value.lastIndexOf(".");
        const isNamed = dot > target.value.lastIndexOf("/");
        const name = isNamed ? target.value.slice(0, dot) : target.value;
        const method = isNamed ? target.value.slice(dot + 1) : undefined;
        const file = controllerFile(machine, name);
        const made = file === undefined ? unknown : machine.project.module(file) === undefined ? unknown : defaultOf(machine, file);
        for (const each of method === undefined ? ["store", "update"] : [method])
          handlers.push({ choices: methodOf(machine, made, each, site), method: each });
      } else if (target?.kind === "list") {
        const method = target.items[1]?.[0] === undefined ? undefined : textOf(target.items[1][0].value);
        for (const each of method === undefined ? ["handle", "store", "update"] : [method])
          handlers.push({ choices: methodOf(machine, target.items[0] ?? unknown, each, site), method: each });
      } else if (target?.kind === "function" && verb !== "resource") handlers.push({ choices: one(target), method: verb });
      else if ((verb === "resource" || verb === "apiResource") && target !== undefined) {
        for (const each of ["store", "update"]) handlers.push({ choices: methodOf(machine, one(target), each, site), method: each });
      }
      return handlers
        .filter((handler) => handler.choices.some((row) => row.value.kind === "function"))
        .map((handler) =>
          readHandlers(
            machine,
            [{ choices: handler.choices, node: call }],
            module,
            `${verb.toUpperCase()} ${path === "" ? "/" : path}`,
            call,
            always,
          ),
        );
    });
  });

const defaultOf = (machine: OpenMachine, file: string): Choices => {
  const found = machine.exported(file, "default");
  return found.every((row) => row.value.kind === "literal" && row.value.value === undefined) ? machine.exported(file, "=") : found;
};

const configFile = (machine: OpenMachine, name: string): string | undefined =>
  [".ts", ".js"].map((ending) => `${prefix(machine)}config/${name}${ending}`).find((path) => machine.project.tree.has(path));

/** The options within a call such as `defineConfig({…})`, or as they are. */
const optionsIn = (choices: Choices): Value | undefined => {
  const value = choices[0]?.value;
  if (value?.kind === "external" && value.name.endsWith("()")) return optionsIn(value.args[0] ?? unknown);
  return value;
};

const entry = (value: Value | undefined, ...names: readonly string[]): Choices | undefined => {
  if (value?.kind !== "object") return undefined;
  for (const name of names) {
    const found = value.entries.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Rows over the entries that a name chooses among. */
const chosen = (name: Choices, entries: Value | undefined, make: (entry: Value) => readonly Outcome[]): readonly Outcome[] =>
  name.flatMap((row): readonly Outcome[] => {
    const text = textOf(row.value);
    const named = (key: string, when: Condition): readonly Outcome[] => {
      const found = optionsOrSelf(entry(entries, key));
      return found === undefined ? [] : make(found).map((outcome) => ({ ...outcome, when: all(when, outcome.when) }));
    };
    if (row.value.kind === "variable" && entries?.kind === "object") {
      const variable = row.value.name;
      return [...entries.entries].flatMap(([key, inner]) =>
        inner[0]?.value.kind !== "object" && inner[0]?.value.kind !== "external"
          ? []
          : named(key, all(row.when, { kind: "equals", name: variable, values: [key] })),
      );
    }
    return text === undefined ? [] : named(text, row.when);
  });

const optionsOrSelf = (choices: Choices | undefined): Value | undefined => choices?.[0]?.value;

const closed = (rows: readonly Outcome[], site: Site, what: string): readonly Outcome[] => {
  const last = rows.at(-1);
  if (last === undefined) return [{ when: always, destination: { kind: "unknown", what }, because: [evidence(site, what)] }];
  // Whatever the variable names, it names one of these.
  const isOneKind = rows.every((row) => row.destination.kind === last.destination.kind);
  if (isOneKind) return [...rows.slice(0, -1), { ...last, when: always }];
  return last.when.kind === "always" ? rows : [...rows, { when: always, destination: { kind: "fails" }, because: last.because }];
};

const cloudDrivers = /^(s3|gcs|r2|spaces|supabase|cloudinary|azure|do|b2|digitalocean)$/i;

/** Where AdonisJS's drive puts files, as its configuration says. */
export const driveOutcomes = (machine: OpenMachine): readonly Outcome[] | undefined => {
  const path = configFile(machine, "drive");
  const module = path === undefined ? undefined : machine.project.module(path);
  if (path === undefined || module === undefined) return undefined;
  const site: Site = { module, node: module.syntax.program };
  const options = optionsIn(defaultOf(machine, path));
  const disks = entry(options, "services", "disks");
  const rows = chosen(entry(options, "default", "disk") ?? unknown, disks?.[0]?.value, (disk) => {
    const driver =
      disk.kind === "external"
        ? (/\.(\w+)\(\)$/.exec(disk.name)?.[1] ?? "")
        : (textOf(entry(disk, "driver")?.[0]?.value ?? { kind: "unknown" }) ?? "");
    const inner = disk.kind === "external" ? disk.args[0]?.[0]?.value : disk;
    const root = textOf(entry(inner, "root", "location")?.[0]?.value ?? { kind: "unknown" });
    const because = [evidence(site, `the drive's disk is ${driver === "" ? "not named" : driver}`)];
    const destination: Destination = cloudDrivers.test(driver)
      ? { kind: "cloud", service: driver }
      : /^(local|fs)$/.test(driver)
        ? { kind: "disk", path: root === undefined ? undefined : modelPath(machine, root) }
        : { kind: "unknown", what: "the drive's driver" };
    return [{ when: always, destination, because }];
  });
  return closed(rows, site, "which disk the drive uses could not be told");
};

/** The database of AdonisJS's configuration. */
export const adonisDatabase = (machine: OpenMachine): readonly DatabaseUse[] => {
  const path = configFile(machine, "database");
  const module = path === undefined ? undefined : machine.project.module(path);
  if (path === undefined || module === undefined) return [];
  const site: Site = { module, node: module.syntax.program };
  const options = optionsIn(defaultOf(machine, path));
  // Version 4 keeps its connections beside the name, later ones in `connections`.
  const connections = entry(options, "connections")?.[0]?.value ?? options;
  const rows = chosen(entry(options, "connection") ?? unknown, connections, (connection) => {
    const client = textOf(entry(connection, "client")?.[0]?.value ?? { kind: "unknown" }) ?? "";
    const engine = engineOf(client);
    const because = [evidence(site, `the connection's client is ${client === "" ? "not named" : client}`)];
    if (engine !== "sqlite")
      return [
        {
          when: always,
          destination: engine === undefined ? { kind: "unknown", what: "the database's client" } : { kind: "database", engine },
          because,
        },
      ];
    const file = entry(entry(connection, "connection")?.[0]?.value, "filename");
    return [{ when: always, destination: fileRow(machine, textOf(file?.[0]?.value ?? { kind: "unknown" })), because }];
  });
  return [{ label: "database", at: placeOf(site), outcomes: closed(rows, site, "which database is used could not be told") }];
};
