import { cases, entryOf, equal, known, textOf, type Entry, type Value } from "../abstract-value.js";
import { all, always, not, present, set } from "../conditions.js";
import type { DatabaseUse, Evidence, Observation, Outcome } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { child, descend } from "../syntax.js";
import { evaluate } from "./evaluate.js";
import { argumentsOf } from "./ruby-syntax.js";
import { readErbYaml } from "./erb-yaml.js";
import type { RubyProject } from "./project.js";

/** The databases of an app, and what was seen of them in passing. */
export interface Databases {
  readonly uses: readonly DatabaseUse[];
  readonly observations: readonly Observation[];
}

const engines: readonly (readonly [RegExp, string])[] = [
  [/^(postgres|postgresql|postgis|jdbcpostgresql|pg)/, "postgres"],
  [/^(mysql|mysql2|trilogy|mariadb|jdbcmysql)/, "mysql"],
  [/^(sqlserver|tinytds|mssql)/, "sqlserver"],
  [/^oracle/, "oracle"],
  [/^(mongodb|mongoid|mongo)/, "mongodb"],
  [/^(cockroach)/, "postgres"],
];

/** Databases whose loss costs no records: they are made anew. */
const sideDatabases = new Set(["cache", "cable", "queue", "solid_cache", "solid_cable", "solid_queue", "errors", "cache_replica"]);

/** Find which databases production opens: `database.yml` with `DATABASE_URL` over it, or what the code connects to. */
export function readDatabases(project: RubyProject): Databases {
  const file = project.path("config/database.yml");
  const document = readErbYaml(project, file);
  if (document !== undefined) return ofDatabaseYml(project, file, document);
  const mongo = ofMongoid(project);
  if (mongo !== undefined) return { uses: [mongo], observations: [] };
  const connected = connections(project);
  if (connected.length > 0) return { uses: connected, observations: [] };
  return { uses: withoutFile(project), observations: [] };
}

function ofDatabaseYml(project: RubyProject, file: string, document: Value): Databases {
  const uses: DatabaseUse[] = [];
  const observations: Observation[] = [];
  const tables = new Map<string, Outcome[]>();
  const places = new Map<string, number>();
  for (const { when, value } of cases(document)) {
    const production = entryOf(value, project.environment) ?? entryOf(value, "production");
    if (production === undefined) {
      const rows = fromUrl(project, "primary", { file, line: 1, why: `database.yml has nothing for ${project.environment}` });
      tables.set("primary", [...(tables.get("primary") ?? []), ...under(when, rows)]);
      continue;
    }
    for (const [name, entry] of configurations(production)) {
      tables.set(name, [...(tables.get(name) ?? []), ...under(when, rowsOf(project, name, entry))]);
      places.set(name, entry.line);
    }
  }
  for (const [name, rows] of tables) {
    const at = { file, line: places.get(name) ?? 1 };
    const outcomes = closed(rows, outcome({ kind: "fails" }, [{ ...at, why: "no database is configured" }]));
    if (!sideDatabases.has(name)) uses.push({ label: name === "primary" ? "default" : name, at, outcomes });
    else if (outcomes.some((row) => row.destination.kind === "disk")) {
      observations.push({ ...at, name: "side-database-on-disk", details: { database: name } });
    }
  }
  return { uses, observations };
}

/** The databases of an environment: one, or several by name, the first of them the primary. */
function configurations(production: Entry): readonly (readonly [string, Entry])[] {
  if (production.value.kind !== "table") return [["primary", production]];
  const inner = [...production.value.entries].filter(([, entry]) => entry.value.kind === "table");
  const isOne = ["adapter", "url", "database"].some((key) => entryOf(production.value, key) !== undefined);
  if (isOne || inner.length === 0) return [["primary", production]];
  return inner
    .filter(([, entry]) => textOf(entryOf(entry.value, "replica")?.value ?? known("")) !== "true")
    .map(
      ([name, entry], index) =>
        [index === 0 && name !== "primary" && !inner.some(([other]) => other === "primary") ? "primary" : name, entry] as const,
    );
}

