import { cases, entryOf, known, textOf, type Entry, type Value } from "../abstract-value.js";
import { all, set } from "../conditions.js";
import type { DatabaseUse, Evidence, Outcome } from "../model.js";
import { closed, diskRows, namedRows, outcome, plainPath, under } from "../outcomes.js";
import type { PhpProject } from "./project.js";

const engines: Readonly<Record<string, string>> = {
  mysql: "mysql",
  mariadb: "mysql",
  pgsql: "postgres",
  postgres: "postgres",
  postgresql: "postgres",
  sqlsrv: "sqlserver",
  mongodb: "mongodb",
  libsql: "libsql",
  turso: "libsql",
  singlestore: "mysql",
  planetscale: "mysql",
  oracle: "oracle",
};

/** Connections of the framework's own configuration, where the app has none. */
const standardConnections = ["sqlite", "mysql", "mariadb", "pgsql", "sqlsrv"];

/** Find which database Laravel opens in production. */
export function laravelDatabases(project: PhpProject): readonly DatabaseUse[] {
  const chosen = project.setting("database.default");
  if (chosen === undefined) return [];
  const at = { file: chosen.file, line: chosen.line };
  const because = [{ ...at, why: "the database connection is chosen here" }];
  const rows = cases(chosen.value).flatMap(({ when, value }) => under(when, connectionRows(project, value, because)));
  return [{ label: "default", at, outcomes: closed(rows, outcome({ kind: "fails" }, because)) }];
}

function connectionRows(project: PhpProject, name: Value, because: readonly Evidence[]): readonly Outcome[] {
  if (name.kind === "known") return ofConnection(project, String(name.value), because);
  if (name.kind !== "variable")
    return [outcome({ kind: "unknown", what: name.kind === "unknown" ? name.what : "the database connection" }, because)];
  const own = project.setting("database.connections")?.value;
  const names = own?.kind === "table" ? [...own.entries.keys()] : standardConnections;
  return namedRows(name, names, (one) => ofConnection(project, one, because), outcome({ kind: "fails" }, because));
}

function ofConnection(project: PhpProject, name: string, because: readonly Evidence[]): readonly Outcome[] {
  const connection = project.setting(`database.connections.${name}`) ?? standardConnection(project, name);
  if (connection === undefined) return [outcome({ kind: "fails" }, because)];
  const driver = entryOf(connection.value, "driver");
  const at = { file: connection.file, line: driver?.line ?? connection.line };
  return cases(driver?.value ?? known(name)).flatMap(({ when, value }) => {
    const kind = (textOf(value) ?? "").toLowerCase();
    if (kind === "sqlite") return under(when, sqliteRows(connection, because));
    const engine = engines[kind];
    if (engine === undefined)
      return under(when, [
        outcome({ kind: "unknown", what: `the database driver ${kind}` }, [...because, { ...at, why: "not understood" }]),
      ]);
    return under(when, [
      outcome({ kind: "database", engine }, [...because, { ...at, why: `the connection ${name} is a server of its own` }]),
    ]);
  });
}

function standardConnection(project: PhpProject, name: string): Entry | undefined {
  if (!standardConnections.includes(name) || project.tree.has(project.path("config/database.php"))) return undefined;
  const at = { file: project.path("composer.json"), line: 1 };
  const database: Value = { kind: "variable", name: "DB_DATABASE", ifUnset: known("database/database.sqlite") };
  const url: Value = { kind: "variable", name: "DB_URL", ifUnset: known(null) };
  const entries = new Map<string, Entry>([
    ["driver", { value: known(name), ...at }],
    ["database", { value: database, ...at }],
    ["url", { value: url, ...at }],
  ]);
  return { value: { kind: "table", entries }, ...at };
}

/** A connection called sqlite becomes one to a server where its address says so. */
function sqliteRows(connection: Entry, because: readonly Evidence[]): readonly Outcome[] {
  const url = entryOf(connection.value, "url");
  const database = entryOf(connection.value, "database");
  const at = { file: connection.file, line: database?.line ?? connection.line };
  const over =
    url?.value.kind === "variable"
      ? [
          outcome(
            { kind: "database", engine: "sql" },
            [...because, { file: url.file, line: url.line, why: `${url.value.name} gives the address of a server` }],
            set(url.value.name),
          ),
        ]
      : [];
  const why = "the database is a SQLite file on the instance's own disk";
  const rows = diskRows(database?.value ?? known("database/database.sqlite"), [...because, { ...at, why }], plainPath);
  return [...over, ...under(all(), rows)];
}
