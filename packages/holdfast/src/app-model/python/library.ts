import { either, joined, known, nothing, textOf, unknownValue, variable, type Value } from "../abstract-value.js";
import { all, any, not, present, set } from "../conditions.js";
import type { Syntax } from "../syntax.js";
import { bind } from "./bindings.js";
import { mayRaise, type Frame, type Machine } from "./frames.js";
import { answer, configure, setVariable } from "./statements.js";
import { among, bounded, external, itemsOf, joinPath, made, madeAs, parentOf, switchOf, truthOf } from "./values.js";

/** The value of a name of a library: most stand for themselves. */
export function libraryName(machine: Machine, name: string): Value {
  const setting = /^django\.conf\.settings\.(\w+)$/.exec(name)?.[1];
  if (setting !== undefined) return machine.setting(setting) ?? external(name);
  switch (name) {
    case "os.name":
      return known("posix");
    case "os.sep":
      return known("/");
    case "sys.platform":
      return known("linux");
    case "sys.argv":
      return { kind: "list", items: [known("gunicorn"), known("the app")] };
    case "flask.request.files":
    case "quart.request.files":
      return made("uploads");
    case "flask.current_app.config":
    case "quart.current_app.config":
      return made("config");
    case "typing.TYPE_CHECKING":
      return known(false);
    default:
      return external(name);
  }
}

/** Switches and texts of the environment by the name of what reads them. */
const readers =
  /^(?:decouple\.(?:config|auto_config)|(?:instance:)?(?:decouple\.(?:AutoConfig|Config)|environ\.(?:Env|FileAwareEnv)|environs\.Env|starlette\.config\.Config)(?:\.(?:__call__|str|bool|list|int|get_value|path|url|tuple|json|float|dict|log_level|unicode))?)$/;
const databases = /^(?:environ\.(?:Env|FileAwareEnv)\.(?:db|db_url)|environs\.Env\.dj_db_url)$/;