function rowsOf(project: RubyProject, name: string, entry: Entry): readonly Outcome[] {
  const at = { file: entry.file, line: entry.line };
  if (typeof entry.value !== "object" || entry.value.kind !== "table") {
    if (entry.value.kind === "known" && typeof entry.value.value === "string")
      return urlRows(project, entry.value, { ...at, why: "the database" });
    return fromUrl(project, name, { ...at, why: "nothing is configured for production here" });
  }
  const url = entryOf(entry.value, "url");
  const adapter = entryOf(entry.value, "adapter");
  const own = lacksSqlite(project, adapter)
    ? [outcome({ kind: "fails" }, [{ ...at, why: "production has no gem for SQLite, so without an address the app does not start" }])]
    : ownRows(project, entry, adapter);
  if (url !== undefined && !(url.value.kind === "known" && url.value.value === null)) {
    const because = { file: url.file, line: url.line, why: "the database's address is given here" };
    return cases(url.value).flatMap((one) =>
      under(
        one.when,
        one.value.kind === "variable" && isNothing(one.value.ifUnset)
          ? [...under(present(one.value.name), addressed(project, one.value.name, adapter, because)), ...own]
          : one.value.kind === "known" && isNothing(one.value)
            ? own
            : urlRows(project, one.value, because, adapter),
      ),
    );
  }
  // Rails puts DATABASE_URL over what the file says, where the file gives no address itself.
  const overriding = name === "primary" ? ["DATABASE_URL"] : [`${name.toUpperCase()}_DATABASE_URL`];
  const over = overriding.flatMap((variable) => {
    const because = { ...at, why: `${variable}, where it is set, goes before this file` };
    return under(set(variable), addressed(project, variable, adapter, because));
  });
  const isServer = own.every((row) => row.destination.kind === "database");
  return isServer ? own : [...over, ...own];
}

/** SQLite in the file, and its gem for development alone: a server's driver is there instead, as Heroku's tutorials have it. */
function lacksSqlite(project: RubyProject, adapter: Entry | undefined): boolean {
  const isSqlite = adapter !== undefined && textOf(adapter.value) === "sqlite3";
  return isSqlite && project.gems.has("sqlite3") && !project.gems.inProduction("sqlite3") && serverDriver(project) !== undefined;
}

/** Where the address in a variable leads: told by its declared value, else by the driver that the app has for it. */
function addressed(project: RubyProject, variable: string, adapter: Entry | undefined, because: Evidence): readonly Outcome[] {
  const declared = project.deployment.services
    .flatMap((service) => service.variables)
    .find((one) => one.name === variable && one.declared.kind === "value")?.declared;
  if (declared?.kind === "value") return urlRows(project, known(declared.value), because, adapter);
  const named = adapter === undefined ? undefined : engineOf(textOf(adapter.value) ?? "");
  const engine = named ?? serverDriver(project);
  // An address of a server needs its driver; with SQLite's alone, the address is a file's.
  if (engine === undefined) return [];
  return [outcome({ kind: "database", engine }, [because])];
}

function serverDriver(project: RubyProject): string | undefined {
  const drivers: readonly (readonly [string, string])[] = [
    ["pg", "postgres"],
    ["mysql2", "mysql"],
    ["trilogy", "mysql"],
    ["activerecord-sqlserver-adapter", "sqlserver"],
    ["activerecord-cockroachdb-adapter", "postgres"],
    ["jdbc-postgres", "postgres"],
    ["activerecord-jdbcpostgresql-adapter", "postgres"],
  ];
  return drivers.find(([gem]) => project.gems.inProduction(gem))?.[1];
}

