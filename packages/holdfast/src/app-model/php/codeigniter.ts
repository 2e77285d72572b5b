import { known, textOf, type Value } from "../abstract-value.js";
import type { DatabaseUse, Outcome } from "../model.js";
import { closed, diskRows, outcome, plainPath } from "../outcomes.js";
import { child, descend, type Syntax } from "../syntax.js";
import { evaluate, type Scope } from "./evaluate.js";
import { classAround, functionAround, type Call } from "./php-syntax.js";
import type { PhpProject } from "./project.js";

/** Libraries that read a table for what is in it. */
const parses = /PHPExcel|IOFactory|SimpleXLSX|Spreadsheet_Excel_Reader|fgetcsv|csvimport|csvreader|simplexml_load/i;

/**
 * `$this->upload->do_upload("photo")` of CodeIgniter 3: its upload library keeps the file in the folder that it was last told, by
 * `upload_path`. A relative one counts from where `index.php` is.
 */
export function uploadLibraryRows(project: PhpProject, call: Call, scope: Scope): readonly Outcome[] | undefined {
  if (!/^do_(multi_)?upload$/.test(call.name) || call.on === undefined || !/(^|>)\w*upload\w*$/i.test(call.on.text)) return undefined;
  const at = { file: scope.file, line: call.node.line };
  const body = functionAround(call.node)?.text ?? "";
  if (parses.test(body) && (/unlink\s*\(|delete_files\s*\(/.test(body) || !/file_name/.test(body)))
    return [outcome({ kind: "passing" }, [{ ...at, why: "the file is only read for what is in it" }])];
  const told = folderFor(project, call.node, scope);
  const because = [
    { ...at, why: "CodeIgniter's upload library keeps the file in a folder of the instance's own disk" },
    ...(told === undefined ? [] : [{ file: told.file, line: told.line, why: "the folder is named here" }]),
  ];
  if (told === undefined) return [outcome({ kind: "disk", path: undefined }, because)];
  return diskRows(told.value, because, (text) => plainPath(text));
}

interface Told {
  readonly value: Value;
  readonly file: string;
  readonly line: number;
}

/** What `upload_path` is: in the function before the call, else in its class, else in the configuration of the library. */
function folderFor(project: PhpProject, node: Syntax, scope: Scope): Told | undefined {
  const owner = functionAround(node);
  const before = owner === undefined ? undefined : settingIn(owner, "upload_path", (line) => line <= node.line);
  const around = classAround(node);
  const found = before ?? (around === undefined ? undefined : settingIn(around, "upload_path", () => true));
  if (found !== undefined) return { value: evaluate(found, scope), file: scope.file, line: found.line };
  const file = project.path("application/config/upload.php");
  const root = project.tree.has(file) ? project.parse(file) : undefined;
  const set = root === undefined ? undefined : settingIn(root, "upload_path", () => true);
  return set === undefined ? undefined : { value: evaluate(set, project.scope(file)), file, line: set.line };
}

/** The last value of a key in a table: `$config["upload_path"] = …` or `"upload_path" => …`. */
function settingIn(root: Syntax, key: string, counts: (line: number) => boolean): Syntax | undefined {
  let found: Syntax | undefined;
  for (const node of descend(root)) {
    if (!counts(node.line)) continue;
    if (node.type === "assignment_expression" && keyOf(child(node, "left")) === key) found = child(node, "right");
    else if (node.type === "array_element_initializer" && node.children.length === 2 && quoted(node.children[0]) === key)
      found = node.children[1];
  }
  return found;
}

/** The key of `$config["a"]`. */
function keyOf(node: Syntax | undefined): string | undefined {
  return node?.type === "subscript_expression" ? quoted(node.children[1]) : undefined;
}

function quoted(node: Syntax | undefined): string | undefined {
  return node === undefined ? undefined : /^["']([^"']*)["']$/.exec(node.text)?.[1];
}

const drivers: readonly (readonly [RegExp, string])[] = [
  [/^mysqli?$/, "mysql"],
  [/^postgres?q?l?e?$|^postgre$/, "postgres"],
  [/^(sqlsrv|mssql|odbc)$/, "sqlserver"],
  [/^(oci8|ibase|cubrid)$/, "a database service"],
];

/** The database of CodeIgniter's configuration: `application/config/database.php`, or `app/Config/Database.php` of version 4. */
export function codeIgniterDatabases(project: PhpProject): readonly DatabaseUse[] {
  for (const [name, driverKey, fileKey] of [
    ["application/config/database.php", "dbdriver", "database"],
    ["app/Config/Database.php", "DBDriver", "database"],
  ] as const) {
    const file = project.path(name);
    const root = project.tree.has(file) ? project.parse(file) : undefined;
    // Version 4 lists the database of its tests after the app's own.
    const driver = root === undefined ? undefined : firstSetting(root, driverKey);
    if (root === undefined || driver === undefined) continue;
    const scope = project.scope(file);
    const at = { file, line: driver.line };
    const said = (textOf(evaluate(driver, scope)) ?? "").toLowerCase();
    const dsn = firstSetting(root, "dsn") ?? firstSetting(root, "hostname");
    const address = dsn === undefined ? "" : (textOf(evaluate(dsn, scope)) ?? "");
    const isFile = /^sqlite3?$/.test(said) || (said === "pdo" && address.startsWith("sqlite"));
    const engine = drivers.find(([pattern]) => pattern.test(said))?.[1] ?? (said === "pdo" ? address.split(":")[0] || "sql" : undefined);
    const because = [
      { ...at, why: isFile ? "the database is a SQLite file on the instance's own disk" : "the database's driver is chosen here" },
    ];
    const path = firstSetting(root, fileKey);
    const rows: readonly Outcome[] = isFile
      ? diskRows(
          said === "pdo" ? known(address.replace(/^sqlite:/, "")) : path === undefined ? known("") : evaluate(path, scope),
          because,
          plainPath,
        )
      : [outcome(engine === undefined ? { kind: "unknown", what: "which database is opened" } : { kind: "database", engine }, because)];
    return [{ label: "default", at, outcomes: closed(rows, outcome({ kind: "passing" }, because)) }];
  }
  return [];
}

function firstSetting(root: Syntax, key: string): Syntax | undefined {
  for (const node of descend(root)) {
    if (node.type === "assignment_expression" && keyOf(child(node, "left")) === key) return child(node, "right");
    if (node.type === "array_element_initializer" && node.children.length === 2 && quoted(node.children[0]) === key)
      return node.children[1];
  }
  return undefined;
}

/** Whether an app is CodeIgniter's, of version 3, which is copied into a repository rather than installed. */
export function isCodeIgniter(project: PhpProject): boolean {
  return (
    project.tree.has(project.path("system/core/CodeIgniter.php")) ||
    (project.tree.has(project.path("application/config/config.php")) && project.tree.has(project.path("application/config/routes.php")))
  );
}
