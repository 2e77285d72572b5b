import { cases, entryOf, knownStart, nothing, textOf, type Value } from "../abstract-value.js";
import { all, isNever, not, possible, present, set } from "../conditions.js";
import type { DatabaseUse, Destination, Evidence, Outcome, Place } from "../model.js";
import { closed, outcome, plainPath, under } from "../outcomes.js";
import { casesOf } from "./bindings.js";
import type { Call, Machine } from "./frames.js";
import type { Settings } from "./settings.js";

/** Read Django's DATABASES. */
export function djangoDatabases(settings: Settings): readonly DatabaseUse[] {
  const byAlias = new Map<string, { at: Place; rows: Outcome[] }>();
  for (const row of settings.casesOf("DATABASES")) {
    if (row.value === undefined || row.place === undefined) continue;
    for (const way of cases(row.value)) {
      if (way.value.kind !== "table") {
        take(
          byAlias,
          "default",
          row.place,
          under(all(row.when, way.when), [
            outcome({ kind: "unknown", what: way.value.kind === "unknown" ? way.value.what : "DATABASES" }, [
              { ...at(row.place), why: "the databases are chosen here" },
            ]),
          ]),
        );
        continue;
      }
      for (const [alias, entry] of way.value.entries) {
        if (/^(test|replica|readonly|read_replica)/.test(alias)) continue;
        take(byAlias, alias, entry, under(all(row.when, way.when), djangoRows(entry.value, entry)));
      }
    }
  }
  return [...byAlias].map(([label, { at: place, rows }]) => ({
    label,
    at: at(place),
    outcomes: closed(rows, outcome({ kind: "fails" }, [{ ...at(place), why: "without a database the app does not start" }])),
  }));
}

function take(byAlias: Map<string, { at: Place; rows: Outcome[] }>, alias: string, place: Place, rows: readonly Outcome[]): void {
  const kept = byAlias.get(alias) ?? { at: place, rows: [] };
  kept.rows.push(...rows);
  byAlias.set(alias, kept);
}

function at(place: Place): Place {
  return { file: place.file, line: place.line };
}

function djangoRows(value: Value, place: Place): readonly Outcome[] {
  return cases(value).flatMap((way) => {
    const because = { ...at(place), why: "the database is chosen here" };
    if (way.value.kind === "made" && way.value.type === "database")
      return under(way.when, addressRows(way.value.items[0] ?? nothing, because));
    if (way.value.kind !== "table") return under(way.when, [outcome({ kind: "unknown", what: "a database's settings" }, [because])]);
    const engine = entryOf(way.value, "ENGINE");
    if (engine === undefined)
      return under(way.when, [outcome({ kind: "fails" }, [{ ...because, why: "without a database's address the app does not start" }])]);
    const name = entryOf(way.value, "NAME")?.value ?? nothing;
    const line = { file: engine.file, line: engine.line };
    return cases(engine.value).flatMap((one) => under(all(way.when, one.when), engineRows(one.value, name, line)));
  });
}

function engineRows(engine: Value, name: Value, place: Place): readonly Outcome[] {
  const text = engine.kind === "variable" ? textOf(engine.ifUnset) : textOf(engine);
  if (engine.kind === "variable" && text !== undefined && /sqlite/.test(text)) {
    return [
      outcome(
        { kind: "database", engine: "postgres" },
        [{ ...place, why: `${engine.name} names another engine` }],
        all(set(engine.name), not({ kind: "equals", name: engine.name, values: [text] })),
      ),
      ...fileRows(name, { ...place, why: "otherwise the database is a SQLite file" }),
    ];
  }
  if (engine.kind === "variable" && (text === undefined || text === "")) {
    const isFile = { kind: "equals", name: engine.name, values: ["django.db.backends.sqlite3"] } as const;
    return [
      ...under(isFile, fileRows(name, { ...place, why: `${engine.name} may name SQLite, a file on the instance's own disk` })),
      outcome({ kind: "database", engine: "postgres" }, [{ ...place, why: `the engine is what ${engine.name} says` }]),
    ];
  }
  if (text === undefined)
    return [outcome({ kind: "unknown", what: "a database's engine" }, [{ ...place, why: "the engine is not known" }])];
  if (/sqlite|spatialite/.test(text)) return fileRows(name, { ...place, why: "the database is a SQLite file on the instance's own disk" });
  return [outcome({ kind: "database", engine: engineOf(text) }, [{ ...place, why: `the database is a server (${engineOf(text)})` }])];
}

function fileRows(path: Value, because: Evidence): readonly Outcome[] {
  return cases(path).map((one) => {
    const text = textOf(one.value) ?? knownStart(one.value);
    if (text === ":memory:") return outcome({ kind: "passing" }, [because], one.when);
    return outcome({ kind: "disk", path: text === "" ? undefined : plainPath(text) }, [because], one.when);
  });
}

