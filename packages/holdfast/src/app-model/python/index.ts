import { textOf, type Value } from "../abstract-value.js";
import type { Outcome, Place, Reader, Reading } from "../model.js";
import { djangoDatabases, openedBy, plainDatabases } from "./databases.js";
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
    return framework === "django" ? readDjango(project) : readPlain(project, framework);
  },
};

type Framework = "django" | "flask" | "fastapi" | "starlette" | "quart" | "sanic" | "streamlit";

/** By what the app's code imports; a requirement alone is no use of it. */
function frameworkOf(project: PythonProject): Framework | undefined {
  const has = (pattern: RegExp): boolean => project.files.some((file) => pattern.test(project.source(file)));
  if (has(/^\s*(?:from|import) django\b/m) && has(/DJANGO_SETTINGS_MODULE|INSTALLED_APPS/)) return "django";
  const order: readonly (readonly [Framework, RegExp])[] = [
    ["fastapi", /^\s*(?:from|import) fastapi\b/m],
    ["flask", /^\s*(?:from|import) flask\b/m],
    ["quart", /^\s*(?:from|import) quart\b/m],
    ["sanic", /^\s*(?:from|import) sanic\b/m],
    ["starlette", /^\s*(?:from|import) starlette\b/m],
    ["streamlit", /^\s*import streamlit\b/m],
  ];
  return order.find(([, pattern]) => has(pattern))?.[0];
}

/** Files without any of these words hold nothing that matters here. */
const matters = /Field\(|FILES|\.files\b|storage|upload|urlpatterns|open\(|DATABASE|sqlite|create_engine|connect\(|config|b64decode/i;

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
  const version = djangoVersion(project);
  const storages = openStorages(machine, settings, version);
  const included = new Map<string, Place>();
  machine.onCall = (call) => {
    if (!/(^|\.)include$/.test(call.name ?? "")) return;
    const name = textOf(call.items[0] ?? { kind: "unknown", what: "" });
    if (name !== undefined) included.set(name, { file: call.file, line: call.line });
  };
  for (const file of project.files)
    if (!/\/management\/commands\//.test(file) && matters.test(project.source(file)) && isOfDjango(project, file)) machine.module(file);
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
  return { framework: "django", sinks, databases: djangoDatabases(settings), observations: storages.observations, notUnderstood: [] };
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
  for (const file of starts) machine.module(file);
  // Functions that make or configure the app come before those that use it.
  for (let index = 0; index < machine.functions.length && index < 20_000; index++) {
    const one = machine.functions[index];
    if (one === undefined || one.node.type === "lambda") continue;
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
    { ...one.frame, depth: 3, base: { kind: "always" }, path: { kind: "always" } },
    one.node,
  );
}

/** The files from which the app starts; all that it imports is live. */
function startsOf(project: PythonProject, framework: Framework): readonly string[] {
  const named = startModules(project).filter((file) => project.files.includes(file));
  if (named.length > 0) return named;
  const makes = new RegExp(
    framework === "fastapi"
      ? "FastAPI\\("
      : framework === "streamlit"
        ? "import streamlit"
        : "Flask\\(|Quart\\(|Sanic\\(|Starlette\\(|create_app",
  );
  const found = project.files.filter((file) => makes.test(project.source(file)));
  const usual = found.filter((file) => /(^|\/)(app|main|wsgi|run|server|application|asgi|index|__init__)\.py$/.test(file));
  return usual.length > 0 ? usual : found;
}
