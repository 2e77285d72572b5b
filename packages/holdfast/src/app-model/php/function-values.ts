import {
  entryOf,
  equal,
  filled,
  joined,
  known,
  nothing,
  oneOf,
  tested,
  textOf,
  truth,
  unknownValue,
  variable,
  type Truths,
  type Value,
} from "../abstract-value.js";
import { any, not } from "../conditions.js";
import { lastName, type Call } from "./php-syntax.js";

/** What a call may ask of the app around it. */
interface Around {
  config(name: string): Value | undefined;
  folderOf(name: string): Value | undefined;
}

/** Functions that give a text back as it came, for our purposes. */
const unchanged = new Set(
  "trim rtrim ltrim strval realpath strtolower str_replace collect value tap with e optional resolve_path".split(" "),
);

/** Laravel's functions for folders, and the folder each starts from. */
const folderFunctions: Readonly<Record<string, string>> = {
  storage_path: "storage",
  public_path: "public",
  base_path: "base",
  app_path: "app",
  database_path: "database",
  resource_path: "resources",
  config_path: "config",
  lang_path: "lang",
};

/** The value of a function that is known: PHP's own and Laravel's. Undefined for any other. */
export function functionValue(name: string, values: readonly Value[], truths: Truths, around: Around): Value | undefined {
  const [first, second] = values;
  const folder = folderFunctions[name];
  if (folder !== undefined) {
    const base = around.folderOf(folder) ?? known(folder === "base" ? "." : folder);
    return first === undefined || isNothing(first) ? base : joined(base, known("/"), first);
  }
  switch (name) {
    case "env":
    case "getenv":
    case "getenv_docker": {
      const variableName = first === undefined ? undefined : textOf(first);
      return variableName === undefined ? undefined : variable(variableName, name === "getenv" ? nothing : (second ?? nothing));
    }
    case "config": {
      const key = first === undefined ? undefined : textOf(first);
      return key === undefined ? { kind: "made", type: "config", items: [], named: new Map() } : (around.config(key) ?? second ?? nothing);
    }
    case "app":
      return { kind: "made", type: "app", items: [], named: new Map() };
    case "empty":
    case "blank":
      return first === undefined ? undefined : tested(not(truth(first, truths)));
    case "filled":
      return first === undefined ? undefined : tested(filled(first));
    case "is_null":
      return first === undefined ? undefined : tested(equal(first, nothing));
    case "isset":
      return first === undefined ? undefined : tested(filled(first));
    case "boolval":
    case "filter_var":
      return first === undefined ? undefined : tested(truth(first, truths));
    case "in_array": {
      const items = second?.kind === "list" ? second.items : [];
      return first === undefined || items.length === 0 ? undefined : tested(any(...items.map((one) => equal(first, one))));
    }
    case "dirname":
      return first === undefined ? undefined : parentOf(first, second);
    case "sys_get_temp_dir":
      return known("/tmp");
    case "sprintf":
      return first === undefined ? undefined : known((textOf(first) ?? "").split("%")[0] ?? "");
    default:
      return unchanged.has(name) ? (name === "str_replace" ? values[2] : first) : undefined;
  }
}

/** The value of a method that is known: Laravel's facades and containers. Undefined for any other. */
export function methodValue(
  call: Call,
  on: Value | undefined,
  values: readonly Value[],
  truths: Truths,
  around: Around,
): Value | undefined {
  const { name } = call;
  const owner = call.isStatic ? lastName(call.on?.text ?? "") : undefined;
  const [first, second] = values;
  if (owner === "Storage" || (on?.kind === "made" && on.type === "storages")) {
    if (name === "disk" || name === "drive")
      return storage(first === undefined || isNothing(first) ? around.config("filesystems.default") : first);
    if (name === "cloud") return storage(around.config("filesystems.cloud") ?? known("s3"));
    return undefined;
  }
  if (owner === "Config" || (on?.kind === "made" && on.type === "config")) {
    const key = first === undefined ? undefined : textOf(first);
    if (key === undefined || !/^(get|string|boolean|array|integer)$/.test(name)) return undefined;
    return around.config(key) ?? second ?? nothing;
  }
  if (name === "getParameter" && first !== undefined) return around.config(`parameters.${textOf(first) ?? ""}`);
  if (owner === "Env" && name === "get") return functionValue("env", values, truths, around);
  const isApp = owner === "App" || (on?.kind === "made" && on.type === "app") || call.on?.text.endsWith("->app") === true;
  if (isApp) return ofApp(name, values, around);
  if (on?.kind === "table" && name === "get" && first !== undefined) return entryOf(on, textOf(first) ?? "")?.value ?? second ?? nothing;
  if (/^(toString|value|__toString|finish|rtrim|trim|append)$/.test(name) && on !== undefined && on.kind !== "unknown") return on;
  return undefined;
}

/** Make the value of one of Laravel's disks, opened by name. */
export function storage(name: Value | undefined): Value {
  return { kind: "made", type: "Storage", items: [name ?? unknownValue("the standard disk")], named: new Map() };
}

function ofApp(name: string, values: readonly Value[], around: Around): Value | undefined {
  const environment = around.config("app.env") ?? known("production");
  const names = values.flatMap((one) => (one.kind === "list" ? one.items : [one])).flatMap((one) => textOf(one) ?? []);
  switch (name) {
    case "environment":
      return names.length === 0 ? environment : tested(oneOf(environment, names));
    case "isProduction":
      return tested(oneOf(environment, ["production"]));
    case "isLocal":
      return tested(oneOf(environment, ["local"]));
    case "runningUnitTests":
      return known(false);
    case "basePath":
    case "storagePath":
    case "publicPath":
    case "databasePath":
      return functionValue(`${name.slice(0, -4)}_path`, values, { known: () => true, variable: () => ({ kind: "always" }) }, around);
    default:
      return undefined;
  }
}

function parentOf(value: Value, levels: Value | undefined): Value | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const up = levels?.kind === "known" && typeof levels.value === "number" ? levels.value : 1;
  return known(`${text}${"/..".repeat(up)}`);
}

function isNothing(value: Value): boolean {
  return value.kind === "known" && (value.value === null || value.value === "");
}
