import { textOf, type Value } from "../abstract-value.js";
import type { Outcome, Place, Reader, Reading } from "../model.js";
import { always } from "../conditions.js";
import { simplified } from "../decision-table.js";
import { djangoDatabases, openedBy, plainDatabases } from "./databases.js";
import { djangoObservations, noteServing, type Serving } from "./django-observations.js";
import { djangoVersion } from "./django-version.js";
import { editorSinks } from "./editors.js";
import type { Call, Machine } from "./frames.js";
import { startMachine } from "./machine.js";
import { modelSinks } from "./models.js";
import { pythonParser } from "./parser.js";
import { openPythonProject, type PythonProject } from "./project.js";
import { readSettings, startModules, type Settings } from "./settings.js";
import { openStorages } from "./storages.js";
import { uploadSinks } from "./uploads.js";
import { externalName, madeAs } from "./values.js";

/** Read the Python app at `root`: Django, Flask, FastAPI and what is like them. */
export const pythonReader: Reader = {
  name: "python",
  async read(tree, root, deployment) {
    if (tree.find(root, ".py").length === 0) return undefined;
    const project = openPythonProject(tree, root, deployment, await pythonParser());
    const framework = frameworkOf(project);
    if (framework === undefined) return undefined;
    const reading = readApp(project, framework);
    const short = <Found extends { readonly outcomes: readonly Outcome[] }>(one: Found): Found => ({
      ...one,
      outcomes: simplified(one.outcomes),
    });
    return { ...reading, sinks: reading.sinks.map(short), databases: reading.databases.map(short) };
  },
};

/** Whatever is in the repository, the reader comes to an end; what it could not follow makes the answer unknown. */
function readApp(project: PythonProject, framework: Framework): Reading {
  try {
    return framework === "django" ? readDjango(project) : readPlain(project, framework);
  } catch (error) {
    const why = `the app's Python could not be followed to its end (${error instanceof Error ? error.message : "unknown"})`;
    return { framework, sinks: [], databases: [], observations: [], notUnderstood: [{ file: project.files[0] ?? "", line: 1, why }] };
  }
}

type Framework = "django" | "flask" | "fastapi" | "starlette" | "quart" | "sanic" | "streamlit";

