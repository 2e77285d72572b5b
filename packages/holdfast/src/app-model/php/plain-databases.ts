import { cases, known, knownStart, textOf, type Value } from "../abstract-value.js";
import { isNever, present } from "../conditions.js";
import type { DatabaseUse, Evidence, Outcome } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { descend, type Syntax } from "../syntax.js";
import { evaluate, reachOf, type Scope } from "./evaluate.js";
import { argumentsOf, callOf, lastName } from "./php-syntax.js";
import type { PhpProject } from "./project.js";

const opening =
  /new\s+\\?(PDO|mysqli|SQLite3|Medoo)\b|mysqli_connect|pg_connect|Medoo\(|DriverManager::getConnection|addConnection\(|R::setup/;

/** Schemes of addresses, and the server each names. */
const schemes: readonly (readonly [RegExp, string])[] = [
  [/^(mysql|mariadb|mysqli|pdo-mysql)/, "mysql"],
  [/^(pgsql|postgres|pdo-pgsql)/, "postgres"],
  [/^(sqlsrv|mssql|dblib)/, "sqlserver"],
  [/^mongodb/, "mongodb"],
];

/** Find the databases that PHP without a framework opens: PDO, mysqli, SQLite3. Each engine and file counts once. */
export function plainDatabases(project: PhpProject): readonly DatabaseUse[] {
  const found = new Map<string, DatabaseUse>();
  for (const file of project.files) {
    if (!opening.test(project.text(file) ?? "")) continue;
    const root = project.parse(file);
    const scope = project.scope(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const because = { file, line: node.line, why: "the database is opened here" };
      const rows = rowsOf(node, scope, because);
      const when = rows === undefined ? undefined : reachOf(node, scope);
      if (rows === undefined || when === undefined || isNever(when)) continue;
      const outcomes = closed(under(when, rows), outcome({ kind: "passing" }, [because]));
      const key = JSON.stringify(outcomes.map((row) => [row.when, row.destination]));
      if (!found.has(key))
        found.set(key, { label: found.size === 0 ? "default" : `database ${found.size + 1}`, at: { file, line: node.line }, outcomes });
    }
  }
  return [...found.values()];
}

function rowsOf(node: Syntax, scope: Scope, because: Evidence): readonly Outcome[] | undefined {
  const call = callOf(node);
  if (call?.name === "mysqli_connect" && call.on === undefined) return [outcome({ kind: "database", engine: "mysql" }, [because])];
  if (/^pg_p?connect$/.test(call?.name ?? "") && call?.on === undefined)
    return [outcome({ kind: "database", engine: "postgres" }, [because])];
  if (node.type !== "object_creation_expression") return undefined;
  const type = lastName(node.children.find((one) => one.type === "name" || one.type === "qualified_name")?.text ?? "");
  const [first] = argumentsOf(node).items;
  if (type === "mysqli") return [outcome({ kind: "database", engine: "mysql" }, [because])];
  if (type === "SQLite3") return sqlite(evaluate(first, scope), scope, because);
  return type === "PDO" && first !== undefined ? addressRows(evaluate(first, scope), scope, because) : undefined;
}

/** Where the address of a database leads. */
export function addressRows(address: Value, scope: Scope, because: Evidence): readonly Outcome[] {
  return cases(address).flatMap(({ when, value }) => under(when, ofAddress(value, scope, because)));
}

function ofAddress(value: Value, scope: Scope, because: Evidence): readonly Outcome[] {
  if (value.kind === "variable") {
    const standard = isNothing(value.ifUnset) ? undefined : ofAddress(value.ifUnset, scope, because);
    const engine = standard?.[0]?.destination.kind === "database" ? standard[0].destination.engine : "sql";
    const given = outcome({ kind: "database", engine }, [because], present(value.name));
    return closed([given, ...(standard ?? [])], outcome({ kind: "fails" }, [because]));
  }
  const text = textOf(value) ?? knownStart(value);
  if (/^(pdo-)?sqlite/.test(text)) return sqlite(withoutScheme(value), scope, because);
  const engine = schemes.find(([pattern]) => pattern.test(text))?.[1] ?? (text.startsWith("${") ? "sql" : undefined);
  return [outcome(engine === undefined ? { kind: "unknown", what: "which database is opened" } : { kind: "database", engine }, [because])];
}

function isNothing(value: Value): boolean {
  return value.kind === "known" && (value.value === null || value.value === "");
}

function withoutScheme(value: Value): Value {
  // An address of the app's own folder has a slash before it.
  const strip = (text: string): string => text.replace(/^[\w-]+:(\/\/)?/, "").replace(/^\/\.\//, "./");
  if (value.kind === "known") return known(strip(String(value.value)));
  if (value.kind !== "text") return value;
  const [first, ...rest] = value.parts;
  return first?.kind === "known" ? { kind: "text", parts: [known(strip(String(first.value))), ...rest] } : value;
}

function sqlite(path: Value, scope: Scope, because: Evidence): readonly Outcome[] {
  const why = "the database is a SQLite file on the instance's own disk";
  const start = textOf(path) ?? knownStart(path);
  if (start === ":memory:") return [outcome({ kind: "passing" }, [because])];
  const isRelative =
    !start.startsWith("/") && !start.startsWith("${") && !start.startsWith("./") && start !== "" && !start.startsWith(`${scope.folder}/`);
  const prefix = isRelative && scope.folder !== "." ? `${scope.folder}/` : "";
  return diskRows(path, [{ ...because, why }], (text) => plainPath(`${prefix}${text}`));
}