/** What a call of a library's function comes to, where it matters to where files and data are kept. */
export function libraryCall(
  machine: Machine,
  name: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
): Value {
  const [first = nothing, second] = items;
  const path = pathCall(machine, name, items, node);
  if (path !== undefined) return path;
  if (name === "environ.Env" || name === "environ.FileAwareEnv") return made(`instance:${name}`, items, named);
  if (readers.test(name)) return readerCall(machine, name, items, named, frame);
  switch (name) {
    case "os.environ.get":
    case "os.getenv":
    case "os.environ.pop":
      return fromEnvironment(machine, first, second ?? named.get("default"));
    case "os.environ.setdefault": {
      const key = textOf(first);
      if (key !== undefined && second !== undefined)
        setVariable(machine, key, withDefault(machine.environment.get(key) ?? variable(key), key, second), frame);
      return nothing;
    }
    case "dj_database_url.config": {
      const variableName =
        textOf(
          named.get("env") ??
            (typeof (first.kind === "known" ? first.value : undefined) === "string" && !String(textOf(first)).includes("://")
              ? first
              : known("DATABASE_URL")),
        ) ?? "DATABASE_URL";
      return databaseOf(variableName, named.get("default") ?? (String(textOf(first) ?? "").includes("://") ? first : undefined));
    }
    case "dj_database_url.parse":
      return made("database", [first]);
    case "builtins.getattr":
    case "builtins.hasattr": {
      const found = machine.attribute(first, textOf(second ?? nothing) ?? "", frame);
      const isLibrarys = found !== undefined && madeAs(found, "external:") !== undefined;
      if (name === "builtins.hasattr") return isLibrarys ? known(false) : found === undefined ? unknownValue(node.text) : known(true);
      return (isLibrarys ? undefined : found) ?? items[2] ?? unknownValue(node.text);
    }
    case "builtins.isinstance":
      return isOfType(first, madeAs(second ?? nothing, "external:")) ?? unknownValue(node.text);
    case "builtins.bool":
      return answer(truthOf(first));
    case "builtins.str":
    case "os.fspath":
    case "django.utils.encoding.force_str":
    case "django.utils.translation.gettext_lazy":
    case "django.utils.translation.gettext":
    case "builtins.list":
    case "builtins.tuple":
    case "builtins.set":
    case "builtins.sorted":
    case "builtins.reversed":
      return first;
    case "builtins.int":
      return first.kind === "variable"
        ? either(any(among(first, [known("0")]), not(truthOf(first))), known(0), first)
        : first.kind === "known"
          ? known(Number(first.value))
          : first;
    case "builtins.dict":
      return {
        kind: "table",
        entries: new Map([
          ...(first.kind === "table" ? first.entries : []),
          ...[...named].map(([key, value]) => [key, { value, file: frame.module.file, line: node.line }] as const),
        ]),
      };
    case "builtins.len": {
      const list = itemsOf(first);
      return list === undefined || first.kind === "either"
        ? first.kind === "variable"
          ? first
          : unknownValue(node.text)
        : known(list.length);
    }
    case "builtins.all":
    case "builtins.any": {
      const tests = itemsOf(first)?.map(truthOf);
      if (tests === undefined || first.kind !== "list") return unknownValue(node.text);
      return answer(bounded(name === "builtins.all" ? all(...tests) : any(...tests)));
    }
    case "builtins.locals":
    case "builtins.globals":
    case "builtins.vars":
      return made("names");
    case "builtins.open":
    case "io.open":
    case "codecs.open":
    case "aiofiles.open":
    case "anyio.open_file":
      return made("opened", [first, second ?? named.get("mode") ?? known("r")]);
    case "django_heroku.settings":
    case "django_on_heroku.settings":
      return heroku(frame, node);
    case "split_settings.tools.include":
      return include(machine, items, frame);
    case "split_settings.tools.optional":
      return first;
    case "importlib.import_module": {
      const file = machine.project.moduleFile(textOf(first) ?? "", frame.module.file);
      return file === undefined ? external(textOf(first) ?? "importlib.import_module") : made(`module:${file}`);
    }
    case "importlib.util.find_spec":
      return known(
        machine.project.isInstalled(textOf(first) ?? "") ||
          machine.project.moduleFile(textOf(first) ?? "", frame.module.file) !== undefined,
      );
    case "re.sub":
      // Addresses are tidied up; what they begin with stays.
      return items[2] ?? unknownValue(node.text);
    case "platform.system":
      return known("Linux");
    case "sys.exit":
    case "os.abort":
      frame.module.failures.push({ file: frame.module.file, line: node.line, when: frame.path, what: "an exit" });
      frame.path = not({ kind: "always" });
      return nothing;
    case "flask.current_app.config.get":
      return nothing;
    default:
      break;
  }
  if (/(^|[._])(strtobool|str2bool|str_to_bool|asbool)$/.test(name)) return switchOf(first);
  if (/^(flask|quart)\.request\.files\.\w+$/.test(name)) return made("upload", [first]);
  if (name.endsWith(".config.from_object") && items[0] !== undefined) configureFrom(machine, items[0], frame, node);
  if (/(^|\.)(NamedTemporaryFile|TemporaryFile|SpooledTemporaryFile)$/.test(name)) return made("opened", [known("/tmp/file"), known("w")]);
  if (/(^|\.)mkstemp$/.test(name)) return { kind: "list", items: [known(3), known("/tmp/file")] };
  if (/(^|\.)(TemporaryDirectory|mkdtemp|gettempdir)$/.test(name)) return known("/tmp");
  const upload = [...items, ...named.values()].find((one) => one.kind === "made" && one.type === "upload");
  if (
    upload !== undefined &&
    /(Image|ImageOps|BytesIO|ContentFile|File|Uploaded|b64decode|imdecode|frombuffer|fromarray|bytes|copy|resize|thumbnail|compress|optimi[sz]e|iter)/.test(
      name,
    )
  )
    return upload;
  if (name === "base64.b64decode" || name === "base64.decodebytes" || name === "base64.urlsafe_b64decode")
    return made("upload", [known("base64")]);
  return made(`instance:${name}`, items, named);
}

/** `setdefault`: what stands in for a variable where nothing else does. */
function withDefault(value: Value, name: string, standard: Value): Value {
  if (value.kind === "either")
    return { ...value, chosen: withDefault(value.chosen, name, standard), otherwise: withDefault(value.otherwise, name, standard) };
  const isOpen = value.kind === "variable" && value.name === name && value.ifUnset.kind === "known" && value.ifUnset.value === null;
  return isOpen ? variable(name, standard) : value;
}

function isOfType(value: Value, type: string | undefined): Value | undefined {
  if (value.kind === "known" || value.kind === "text" || value.kind === "variable") {
    return type === "builtins.str" ? known(value.kind !== "known" || typeof value.value === "string") : undefined;
  }
  const isOther =
    value.kind === "list" ? type !== "builtins.list" : value.kind === "table" ? type !== "builtins.dict" : value.kind === "made";
  return type?.startsWith("builtins.") === true && isOther ? known(false) : undefined;
}

