import { textOf, type Value } from "../abstract-value.js";
import type { Outcome, Place, Reader, Reading } from "../model.js";
import { simplified } from "../decision-table.js";
import { djangoDatabases } from "./databases.js";
import { djangoObservations, noteServing, type Serving } from "./django-observations.js";
import { djangoVersion } from "./django-version.js";
import { editorSinks } from "./editors.js";
import type { Call, Machine } from "./frames.js";
import { frameworkOf, isOfUse, type Framework } from "./frameworks.js";
import { startMachine } from "./machine.js";
import { modelSinks } from "./models.js";
import { pythonParser } from "./parser.js";
import { openPythonProject, type PythonProject } from "./project.js";
import { inDatabase, readPlain } from "./plain-app.js";
import { readSettings, type Settings } from "./settings.js";
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
  const databases = djangoDatabases(settings);
  return {
    framework: "django",
    sinks: sinks.map((sink) => inDatabase(sink, databases)),
    databases,
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
