import { textOf } from "../abstract-value.js";
import { always } from "../conditions.js";
import type { DatabaseUse, Outcome, Reading, Sink } from "../model.js";
import { under } from "../outcomes.js";
import { openedBy, plainDatabases } from "./databases.js";
import type { Call, Machine } from "./frames.js";
import { frameworks, isOfUse, type Framework } from "./frameworks.js";
import { startMachine } from "./machine.js";
import type { PythonProject } from "./project.js";
import { startModules } from "./settings.js";
import { uploadSinks } from "./uploads.js";
import { ownDatabase } from "./writes.js";

/** Words of functions that make or configure an app, or open a database. */
const matters =
  /\.config\b|register_blueprint|include_router|connect\(|create_(?:async_)?engine|Database\(|import_module|Client\(|create_pool|create_client|register_tortoise|TinyDB|dynamodb|json\.dump|\.json["']|^\s+(?:from|import) /m;

/** Read an app of Flask, FastAPI and their like: what its start files import is live. */
export function readPlain(project: PythonProject, framework: Framework): Reading {
  const machine = startMachine(project, () => undefined);
  const opened: { call: Call; label: string; rows: readonly Outcome[] }[] = [];
  const listen = (call: Call): void => {
    serve(machine, call);
    const found = openedBy(call);
    if (found !== undefined && opened.length < 500) opened.push({ call, ...found });
  };
  machine.onCall = listen;
  const starts = startsOf(project, framework);
  machine.scripts = new Set(starts);
  machine.skips = (file) => !starts.includes(file) && !isOfUse(project, file);
  for (const file of starts) machine.module(file);
  // Functions that make or configure the app come before those that use it.
  for (let index = 0; index < machine.functions.length && index < 20_000; index++) {
    const one = machine.functions[index];
    if (one === undefined || one.node.type === "lambda" || machine.called.has(one.node)) continue;
    if (matters.test(one.node.text)) runFunction(machine, index);
  }
  machine.onCall = undefined;
  const live = new Set(machine.functions.map((one) => one.file));
  const sinks = uploadSinks(
    machine,
    (file) => live.has(file),
    () => undefined,
  );
  const databases = plainDatabases(machine, opened);
  return { framework, sinks: sinks.map((sink) => inDatabase(sink, databases)), databases, observations: [], notUnderstood: [] };
}

/** Files kept in the app's own database lie where that lies. */
export function inDatabase(sink: Sink, databases: readonly DatabaseUse[]): Sink {
  const [first] = databases;
  if (first === undefined) return sink;
  const outcomes = sink.outcomes.flatMap((row) =>
    row.destination !== ownDatabase
      ? [row]
      : under(
          row.when,
          first.outcomes.map((one) => ({ ...one, because: [...row.because, ...one.because] })),
        ),
  );
  return { ...sink, outcomes };
}

/** A script may name what it serves: `uvicorn.run("app.main:app")`. */
function serve(machine: Machine, call: Call): void {
  if (!/^(uvicorn\.run|hypercorn\.|granian\.|uvicorn\.Config)/.test(call.name ?? "")) return;
  const name = textOf(call.items[0] ?? { kind: "unknown", what: "" })?.split(":")[0];
  const file = name === undefined ? undefined : machine.project.moduleFile(name, call.file);
  if (file !== undefined) machine.module(file);
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
  const named = startModules(project);
  if (named.length > 0) return named;
  const makes = frameworks.find(([name]) => name === framework)?.[2];
  const found = makes === undefined ? [] : project.files.filter((file) => makes.test(project.source(file)));
  const usual = found.filter((file) => /(^|\/)(app|main|wsgi|run|server|application|asgi|index|__init__)\.py$/.test(file));
  const nearest = Math.min(...usual.map((file) => file.split("/").length));
  return usual.length > 0 ? usual.filter((file) => file.split("/").length === nearest) : found;
}