function pathCall(machine: Machine, name: string, items: readonly Value[], node: Syntax): Value | undefined {
  const [first = nothing] = items;
  switch (name) {
    case "os.path.join":
    case "pathlib.Path":
    case "pathlib.PurePath":
    case "pathlib.PosixPath":
    case "django.utils._os.safe_join":
    case "werkzeug.utils.safe_join":
      return joinPath(items.length === 0 ? [known(".")] : items);
    case "environ.Path":
      return first;
    case "os.path.dirname":
      return parentOf(first);
    case "os.path.abspath":
    case "os.path.realpath":
    case "os.path.normpath":
    case "os.path.expanduser":
    case "os.path.expandvars":
      return first.kind === "known" ? joinPath([first]) : first;
    case "os.getcwd":
    case "pathlib.Path.cwd":
      return known(".");
    case "os.path.exists":
    case "os.path.isdir":
    case "os.path.isfile":
    case "os.path.ismount":
    case "os.access":
      return existing(machine, first, node.text);
    default:
      return undefined;
  }
}

/** Whether a path is there where the app runs: what is committed is, what is elsewhere may be a disk. */
export function existing(machine: Machine, path: Value, text: string): Value {
  const one = path.kind === "either" ? undefined : textOf(path);
  if (one === undefined || one.includes("${")) return unknownValue(text);
  if (one.startsWith("/")) {
    if (/^\/(app|code|srv|usr|etc|tmp|home|bin|opt\/render)(\/|$)/.test(one)) return unknownValue(text);
    return answer({ kind: "disk", path: one });
  }
  const file = machine.project.root === "." ? one : `${machine.project.root}/${one}`;
  return known(machine.project.tree.has(file) || machine.project.tree.paths.some((other) => other.startsWith(`${file}/`)));
}

function fromEnvironment(machine: Machine, name: Value, standard: Value | undefined): Value {
  const text = textOf(name);
  if (text === undefined || text.includes("${")) return unknownValue("a variable of the environment whose name is not known");
  return machine.environment.get(text) ?? variable(text, standard ?? nothing);
}

/** decouple, environ and environs: the same question in other words. */
export function readerCall(
  machine: Machine,
  name: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  scheme?: ReadonlyMap<string, Value>,
): Value {
  const [first = nothing, second, third] = items;
  const key = textOf(first);
  if (key === undefined || key === "") return made(`instance:${name}`, items, named);
  const declared = scheme?.get(key);
  const standard =
    named.get("default") ??
    (name.startsWith("environ.") && !name.includes("__call__") ? second : name.startsWith("environ.") ? third : second) ??
    (declared?.kind === "list" ? declared.items[1] : undefined);
  if (standard === undefined) mayRaise(frame, not(present(key)), "ImproperlyConfigured");
  const value = fromEnvironment(machine, first, standard);
  const cast = named.get("cast") ?? (declared?.kind === "list" ? declared.items[0] : declared);
  const isSwitch = name.endsWith(".bool") || (cast !== undefined && ["builtins.bool"].includes(madeAs(cast, "external:") ?? ""));
  if (isSwitch) return switchOf(value);
  if (cast?.kind === "made" && /^(function:|bound:|external:dj_database_url\.parse)/.test(cast.type)) {
    const result = machine.call(cast, [value], new Map(), frame, emptyNode);
    return result.kind === "unknown" ? value : result;
  }
  return value;
}

const emptyNode: Syntax = { type: "call", field: undefined, operator: undefined, line: 1, text: "", children: [], parent: undefined };

/** Whether a call of a library's object reads a database's address. */
export function isDatabaseReader(name: string): boolean {
  return databases.test(name);
}

/** Whether a call of a library's object reads a variable of the environment. */
export function isReader(name: string): boolean {
  return readers.test(name);
}

/** A database by an address from the environment, or by the one that stands in for it. */
export function databaseOf(name: string, standard: Value | undefined): Value {
  const otherwise: Value =
    standard === undefined || (standard.kind === "known" && standard.value === null)
      ? { kind: "table", entries: new Map() }
      : made("database", [standard]);
  return either(set(name), made("database", [variable(name)]), otherwise);
}

