import type { Condition, DatabaseUse, Destination, Evidence, Outcome } from "../model.js";
import { all, always, any, covering, isNever, needsFailure, not, withoutData } from "./conditions.js";
import type { Opening } from "./database-clients.js";
import { engineOf, openingOf, serverOf } from "./database-clients.js";
import { conditionAt, frameAround, notLeftBefore, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { external } from "./naming.js";
import { hasSqlite } from "./options.js";
import { diskRows, evidence, modelPath, placeOf } from "./places.js";
import { prismaRows } from "./prisma.js";
import type { Module } from "./project.js";
import type { Handled } from "./uploads.js";
import type { Choices, Site, Value } from "./values.js";
import { one, textOf, unknown } from "./values.js";

interface Row {
  readonly when: Condition;
  readonly destination: Destination;
}

interface Opened {
  readonly when: Condition;
  readonly rows: readonly Row[];
  readonly site: Site;
}

const at = (when: Condition, destination: Destination): Row => ({ when, destination });

const rowsOf = (choices: Choices, make: (value: Value) => readonly Row[]): readonly Row[] =>
  choices
    .filter((choice) => !needsFailure(choice.when))
    .flatMap((choice) => make(choice.value).map((row) => at(all(withoutData(choice.when), row.when), row.destination)));

/** A file of a database, at a path; `:memory:` keeps nothing and means to. */
export const fileRow = (machine: OpenMachine, text: string | undefined): Destination => {
  if (text === undefined) return { kind: "disk", path: undefined };
  const plain = text.replace(/^(sqlite3?|file):(\/\/)?(?=.)/i, "").replace(/\?.*$/, "");
  if (plain === ":memory:" || plain === "" || /mode=memory/.test(text)) return { kind: "passing" };
  return { kind: "disk", path: modelPath(machine, plain) };
};

/** Where an address leads: to a server, or to a file. */
const addressRows = (machine: OpenMachine, address: Choices, engine: string): readonly Row[] =>
  rowsOf(address, (value) => {
    if (value.kind === "variable")
      return [at(always, engine === "sqlite" ? { kind: "disk", path: `\${${value.name}}` } : { kind: "database", engine })];
    const text = textOf(value);
    if (text === undefined) return [at(always, engine === "sqlite" ? { kind: "disk", path: undefined } : { kind: "database", engine })];
    const named = serverOf(text);
    if (named !== undefined) return [at(always, { kind: "database", engine: named })];
    if (engine === "sqlite" || /^(sqlite|file):|\.(db|sqlite3?)$/i.test(text)) return [at(always, fileRow(machine, text))];
    return [at(always, { kind: "database", engine })];
  });

const entryOf = (value: Value, ...names: readonly string[]): Choices | undefined => {
  if (value.kind !== "object") return undefined;
  for (const name of names) {
    const entry = value.entries.get(name);
    if (entry !== undefined) return entry;
  }
  return undefined;
};

/** Options that name their dialect: `{ dialect: "sqlite", storage: "./a.db" }`. */
const dialectRows = (machine: OpenMachine, options: Value, address: Choices | undefined): readonly Row[] => {
  const named = entryOf(options, "dialect", "client", "type", "driver");
  const inner = entryOf(options, "connection");
  const url = address ?? entryOf(options, "url", "connectionString", "clientUrl");
  const fromUrl = (): readonly Row[] => {
    if (url !== undefined) return addressRows(machine, url, "the database's server");
    return inner === undefined
      ? [at(always, { kind: "unknown", what: "which database is opened" })]
      : rowsOf(inner, (value) =>
          value.kind === "object"
            ? [at(always, { kind: "unknown", what: "which database is opened" })]
            : addressRows(machine, one(value), "the database's server"),
        );
  };
  if (named === undefined) {
    // Without a dialect and an address nothing can be opened.
    if (url === undefined && inner === undefined && options.kind === "object" && !options.isOpen) return [at(always, { kind: "fails" })];
    return fromUrl();
  }
  return rowsOf(named, (dialect) => {
    const text = textOf(dialect);
    if (dialect.kind === "variable") {
      const server = at(always, { kind: "database", engine: "the database's server" });
      if (!hasSqlite(machine)) return [server];
      // The dialect itself is a variable: SQLite is a file, everything else a server.
      return [
        at(
          { kind: "equals", name: dialect.name, values: ["sqlite", "sqlite3", "better-sqlite3"], ignoreCase: true },
          { kind: "disk", path: undefined },
        ),
        at(always, { kind: "database", engine: "the database's server" }),
      ];
    }
    const name =
      dialect.kind === "external"
        ? (dialect.name.split(/[:(]/)[0] ?? "")
        : dialect.kind === "instance" || dialect.kind === "class"
          ? ""
          : text;
    const engine = name === undefined ? undefined : engineOf(name);
    if (engine === undefined) {
      const rows = fromUrl();
      const isHosted = entryOf(options, "host", "port") !== undefined && !hasSqlite(machine);
      return isHosted && rows.every((row) => row.destination.kind === "unknown")
        ? [at(always, { kind: "database", engine: "the database's server" })]
        : rows;
    }
    if (engine !== "sqlite") return [at(always, { kind: "database", engine })];
    const path = entryOf(options, "storage", "filename", "database", "dbName") ?? url;
    if (path !== undefined) return rowsOf(path, (value) => [at(always, fileRow(machine, textOf(value)))]);
    if (inner === undefined) return [at(always, { kind: "disk", path: undefined })];
    return rowsOf(inner, (value) => {
      const file = value.kind === "object" ? entryOf(value, "filename", "database") : one(value);
      return file === undefined
        ? [at(always, { kind: "disk", path: undefined })]
        : rowsOf(file, (found) => [at(always, fileRow(machine, textOf(found)))]);
    });
  });
};

/** Options given as they are, made by a factory, or by a function. */
const resolved = (machine: OpenMachine, choices: Choices, site: Site): Choices =>
  choices.flatMap((choice) => {
    const factory = choice.value.kind === "function" ? choice.value : entryOf(choice.value, "useFactory")?.[0]?.value;
    if (factory?.kind !== "function") return [choice];
    const typed = factory.node.params.some(
      (parameter) => parameter.type === "Identifier" && parameter.typeAnnotation !== null && parameter.typeAnnotation !== undefined,
    );
    const config = one(external("@nestjs/config:ConfigService()", site));
    return machine
      .run(factory, typed ? undefined : [config, config], silent)
      .map((row) => ({ when: all(choice.when, row.when), value: row.value }));
  });

/** TypeORM without options reads a file beside the manifest. */
const ormConfigRows = (machine: OpenMachine): readonly Row[] => {
  const folder = machine.project.root === "." ? "" : `${machine.project.root}/`;
  const path = ["ormconfig.json", "ormconfig.js", "ormconfig.ts"]
    .map((name) => `${folder}${name}`)
    .find((name) => machine.project.tree.has(name));
  if (path === undefined) return [at(always, { kind: "unknown", what: "which database is opened" })];
  const exported = machine.exported(path, "=");
  const first = exported[0]?.value.kind === "list" ? (exported[0].value.items[0] ?? unknown) : exported;
  return rowsOf(first, (value) => dialectRows(machine, value, undefined));
};

const openedRows = (machine: OpenMachine, opening: Opening, args: readonly Choices[], site: Site): readonly Row[] => {
  const [first = unknown] = args;
  switch (opening.kind) {
    case "server": {
      const server = at(always, { kind: "database", engine: opening.engine });
      const address = first.some((row) => row.value.kind === "object")
        ? entryOf(first.find((row) => row.value.kind === "object")?.value ?? { kind: "unknown" }, "connectionString", "url", "uri")
        : first;
      // Code that falls back to a file means to keep its data there, whatever the client makes of it.
      const isFile = (value: Value): boolean => /^(file|sqlite):/.test(textOf(value) ?? "");
      if (address?.some((row) => isFile(row.value)) !== true) return [server];
      return rowsOf(address, (value) => [isFile(value) ? at(always, fileRow(machine, textOf(value))) : server]);
    }
    case "address":
      return rowsOf(first, (value) => {
        const url =
          entryOf(value, "url") ??
          (value.kind === "object" ? entryOf(entryOf(value, "connection")?.[0]?.value ?? value, "url", "source") : one(value));
        // A client opened elsewhere says for itself where it leads.
        if (value.kind === "external" || url === undefined) return [];
        return addressRows(machine, url, opening.engine);
      });
    case "file": {
      return rowsOf(first, (value) => {
        const named = value.kind === "object" ? entryOf(value, ...opening.entries) : one(value);
        if (value.kind === "external" && value.name.startsWith("lowdb")) return [];
        if (named === undefined || (value.kind === "literal" && value.value === undefined)) {
          return [at(always, opening.fallback === ":memory:" ? { kind: "passing" } : { kind: "disk", path: undefined })];
        }
        return rowsOf(named, (found) => [at(always, fileRow(machine, textOf(found)))]);
      });
    }
    case "dialect": {
      if (args.length === 0) return ormConfigRows(machine);
      const last = resolved(
        machine,
        args.findLast((arg) => arg.some((row) => row.value.kind === "object" || row.value.kind === "function")) ?? first,
        site,
      );
      const address =
        args[0]?.every((row) => row.value.kind !== "object" && row.value.kind !== "function") === true && args.length <= 2
          ? args[0]
          : undefined;
      return rowsOf(last, (value) =>
        value.kind === "object"
          ? dialectRows(machine, value, address)
          : address === undefined
            ? // Nothing to open is an error at the start.
              [
                at(
                  always,
                  value.kind === "literal" && value.value === undefined
                    ? { kind: "fails" }
                    : { kind: "unknown", what: "which database is opened" },
                ),
              ]
            : addressRows(machine, address, "the database's server"),
      );
    }
    case "supabase":
      return [at(always, { kind: "database", engine: "supabase" })];
    case "prisma":
      return prismaRows(machine, first);
  }
};

const isTestFile = /(^|\/)(__tests__|tests?|e2e)\/|\.(test|spec)\./;

/** Words without which a file opens no database; most files are passed by. */
const speaksOfData =
  /mongo|\bpg\b|postgres|mysql|mariadb|sqlite|sequelize|knex|typeorm|mikro-orm|drizzle|libsql|turso|prisma|supabase|firestore|firebase|dynamo|nedb|lowdb|level|airtable|fauna|neon|planetscale|oracle|mssql|json-server|json-db|quick\.db|loki|pouch|lmdb|enmap|persist|monk|@vercel|appwrite|convex|surreal|cassandra|couch|neo4j|Database/i;

const asksTables = /(?<!storage\s*)\.\s*(from|rpc)\(/;

/** Every call in the app's live code that opens a database. */
const openedIn = (machine: OpenMachine, modules: readonly Module[]): readonly Opened[] => {
  const { tree, root } = machine.project;
  const sources = (): readonly string[] =>
    tree
      .find(root, ".ts", ".tsx", ".js", ".jsx")
      .filter((path) => !isTestFile.test(path))
      .slice(0, 600);
  const hasTables =
    modules.some((module) => asksTables.test(module.syntax.textOf(module.syntax.program))) ||
    (modules.some((module) => module.syntax.textOf(module.syntax.program).includes("@supabase/")) &&
      sources().some((path) => asksTables.test(tree.read(path) ?? "")));
  return modules.flatMap((module) => {
    const words = module.syntax.textOf(module.syntax.program);
    if (isTestFile.test(module.path) || !speaksOfData.test(words)) return [];
    return [...clientClasses(machine, module), ...openedByCalls(machine, module, hasTables)];
  });
};

/** A class that is a client of Prisma's, as Nest's services are: made by whoever injects it. */
const clientClasses = (machine: OpenMachine, module: Module): readonly Opened[] =>
  module.names.classes.flatMap((node): readonly Opened[] => {
    if (node.superClass === null || !/(^|\.)PrismaClient$/.test(module.syntax.textOf(node.superClass))) return [];
    machine.begin();
    const made = module.names.calls.find((call) => call.callee.type === "Super" && call.start > node.start && call.end < node.end);
    const [first] = made?.arguments ?? [];
    const options =
      first === undefined || made === undefined
        ? unknown
        : machine.evaluate({ module, node: first.type === "SpreadElement" ? first.argument : first }, frameAround(module, made), silent);
    return [{ when: always, rows: prismaRows(machine, options), site: { module, node } }];
  });

const openedByCalls = (machine: OpenMachine, module: Module, hasTables: boolean): readonly Opened[] =>
  module.names.calls.flatMap((call): readonly Opened[] => {
    machine.begin();
    const frame = frameAround(module, call);
    const site: Site = { module, node: call };
    const callee = machine.evaluate({ module, node: call.callee }, frame, silent);
    // Prisma's client is made by its generator, often into the app's own folders and not committed.
    const words_ = call.type === "NewExpression" ? module.syntax.textOf(call.callee) : "";
    const made: Choices = /(^|\.)PrismaClient$/.test(words_) ? one(external("@prisma/client:PrismaClient", site)) : callee;
    return made.flatMap((choice): readonly Opened[] => {
      if (choice.value.kind !== "external") return [];
      const opening = openingOf(`${choice.value.name}()`);
      if (opening === undefined || (opening.kind === "supabase" && !hasTables)) return [];
      const args = call.arguments.map((argument) =>
        machine.evaluate({ module, node: argument.type === "SpreadElement" ? argument.argument : argument }, frame, silent),
      );
      // What is given a client that was opened elsewhere opens nothing itself.
      const isGiven = (value: Value): boolean =>
        value.kind === "external" || value.kind === "instance" || (entryOf(value, "client") ?? []).some((inner) => isGiven(inner.value));
      if (choice.value.name.startsWith("drizzle-orm") && args[0]?.some((row) => isGiven(row.value)) === true) return [];
      const reached = withoutData(all(conditionAt(machine, call, frame, module.syntax.program), notLeftBefore(machine, call, frame)));
      const when = isNever(reached) ? withoutData(conditionAt(machine, call, frame, module.syntax.program)) : reached;
      if (isNever(when) || needsFailure(conditionAt(machine, call, frame, frame.owner))) return [];
      const rows = openedRows(machine, opening, args, site);
      return rows.length === 0 ? [] : [{ when: all(when, withoutData(choice.when)), rows, site }];
    });
  });

const sentence = (destination: Destination): string => {
  switch (destination.kind) {
    case "disk":
      return "the database is a file on the instance's disk";
    case "database":
      return `the database is a server (${destination.engine})`;
    case "passing":
      return "a database that is meant to forget";
    case "cloud":
    case "fails":
    case "unknown":
      return "the database is opened here";
  }
};

/** Joins what opens the database under several conditions into decision tables. */
export const databaseUses = (opened: readonly Opened[]): readonly DatabaseUse[] => {
  const uses = new Map<string, DatabaseUse>();
  const outcome = (row: Row, site: Site): Outcome => ({ ...row, because: [evidence(site, sentence(row.destination))] });
  const conditional = opened.filter((each) => each.when.kind !== "always");
  const plain = opened.filter((each) => each.when.kind === "always");
  for (const each of plain) {
    const outcomes = finished(each.rows.map((row) => outcome(row, each.site)));
    if (outcomes.every((row) => row.destination.kind === "passing")) continue;
    const key = JSON.stringify(outcomes.map((row) => [row.when, row.destination.kind === "database" ? "server" : row.destination]));
    if (!uses.has(key)) uses.set(key, { label: "database", at: placeOf(each.site), outcomes });
  }
  const rows = conditional
    .flatMap((each) => {
      // A row that only holds where an earlier one does not may not hold here at all.
      let before: Condition = always;
      return each.rows.map((row) => {
        const when = all(each.when, before, row.when);
        before = all(before, not(row.when));
        return outcome(at(when, row.destination), each.site);
      });
    })
    .filter((row) => !isNever(row.when));
  // What a person looks for first is the file.
  const first = rows.find((row) => row.destination.kind === "disk") ?? rows[0];
  if (first !== undefined) {
    const covered = any(...rows.map((row) => row.when)).kind === "always";
    const why: readonly Evidence[] = first.because;
    const closed = covered ? finished(rows) : [...rows, { when: always, destination: { kind: "fails" }, because: why } satisfies Outcome];
    if (!closed.every((row) => row.destination.kind === "passing"))
      uses.set("conditional", { label: "database", at: { file: why[0]?.file ?? "", line: why[0]?.line ?? 1 }, outcomes: closed });
  }
  return [...uses.values()];
};

const finished = (rows: readonly Outcome[]): readonly Outcome[] => {
  const kept = covering(rows);
  const last = kept.at(-1);
  return last === undefined ? [] : [...kept.slice(0, -1), { ...last, when: always }];
};

/** Finds the databases of an app: what its live code opens. */
export const readDatabases = (machine: OpenMachine, modules: readonly Module[]): readonly DatabaseUse[] =>
  databaseUses(openedIn(machine, modules));

/** Files of JSON that handlers write whole: a database of the app's own making. */
export const readJsonStores = (machine: OpenMachine, handled: readonly Handled[]): readonly DatabaseUse[] => {
  const uses = new Map<string, DatabaseUse>();
  for (const { effects } of handled) {
    for (const effect of effects) {
      if (effect.kind !== "json" || effect.isRecovery) continue;
      const rows = diskRows(machine, effect.path);
      const isStore = rows.every(
        (row) =>
          row.destination.kind === "disk" &&
          row.destination.path !== undefined &&
          !/^\/tmp|\.log$|cache|package\.json/i.test(row.destination.path),
      );
      const because = [evidence(effect.site, "records are kept in a file on the instance's disk")];
      if (isStore)
        uses.set(JSON.stringify(rows), {
          label: "a file of JSON",
          at: placeOf(effect.site),
          outcomes: rows.map((row) => ({ ...row, because })),
        });
    }
  }
  return [...uses.values()];
};