function ownRows(project: RubyProject, entry: Entry, adapter: Entry | undefined): readonly Outcome[] {
  const at = { file: entry.file, line: adapter?.line ?? entry.line };
  if (adapter === undefined && entryOf(entry.value, "url") !== undefined)
    return [outcome({ kind: "fails" }, [{ ...at, why: "without its address the app has no database and does not start" }])];
  if (adapter === undefined) return fromUrl(project, "primary", { ...at, why: "no adapter is named" });
  return cases(adapter.value).flatMap(({ when, value }) => {
    if (value.kind === "variable") {
      const names = ["sqlite3", "postgresql", "mysql2", "trilogy", "postgis"];
      return names.flatMap((name) => under(all(when, equal(value, known(name))), ofAdapter(name, entry, at)));
    }
    return under(when, ofAdapter(textOf(value) ?? "", entry, at));
  });
}

function ofAdapter(name: string, entry: Entry, at: { file: string; line: number }): readonly Outcome[] {
  const lower = name.trim().toLowerCase();
  if (/^(sqlite|litedb|litestack|jdbcsqlite|libsql|turso)/.test(lower)) {
    if (/^(libsql|turso)/.test(lower)) return [outcome({ kind: "database", engine: "libsql" }, [{ ...at, why: "a libSQL server" }])];
    const database = entryOf(entry.value, "database");
    const place = { file: entry.file, line: database?.line ?? at.line };
    const why = "the database is a SQLite file on the instance's own disk";
    return diskRows(database?.value ?? known("db/production.sqlite3"), [{ ...place, why }], plainPath);
  }
  const engine = engineOf(lower);
  if (engine !== undefined)
    return [outcome({ kind: "database", engine }, [{ ...at, why: `the database is a server of its own (${name})` }])];
  return [outcome({ kind: "unknown", what: `the database adapter ${name}` }, [{ ...at, why: "not understood" }])];
}

function urlRows(project: RubyProject, url: Value, because: Evidence, adapter?: Entry): readonly Outcome[] {
  return cases(url).flatMap(({ when, value }) => {
    if (value.kind === "variable") {
      const named = under(all(when, present(value.name)), addressed(project, value.name, adapter, because));
      return [
        ...named,
        ...under(all(when, named.length === 0 ? always : not(present(value.name))), urlRows(project, value.ifUnset, because, adapter)),
      ];
    }
    const text = (value.kind === "text" ? textOf(value) : value.kind === "known" ? textOf(value) : undefined) ?? "";
    const scheme = /^([a-z0-9+]+):/.exec(text)?.[1] ?? "";
    const because2 = { ...because, why: text === "" ? because.why : "the database's address" };
    if (scheme.startsWith("sqlite")) return under(when, [sqliteAt(text, because2)]);
    const engine =
      engineOf(scheme) ??
      (text === "" || text.startsWith("${") ? (engineOf(textOf(adapter?.value ?? known("")) ?? "") ?? serverDriver(project)) : undefined);
    if (engine !== undefined) return under(when, [outcome({ kind: "database", engine }, [because2])]);
    return under(when, [outcome(text === "" ? { kind: "fails" } : { kind: "unknown", what: "the database's address" }, [because2])]);
  });
}

/** `sqlite3:db/x.sqlite3`, `sqlite3:/data/x.sqlite3`, `sqlite:///data/x.db`, `sqlite://db/x.db` (relative to the app). */
function sqliteAt(url: string, because: Evidence): Outcome {
  const rest = url.replace(/^[a-z0-9]+:/, "").replace(/\?.*$/, "");
  const path = rest.startsWith("//") ? rest.slice(2) : rest;
  return outcome({ kind: "disk", path: plainPath(path) }, [
    { ...because, why: "the database is a SQLite file on the instance's own disk" },
  ]);
}

function engineOf(adapter: string): string | undefined {
  return engines.find(([pattern]) => pattern.test(adapter.toLowerCase()))?.[1];
}