function engineOf(text: string): string {
  return /mysql|mariadb/.test(text)
    ? "mysql"
    : /mongo|djongo/.test(text)
      ? "mongodb"
      : /mssql|sql_server/.test(text)
        ? "sqlserver"
        : /oracle/.test(text)
          ? "oracle"
          : "postgres";
}

/** Where the address of a database leads; `folder` is where a relative SQLite file lies. */
export function addressRows(address: Value, because: Evidence, folder = ""): readonly Outcome[] {
  return cases(address).flatMap((way): readonly Outcome[] => {
    const { value } = way;
    if (value.kind === "variable") {
      const otherwise =
        value.ifUnset.kind === "known" && value.ifUnset.value === null
          ? [outcome({ kind: "fails" }, [{ ...because, why: `without ${value.name} the app does not start` }])]
          : addressRows(value.ifUnset, because, folder);
      const isLost = otherwise.some((row) => row.destination.kind === "disk");
      if (otherwise.length === 1 && otherwise[0]?.destination.kind === "fails")
        return under(way.when, [
          outcome({ kind: "database", engine: "postgres", address: value.name }, [
            { ...because, why: `the database is the server at ${value.name}` },
          ]),
        ]);
      return under(way.when, [
        outcome(
          { kind: "database", engine: "postgres", address: value.name },
          [{ ...because, why: `the database is the server at ${value.name}` }],
          isLost ? set(value.name) : present(value.name),
        ),
        ...otherwise,
      ]);
    }
    const text = value.kind === "text" && textOf(value) === undefined ? knownStart(value) : textOf(value);
    if (value.kind === "known" && (value.value === null || value.value === "")) {
      return under(way.when, [outcome({ kind: "fails" }, [{ ...because, why: "without a database's address the app does not start" }])]);
    }
    if (text === undefined || text === "")
      return under(way.when, [
        outcome({ kind: "unknown", what: value.kind === "unknown" ? value.what : "a database's address" }, [because]),
      ]);
    return under(way.when, [outcome(destinationOf(text, folder), [because])]);
  });
}

function destinationOf(text: string, folder: string): Destination {
  const file = /^(?:sqlite|spatialite)(?:\+[\w+]+)?:\/{0,3}(.*)$/s.exec(text)?.[1];
  if (file === undefined)
    return /^[\w+]+:\/\//.test(text) || text.startsWith("${")
      ? { kind: "database", engine: engineOf(text) }
      : { kind: "unknown", what: "a database's address" };
  const path = file.replace(/\?.*$/, "");
  if (path === "" || path.startsWith(":memory:")) return { kind: "passing" };
  const isRelative = !path.startsWith("/") && !path.startsWith("${") && !path.startsWith(".");
  return { kind: "disk", path: plainPath(isRelative && folder !== "" && /^[\w.-]+$/.test(path) ? `${folder}/${path}` : path) };
}

const servers: readonly (readonly [pattern: RegExp, engine: string])[] = [
  [/(^|\.)(MongoClient|AsyncIOMotorClient|PyMongo|AsyncMongoClient)$|^mongoengine\.connect$/, "mongodb"],
  [/^(psycopg2?|asyncpg|psycopg_pool|psycopg2\.pool)\..*(connect|create_pool|Pool|ConnectionPool)$/, "postgres"],
  [/^(pymysql|MySQLdb|mysql\.connector|aiomysql)\..*(connect|create_pool|Pool)$/, "mysql"],
  [/(^|\.)firestore\.(client|Client)$|(^|\.)firestore_v1\.Client$/, "firestore"],
  [/^pymssql\.connect$|^pyodbc\.connect$/, "sqlserver"],
  [/^supabase\..*(create_client|acreate_client|create_async_client)$/, "supabase"],
];

/** What a client that is asked for by a service's name opens: `boto3.resource("dynamodb")`, `session.client("dynamodb")`. */
function serverAsked(name: string, first: Value | undefined): string | undefined {
  if (!/(^|\.)(resource|client)$/.test(name) || first === undefined) return undefined;
  return textOf(first) === "dynamodb" ? "dynamodb" : undefined;
}

/** What a call opens, where it is a database. */
export function openedBy(call: Call): { readonly label: string; readonly rows: readonly Outcome[] } | undefined {
  const { name, items, named, file, line } = call;
  if (name === undefined) return undefined;
  const because = { file, line, why: "the database is opened here" };
  const first = items[0] ?? named.get("url") ?? named.get("database") ?? named.get("bind") ?? named.get("db_url") ?? named.get("path");
  if (
    /(^|\.)(sqlite3|aiosqlite|sqlite3\.dbapi2)\.connect$|(^|\.)(SqliteDatabase|SqliteExtDatabase|APSWDatabase|TinyDB)$|^shelve\.open$|^duckdb\.connect$/.test(
      name,
    )
  ) {
    if (first === undefined) return undefined;
    return {
      label: name.split(".").at(-1) === "TinyDB" ? "JSON file" : "SQLite",
      rows: fileRows(first, { ...because, why: "the database is a file on the instance's own disk" }),
    };
  }
  if (
    /(^|\.)(create_engine|create_async_engine|engine_from_config)$|^databases\.Database$|(^|\.)register_tortoise$|(^|\.)Tortoise\.init$|^cs50\.SQL$|^playhouse\.db_url\.connect$|^dataset\.connect$/.test(
      name,
    )
  ) {
    return first === undefined ? undefined : { label: "default", rows: addressRows(first, because) };
  }
  const written = jsonFile(call);
  if (written !== undefined)
    return {
      label: "JSON file",
      rows: fileRows(written, { file, line, why: "the app's data is written to a file on the instance's own disk" }),
    };
  const server = servers.find(([pattern]) => pattern.test(name))?.[1] ?? serverAsked(name, items[0]);
  return server === undefined
    ? undefined
    : {
        label: "default",
        rows: [outcome({ kind: "database", engine: server }, [{ ...because, why: `the database is a server (${server})` }])],
      };
}

