import { known, type Case, type Value } from "../abstract-value.js";
import { all, always, isNever, not } from "../conditions.js";
import type { Condition, Place } from "../model.js";
import { serviceOf } from "../apps.js";
import { casesOf, split, valueOf, type Binding, type BindingCase } from "./bindings.js";
import type { Failure, Machine } from "./frames.js";
import { configurationNames } from "./configurations.js";
import type { PythonProject } from "./project.js";

/** A settings module that is in force under a condition. */
export interface SettingsModule extends Place {
  readonly when: Condition;
  readonly module: string;
  /** What chose it, in words. */
  readonly why: string;
  /** The start file that chose it by its own default; undefined where the deploy files or nobody did. */
  readonly chosenAt?: Place;
}

/** Django's settings, as the process that serves the app has them. */
export interface Settings {
  readonly modules: readonly SettingsModule[];
  /** What a setting is given, in every case; empty where nothing sets it. */
  casesOf(name: string): readonly BindingCase[];
  value(name: string): Value | undefined;
  /** Endings with an error that the settings themselves lead to. */
  readonly failures: readonly Failure[];
}

/** The commands that start the app, as the deploy files have them. */
export function startCommands(project: PythonProject): readonly string[] {
  const commands =
    serviceOf(project.root, project.deployment)
      ?.phases.filter((phase) => phase.name === "start")
      .map((phase) => phase.command) ?? [];
  const scripts = commands.flatMap((command) => [...command.matchAll(/[\w./-]+\.sh\b/g)].flatMap((found) => read(project, found[0]) ?? []));
  if (commands.length > 0) return [...commands, ...scripts];
  // Without a service that is known the usual files are read as they stand.
  return ["Procfile", "railway.json", "railway.toml", "nixpacks.toml", "Dockerfile", "start.sh", "entrypoint.sh", "render.yaml"].flatMap(
    (file) =>
      (read(project, file) ?? "")
        .split("\n")
        .filter(
          (line) =>
            !/^\s*#/.test(line) &&
            /gunicorn|uvicorn|daphne|hypercorn|waitress|runserver|DJANGO_SETTINGS_MODULE|python|fastapi|flask/.test(line),
        ),
  );
}

function read(project: PythonProject, file: string): string | undefined {
  const path = file.replace(/^(\/app\/|\.\/|\/)/, "");
  return project.tree.read(project.root === "." ? path : `${project.root}/${path}`) ?? project.tree.read(path);
}

