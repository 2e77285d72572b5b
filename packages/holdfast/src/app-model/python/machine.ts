import { known, unknownValue, type Value } from "../abstract-value.js";
import { always } from "../conditions.js";
import { attributeValue, callValue } from "./calls.js";
import { evaluateExpression } from "./expressions.js";
import type { Frame, Machine, Module } from "./frames.js";
import { bind } from "./bindings.js";
import type { PythonProject } from "./project.js";
import { runStatement } from "./statements.js";

/** Steps that one app may take; a repository that needs more is not understood to its end. */
const maxSteps = 3_000_000;

/** Start a machine for an app. `setting` answers for Django's settings, once they are known. */
export function startMachine(project: PythonProject, setting: (name: string) => Value | undefined): Machine {
  const modules = new Map<string, Module>();
  let steps = 0;
  let granted = maxSteps;
  const machine: Machine = {
    project,
    functions: [],
    classes: [],
    environment: new Map(),
    config: new Map(),
    called: new Set(),
    nesting: 0,
    scripts: new Set(),
    skips: () => false,
    isRequest: false,
    onCall: undefined,
    evaluate: (node, frame) => evaluateExpression(machine, node, frame),
    run: (node, frame) => runStatement(machine, node, frame),
    call: (callee, items, named, frame, node) => callValue(machine, callee, items, named, frame, node),
    attribute: (value, name, frame) => attributeValue(machine, value, name, frame),
    setting,
    step: () => ++steps <= granted,
    grant: (more) => {
      granted = Math.min(maxSteps, steps + more);
    },
    module(file) {
      const kept = modules.get(file);
      // A module that imports itself in a circle sees what it has so far.
      if (kept !== undefined) return kept;
      const module: Module = { file, top: undefined, failures: [], isDone: false };
      modules.set(file, module);
      const frame = topFrame(module);
      module.top = frame;
      frame.names.set(
        "__name__",
        bind(machine.scripts.has(file) ? unknownValue("__name__") : known(moduleName(project, file)), { file, line: 1 }),
      );
      const listener = machine.onCall;
      const wasRequest = machine.isRequest;
      machine.isRequest = false;
      if (!machine.skips(file)) machine.run(project.parse(file), frame);
      machine.isRequest = wasRequest;
      machine.onCall = listener;
      module.top = frame;
      module.isDone = true;
      return module;
    },
  };
  return machine;
}

function moduleName(project: PythonProject, file: string): string {
  return project
    .fromRoot(file)
    .replace(/(\/__init__)?\.py$/, "")
    .replaceAll("/", ".");
}

/** A frame for a module's own statements. */
export function topFrame(module: Module): Frame {
  return {
    module,
    names: new Map(),
    path: always,
    base: always,
    start: always,
    outer: undefined,
    returns: [],
    tries: undefined,
    inHandler: false,
    depth: 0,
  };
}