const frameworks: readonly (readonly [Framework, imports: RegExp, makes: RegExp])[] = [
  ["fastapi", /^\s*(?:from|import) fastapi\b/m, /\bFastAPI\(/],
  ["flask", /^\s*(?:from|import) flask\b/m, /\bFlask\(|create_app/],
  ["quart", /^\s*(?:from|import) quart\b/m, /\bQuart\(/],
  ["sanic", /^\s*(?:from|import) sanic\b/m, /\bSanic\(/],
  ["starlette", /^\s*(?:from|import) starlette\b/m, /\bStarlette\(/],
  ["streamlit", /^\s*import streamlit\b/m, /import streamlit/],
];

/** By what the app's code imports, what starts it first; a requirement alone is no use of it. */
function frameworkOf(project: PythonProject): Framework | undefined {
  const has = (pattern: RegExp): boolean => project.files.some((file) => pattern.test(project.source(file)));
  if (has(/^\s*(?:from|import) django\b/m) && has(/DJANGO_SETTINGS_MODULE|INSTALLED_APPS/)) return "django";
  const starts = startModules(project).map((file) => project.source(file));
  const started = frameworks.find(([, imports, makes]) => starts.some((source) => imports.test(source) && makes.test(source)));
  if (started !== undefined) return started[0];
  const found = frameworks.flatMap(([name, imports, makes]) =>
    project.files
      .filter((file) => makes.test(project.source(file)) && imports.test(project.source(file)))
      .map((file) => ({ name, depth: file.split("/").length })),
  );
  const nearest = found.toSorted((one, other) => one.depth - other.depth)[0]?.name;
  return nearest ?? frameworks.find(([, imports]) => has(imports))?.[0];
}

/** Words of files that may write uploads, keep models or open databases. */
const matters =
  /(File|Image|Video|Audio|Cloudinary|Uploading|CKEditor5)\w*Field\(|FILES|\.files\b|[sS]torage|[uU]pload|urlpatterns|b64decode|cloudinary|boto3|["']wb["']|Database|DATABASE|sqlite|create_engine|MongoClient|connect\(|\.config\b|TinyDB/;

/** Small files are read in any case: they bring others together. */
const smallChars = 3000;

function isOfUse(project: PythonProject, file: string): boolean {
  const source = project.source(file);
  return source.length <= smallChars || matters.test(source);
}

function readDjango(project: PythonProject): Reading {
  const found: { settings: Settings | undefined } = { settings: undefined };
  const machine = startMachine(project, (name) => found.settings?.value(name));
  const settings = readSettings(machine);
  found.settings = settings;
  if (settings === undefined) {
    return {
      framework: "django",
      sinks: [],
      databases: [],
      observations: [],
      notUnderstood: [{ file: project.files[0] ?? "", line: 1, why: "no settings module was found" }],
    };
  }
  machine.skips = (file) => !isOfUse(project, file);
  const version = djangoVersion(project);
  const storages = openStorages(machine, settings, version);
  const included = new Map<string, Place>();
  const serving: Serving = { development: [], always: [] };
  machine.onCall = (call) => {
    noteServing(serving, call, project.source(call.file));
    if (!/(^|\.)include$/.test(call.name ?? "")) return;
    const name = textOf(call.items[0] ?? { kind: "unknown", what: "" });
    if (name !== undefined) included.set(name, { file: call.file, line: call.line });
  };
  for (const file of project.files)
    if (!/\/management\/commands\//.test(file) && isOfUse(project, file) && isOfDjango(project, file)) machine.module(file);
  machine.onCall = undefined;
  const sinks = [
    ...modelSinks(machine, settings, storages),
    ...editorSinks(settings, storages, included),
    ...uploadSinks(
      machine,
      (file) => !/\/management\/commands\//.test(file),
      (value, call) => (isStorage(machine, value, call) ? storages.of(value, []) : undefined),
    ),
  ];
  return {
    framework: "django",
    sinks,
    databases: djangoDatabases(settings),
    observations: [...storages.observations, ...djangoObservations(project, settings, serving)],
    notUnderstood: [],
  };
}

/** Settings that are not in force must not run: what they set in the environment would count. */
function isOfDjango(project: PythonProject, file: string): boolean {
  return (
    !/(^|\/)(manage|wsgi|asgi)\w*\.py$|settings/.test(project.fromRoot(file)) || /class \w+\(.*models\.Model/.test(project.source(file))
  );
}

/** Whether what is saved to is a storage of Django's. */
function isStorage(machine: Machine, value: Value, call: Call): boolean {
  const name = externalName(value) ?? (madeAs(value, "instance:class:") === undefined ? madeAs(value, "instance:") : undefined);
  if (value.kind === "made" && value.type === "storage alias") return true;
  if (name !== undefined) return /storage/i.test(name) && call.method === "save";
  const own = madeAs(value, "instance:class:");
  const record = own === undefined ? undefined : machine.classes[Number(own)];
  return record !== undefined && call.method === "save" && /storage/i.test(record.name);
}

function readPlain(project: PythonProject, framework: Framework): Reading {
  const machine = startMachine(project, () => undefined);
  const opened: { call: Call; label: string; rows: readonly Outcome[] }[] = [];
  const listen = (call: Call): void => {
    const found = openedBy(call);
    if (found !== undefined && opened.length < 500) opened.push({ call, ...found });
  };
  machine.onCall = listen;
  const starts = startsOf(project, framework);
  machine.skips = (file) => !starts.includes(file) && !isOfUse(project, file);
  for (const file of starts) machine.module(file);
  // Functions that make or configure the app come before those that use it.
  for (let index = 0; index < machine.functions.length && index < 20_000; index++) {
    const one = machine.functions[index];
    if (one === undefined || one.node.type === "lambda" || machine.called.has(one.node)) continue;
    if (
      /\.config\b|register_blueprint|include_router|connect\(|create_engine|Database\(|import_module|MongoClient|TinyDB|^\s+(?:from|import) /m.test(
        one.node.text,
      )
    )
      runFunction(machine, index);
  }
  machine.onCall = undefined;
  const live = new Set(machine.functions.map((one) => one.file));
  const sinks = uploadSinks(
    machine,
    (file) => live.has(file),
    () => undefined,
  );
  return { framework, sinks, databases: plainDatabases(machine, opened), observations: [], notUnderstood: [] };
}

function runFunction(machine: Machine, index: number): void {
  const one = machine.functions[index];
  if (one === undefined) return;
  machine.call(
    { kind: "made", type: `function:${index}`, items: [], named: new Map() },
    [],
    new Map(),
    { ...one.frame, depth: 3, base: always, start: always, path: always },
    one.node,
  );
}

/** The files from which the app starts; all that it imports is live. */
function startsOf(project: PythonProject, framework: Framework): readonly string[] {
  const named = startModules(project).filter((file) => project.files.includes(file));
  if (named.length > 0) return named;
  const makes = frameworks.find(([name]) => name === framework)?.[2];
  const found = makes === undefined ? [] : project.files.filter((file) => makes.test(project.source(file)));
  const usual = found.filter((file) => /(^|\/)(app|main|wsgi|run|server|application|asgi|index|__init__)\.py$/.test(file));
  const nearest = Math.min(...usual.map((file) => file.split("/").length));
  return usual.length > 0 ? usual.filter((file) => file.split("/").length === nearest) : found;
}