/** Without a configuration of its own a database is only there when its variable is. */
function fromUrl(project: RubyProject, name: string, because: Evidence): readonly Outcome[] {
  const variable = name === "primary" ? "DATABASE_URL" : `${name.toUpperCase()}_DATABASE_URL`;
  const engine = serverDriver(project);
  const rows: readonly Outcome[] =
    engine === undefined ? [] : [outcome({ kind: "database", engine, address: variable }, [because], set(variable))];
  return [...rows, outcome({ kind: "fails" }, [{ ...because, why: `without ${variable} the app has no database and does not start` }])];
}

function ofMongoid(project: RubyProject): DatabaseUse | undefined {
  const file = project.path("config/mongoid.yml");
  if (!project.tree.has(file)) return undefined;
  const at = { file, line: 1 };
  return {
    label: "default",
    at,
    outcomes: [outcome({ kind: "database", engine: "mongodb" }, [{ ...at, why: "the database is MongoDB" }])],
  };
}

const connecting =
  /establish_connection|Sequel\.(connect|sqlite|postgres)|DataMapper\.setup|set\s*\(?\s*:database|SQLite3::Database\.new|PG\.connect|Mongo::Client/;

/** What code without `database.yml` connects to: Sequel, DataMapper, Sinatra's `set :database`, SQLite by hand. */
function connections(project: RubyProject): readonly DatabaseUse[] {
  return project.files.flatMap((file) => {
    if (!connecting.test(project.text(file) ?? "")) return [];
    const root = project.parse(file);
    return [...(root === undefined ? [] : descend(root))].flatMap((node) => {
      if (node.type !== "call" || !connecting.test(node.text.slice(0, 60))) return [];
      const method = child(node, "method")?.text ?? "";
      const { items, named } = argumentsOf(node);
      const at = { file, line: node.line };
      const because = { ...at, why: "the app connects to its database here" };
      const scope = project.scope(file);
      const target = method === "setup" || method === "set" ? items[1] : items[0];
      const table =
        named.size > 0
          ? tableOf(named, file, node.line, (one) => evaluate(one, scope))
          : target === undefined
            ? undefined
            : evaluate(target, scope);
      if (table === undefined) return [];
      if (method === "new" || method === "sqlite")
        return [{ label: "default", at, outcomes: closed(diskRows(table, [because], plainPath), outcome({ kind: "fails" }, [because])) }];
      if (/^PG\.|^Mongo::/.test(node.text))
        return [
          {
            label: "default",
            at,
            outcomes: [outcome({ kind: "database", engine: node.text.startsWith("PG") ? "postgres" : "mongodb" }, [because])],
          },
        ];
      if (!/^(establish_connection|connect|setup|set)$/.test(method)) return [];
      const rows =
        table.kind === "table"
          ? ownRows(project, { value: table, file, line: node.line }, entryOf(table, "adapter"))
          : urlRows(project, table, because);
      return [{ label: "default", at, outcomes: closed(rows, outcome({ kind: "unknown", what: "the database's address" }, [because])) }];
    });
  });
}

function tableOf<Node>(named: ReadonlyMap<string, Node>, file: string, line: number, value: (node: Node) => Value): Value {
  return { kind: "table", entries: new Map([...named].map(([key, node]) => [key, { value: value(node), file, line }])) };
}

/** Rails without `database.yml` in the repository: only `DATABASE_URL` can say. */
function withoutFile(project: RubyProject): readonly DatabaseUse[] {
  if (!project.gems.has("activerecord") && !project.gems.has("rails")) return [];
  if (serverDriver(project) === undefined && !project.gems.inProduction("sqlite3")) return [];
  const at = { file: project.path("Gemfile"), line: 1 };
  const because = { ...at, why: "there is no config/database.yml in the repository" };
  return [{ label: "default", at, outcomes: closed(fromUrl(project, "primary", because), outcome({ kind: "fails" }, [because])) }];
}

function isNothing(value: Value): boolean {
  return value.kind === "known" && (value.value === null || value.value === "");
}