/** The modules that a start command names, as files of the app; where a server is started, what it serves. */
export function startModules(project: PythonProject): readonly string[] {
  const base = project.root === "." ? "x.py" : `${project.root}/x.py`;
  const served = startCommands(project).flatMap((command) =>
    [
      ...command.matchAll(
        /(?:gunicorn|uvicorn|hypercorn|daphne|waitress-serve|uwsgi|granian)\b[^|;&\n]*?[\s"',=]([A-Za-z_][\w.]*)(?::[\w()]+|\.wsgi\b|\.asgi\b)/g,
      ),
    ].flatMap(
      ([whole, name = ""]) =>
        project.moduleFile(/\.(wsgi|asgi)$/.exec(whole) === null ? name : `${name}${/\.(wsgi|asgi)$/.exec(whole)?.[0] ?? ""}`, base) ??
        project.moduleFile(name, base) ??
        [],
    ),
  );
  return served.length > 0 ? [...new Set(served)] : scriptModules(project);
}

function scriptModules(project: PythonProject): readonly string[] {
  const base = project.root === "." ? "x.py" : `${project.root}/x.py`;
  const found: string[] = [];
  for (const command of startCommands(project)) {
    for (const [, name = ""] of command.matchAll(/(?:^|[\s"'[,=])([A-Za-z_][\w.]*?)(?::[\w()]+|(?=["',\s\]]|$))/g)) {
      const file = name.endsWith(".py") ? script(project, name) : project.moduleFile(name, base);
      if (file !== undefined && /:|\.|gunicorn|uvicorn/.test(command)) found.push(file);
    }
    for (const [, name = ""] of command.matchAll(/python3?\s+(?:-u\s+)?([\w./-]+\.py)/g)) {
      const file = script(project, name);
      if (file !== undefined) found.push(file);
    }
  }
  return [...new Set(found)];
}

function script(project: PythonProject, name: string): string | undefined {
  const path = name.replace(/^(\.\/|\/app\/)/, "");
  return [project.root === "." ? path : `${project.root}/${path}`, path].find((file) => project.tree.has(file));
}

/** Find the settings module in force: start command, then wsgi or asgi, then the environment, then `manage.py`. */
export function readSettings(machine: Machine): Settings | undefined {
  const modules = settingsModules(machine);
  if (modules.length === 0) return undefined;
  const bindingOf = (name: string): Binding | undefined =>
    modules.reduceRight<Binding | undefined>(
      (rest, one) => split(one.when, configurationNames(machine, one.file).get(name), rest),
      undefined,
    );
  return {
    modules,
    casesOf: (name) => {
      const binding = bindingOf(name);
      return binding === undefined ? [] : casesOf(binding);
    },
    value(name) {
      const binding = bindingOf(name);
      return binding === undefined ? undefined : valueOf(binding);
    },
    failures: modules.flatMap((one) => machine.module(one.file).failures),
  };
}

function settingsModules(machine: Machine): readonly SettingsModule[] {
  const { project } = machine;
  const starts = startModules(project).filter((file) => isStart(project, file));
  const found = project.files.filter((file) => /(^|\/)(wsgi|asgi|manage)\.py$/.test(file) && isStart(project, file));
  const near = (name: string): readonly string[] =>
    found.filter((file) => file.endsWith(name)).toSorted((a, b) => a.split("/").length - b.split("/").length);
  const start = [...starts, ...near("wsgi.py"), ...near("asgi.py"), ...near("manage.py")][0];
  if (start === undefined) return bareSettings(machine);
  machine.environment.delete("DJANGO_SETTINGS_MODULE");
  machine.module(start);
  const line =
    project
      .source(start)
      .split("\n")
      .findIndex((text) => text.includes("DJANGO_SETTINGS_MODULE")) + 1;
  const named = declaredModule(project);
  // What is declared and is not there starts nothing: what the start file itself says is the best that is known.
  const declared = named !== undefined && project.moduleFile(named.value, start) !== undefined ? named : undefined;
  const chosen = machine.environment.get("DJANGO_SETTINGS_MODULE");
  const rows: SettingsModule[] = [];
  const walk = (value: Value | undefined, when: Condition): void => {
    if (isNever(when)) return;
    if (value?.kind === "either") {
      walk(value.chosen, all(when, value.when));
      walk(value.otherwise, all(when, not(value.when)));
    } else if (value?.kind === "text") {
      for (const one of namedBy(project, value, start)) walk(one.value, all(when, one.when));
    } else if (value?.kind === "variable") walk(declared === undefined ? value.ifUnset : known(declared.value), when);
    else if (value?.kind === "known" && value.value !== null) {
      const file = project.moduleFile(String(value.value), start);
      const place = declared !== undefined && String(value.value) === declared.value ? declared : { file: start, line: Math.max(line, 1) };
      if (file !== undefined)
        rows.push({
          when,
          module: String(value.value),
          file,
          line: 1,
          why: `${place.file} chooses the settings ${String(value.value)}`,
          ...(place === declared ? {} : { chosenAt: place }),
        });
    }
  };
  walk(chosen ?? (declared === undefined ? undefined : known(declared.value)), always);
  return rows.length > 0 ? rows : bareSettings(machine);
}

/** A name that ends with a variable's value stands for each module that there is of such a name. */
function namedBy(project: PythonProject, name: Extract<Value, { kind: "text" }>, start: string): readonly Case[] {
  const [first, second, ...rest] = name.parts;
  if (first?.kind !== "known" || second?.kind !== "variable" || rest.length > 0 || !String(first.value).endsWith(".")) return [];
  const face = project.moduleFile(String(first.value).slice(0, -1), start);
  const folder = face?.replace(/__init__\.py$/, "") ?? String(first.value).replaceAll(".", "/");
  const stems = project.files
    .filter((file) => file.startsWith(folder) && /^(?!__init__|base|common|test)\w+\.py$/.test(file.slice(folder.length)))
    .map((file) => file.slice(folder.length, -".py".length));
  const standard = second.ifUnset.kind === "known" && second.ifUnset.value !== null ? String(second.ifUnset.value) : "";
  const ordered = [...stems.filter((stem) => stem !== standard), ...stems.filter((stem) => stem === standard)].slice(-8);
  let left: Condition = always;
  return ordered.map((stem, at) => {
    const is: Condition = { kind: "equals", name: second.name, values: [stem], ...(standard === "" ? {} : { ifUnset: standard }) };
    const when = at === ordered.length - 1 ? left : all(left, is);
    left = all(left, not(is));
    return { when, value: known(`${String(first.value)}${stem}`) };
  });
}

function isStart(project: PythonProject, file: string): boolean {
  return project.source(file).includes("DJANGO_SETTINGS_MODULE");
}

function declaredModule(project: PythonProject): (Place & { readonly value: string }) | undefined {
  for (const command of startCommands(project)) {
    const value = /(?:DJANGO_SETTINGS_MODULE[=\s]+|--settings[=\s]+)["']?([\w.]+)/.exec(command)?.[1];
    if (value !== undefined && project.moduleFile(value, project.root === "." ? "x.py" : `${project.root}/x.py`) !== undefined)
      return { value, file: "the start command", line: 1 };
  }
  const variable = serviceOf(project.root, project.deployment)?.variables.find((one) => one.name === "DJANGO_SETTINGS_MODULE");
  return variable?.declared.kind === "value" ? { value: variable.declared.value, file: variable.file, line: variable.line } : undefined;
}

/** No start file names one: the only settings module there is. */
function bareSettings(machine: Machine): readonly SettingsModule[] {
  const { project } = machine;
  const files = project.files.filter(
    (file) =>
      /(^|\/)(settings|config)(\/\w+)?\.py$/.test(file) &&
      /INSTALLED_APPS|import \*/.test(project.source(file)) &&
      // A package of the same name hides a module.
      !project.tree.has(file.replace(/\.py$/, "/__init__.py")),
  );
  // What is named for production, else what stands nearest.
  const rank = (file: string): number =>
    (/\/(prod|production|heroku|render|deploy)\w*\.py$/.test(file) ? 0 : /\/(dev|local|test|base)\w*\.py$/.test(file) ? 20 : 10) +
    file.split("/").length;
  const file = files.toSorted((a, b) => rank(a) - rank(b))[0];
  return file === undefined ? [] : [{ when: always, file, line: 1, module: file, why: "the only settings there are" }];
}