/** Caches, notes and what is handed out are not the app's data. */
const notData = /cache|tmp|temp|log|token|credential|report|export|backup|result|output|dump|config/i;

/** The file of JSON that a call writes, where it looks like data of the app's own. */
function jsonFile(call: Call): Value | undefined {
  const target = call.name === "json.dump" ? (call.items[1] ?? call.named.get("fp")) : undefined;
  if (target?.kind !== "made" || target.type !== "opened") return undefined;
  const [path, mode] = target.items;
  if (path === undefined || !/[wa+]/.test(textOf(mode ?? nothing) ?? "")) return undefined;
  const text = textOf(path);
  return text === undefined || !text.endsWith(".json") || text.startsWith("/tmp") || notData.test(text) ? undefined : path;
}

/** Databases of an app that is not Django: what its live code opens, and Flask's own settings. */
export function plainDatabases(
  machine: Machine,
  opened: readonly { readonly call: Call; readonly label: string; readonly rows: readonly Outcome[] }[],
): readonly DatabaseUse[] {
  const uses: DatabaseUse[] = [];
  const configured =
    configRows(machine, "SQLALCHEMY_DATABASE_URI") ?? configRows(machine, "MONGO_URI") ?? configRows(machine, "MONGODB_SETTINGS");
  if (configured !== undefined) uses.push(configured);
  const byPlace = new Map<string, { at: Place; label: string; rows: Outcome[] }>();
  // Beside a database, files of JSON are settings and the like.
  const hasOther = uses.length > 0 || opened.some((one) => one.label !== "JSON file");
  for (const { call, label, rows } of opened) {
    if (hasOther && label === "JSON file" && call.name === "json.dump") continue;
    const reached = under(possible(call.when), rows);
    // One function that opens a server or a file is one database.
    const around = `${call.file}:${functionAround(call)}`;
    const kept = byPlace.get(around) ?? { at: { file: call.file, line: call.line }, label, rows: [] };
    kept.rows.push(...reached);
    byPlace.set(around, kept);
  }
  const seen = new Set<string>();
  // What a helper opens that nobody was seen to call is another name for what is opened elsewhere.
  const isTold = (rows: readonly Outcome[]): boolean =>
    !rows.every((row) => row.destination.kind === "unknown" || (row.destination.kind === "disk" && row.destination.path === undefined));
  const told = [...byPlace.values()].filter(({ rows }) => isTold(rows));
  for (const { at: place, label, rows } of told.length > 0 || uses.length > 0 ? told : byPlace.values()) {
    const outcomes = closed(
      rows.filter((row) => !isNever(row.when)),
      outcome({ kind: "fails" }, [{ ...place, why: "otherwise nothing is opened" }]),
    );
    const key = JSON.stringify(outcomes.map((row) => [row.when, row.destination]));
    if (seen.has(key) || outcomes.every((row) => row.destination.kind === "passing")) continue;
    seen.add(key);
    uses.push({ label, at: place, outcomes });
  }
  return uses;
}

function functionAround(call: Call): number {
  for (let one = call.node.parent; one !== undefined; one = one.parent) if (one.type === "function_definition") return one.line;
  return 0;
}

function configRows(machine: Machine, name: string): DatabaseUse | undefined {
  const binding = machine.config.get(name);
  if (binding === undefined) return undefined;
  const found = casesOf(binding);
  const place = found.find((one) => one.place !== undefined)?.place;
  if (place === undefined) return undefined;
  const rows = found.flatMap((one) =>
    one.value === undefined || one.place === undefined
      ? []
      : under(
          possible(one.when),
          name === "SQLALCHEMY_DATABASE_URI"
            ? addressRows(one.value, { ...at(one.place), why: "the database's address" }, "instance")
            : [outcome({ kind: "database", engine: "mongodb" }, [{ ...at(one.place), why: "the database is a server (mongodb)" }])],
        ),
  );
  return {
    label: "default",
    at: at(place),
    outcomes: closed(rows, outcome({ kind: "fails" }, [{ ...at(place), why: "without an address the app does not start" }])),
  };
}