function heroku(frame: Frame, node: Syntax): Value {
  const place = { file: frame.module.file, line: node.line };
  const before = frame.names.get("DATABASES");
  const old = before?.kind === "one" && before.value.kind === "table" ? before.value : ({ kind: "table", entries: new Map() } as const);
  const table: Value = {
    kind: "table",
    entries: new Map([...old.entries, ["default", { value: made("database", [variable("DATABASE_URL")]), ...place }]]),
  };
  frame.names.set(
    "DATABASES",
    before === undefined ? bind(table, place) : { kind: "split", when: set("DATABASE_URL"), chosen: bind(table, place), otherwise: before },
  );
  return nothing;
}

function include(machine: Machine, items: readonly Value[], frame: Frame): Value {
  const folder = frame.module.file.split("/").slice(0, -1).join("/");
  for (const item of items) {
    const text = textOf(item);
    if (text === undefined) continue;
    const pattern = new RegExp(
      `^${`${folder === "" ? "" : `${folder}/`}${text}`.replaceAll(/[.+?^$()|[\]{}\\]/g, "\\$&").replaceAll("*", "[^/]*")}$`,
    );
    for (const file of machine.project.files.filter((one) => pattern.test(one)))
      machine.run(machine.project.parse(file), { ...frame, module: { ...frame.module, file } });
  }
  return nothing;
}

/** `app.config.from_object(…)`: every name in capitals of a class or a module. */
export function configureFrom(machine: Machine, given: Value, frame: Frame, node: Syntax): void {
  if (given.kind === "either") {
    configureFrom(machine, given.chosen, { ...frame, path: all(frame.path, given.when) }, node);
    return configureFrom(machine, given.otherwise, { ...frame, path: all(frame.path, not(given.when)) }, node);
  }
  const text = given.kind === "known" ? String(given.value) : undefined;
  const value = text === undefined ? given : byDottedName(machine, text, frame);
  for (const name of namesOf(machine, value)) {
    const found = machine.attribute(value, name, frame);
    if (found !== undefined)
      configure(machine, name, found, frame, {
        file: placeOf(machine, value) ?? frame.module.file,
        line: lineOf(machine, value, name) ?? node.line,
      });
  }
}

function byDottedName(machine: Machine, text: string, frame: Frame): Value {
  const file = machine.project.moduleFile(text, frame.module.file);
  if (file !== undefined) return made(`module:${file}`);
  const cut = text.lastIndexOf(".");
  const owner = machine.project.moduleFile(text.slice(0, Math.max(cut, 0)), frame.module.file);
  if (owner === undefined) return unknownValue(text);
  machine.module(owner);
  return machine.attribute(made(`module:${owner}`), text.slice(cut + 1), frame) ?? unknownValue(text);
}

function namesOf(machine: Machine, value: Value): readonly string[] {
  const file = madeAs(value, "module:");
  if (file !== undefined) return [...(machine.module(file).top?.names.keys() ?? [])].filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
  const found: string[] = [];
  for (let id = classOf(value), depth = 0; id !== undefined && depth < 10; depth++) {
    const own = machine.classes[Number(id)];
    found.push(...[...(own?.names.keys() ?? [])].filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name)));
    id = own?.bases.map((base) => madeAs(base, "class:")).find((base) => base !== undefined);
  }
  return [...new Set(found)];
}

function classOf(value: Value): string | undefined {
  return madeAs(value, "class:") ?? madeAs(value, "instance:class:");
}

function placeOf(machine: Machine, value: Value): string | undefined {
  return madeAs(value, "module:") ?? machine.classes[Number(classOf(value) ?? "-1")]?.file;
}

function lineOf(machine: Machine, value: Value, name: string): number | undefined {
  for (let id = classOf(value), depth = 0; id !== undefined && depth < 10; depth++) {
    const own = machine.classes[Number(id)];
    const binding = own?.names.get(name);
    if (binding?.kind === "one") return binding.line;
    id = own?.bases.map((base) => madeAs(base, "class:")).find((base) => base !== undefined);
  }
  const file = madeAs(value, "module:");
  const binding = file === undefined ? undefined : machine.module(file).top?.names.get(name);
  return binding?.kind === "one" ? binding.line : undefined;
}

/** Join texts with a separator, as far as they are known. */
export function joinTexts(items: readonly Value[], separator: string): Value {
  return joined(known(""), ...items.flatMap((one, index) => (index === 0 ? [one] : [known(separator), one])));
}
