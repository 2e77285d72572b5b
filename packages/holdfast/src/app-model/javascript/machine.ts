import { all } from "./conditions.js";
import { callMethod, callValue, construct } from "./calls.js";
import { exportedValue, importedValue, wholeExport } from "./exports.js";
import { evaluateExpression } from "./expressions.js";
import type { Machine } from "./flow.js";
import { conditionAt, frameAround, silent } from "./frames.js";
import { valueMember } from "./members.js";
import { configuredAs } from "./nest-config.js";
import { repositoryRoot } from "./natives.js";
import { openPassed, providedFor } from "./passed.js";
import type { Module, Project } from "./project.js";
import type { Relevance } from "./relevance.js";
import { openRelevance } from "./relevance.js";
import { runFunction } from "./statements.js";
import { keyName } from "./syntax.js";
import type { Choices, External } from "./values.js";
import { tidy, unknown } from "./values.js";

const mostSteps = 1_200_000;
const mostStepsAtOnce = 30_000;
const deepestExpression = 300;

/** An evaluator of the app's code, which it reads and never runs. */
export interface OpenMachine extends Machine {
  /** Allows the next piece of reading its own share of steps. */
  begin(): void;
  /** Modules whose `app.set(…)` and the like count. */
  useModules(modules: readonly Module[]): void;
  readonly isExhausted: boolean;
  readonly relevance: Relevance;
}

/** Opens an evaluator for a project. */
export const openMachine = (project: Project): OpenMachine => {
  const folder = project.root === "." ? repositoryRoot : `${repositoryRoot}/${project.root}`;
  let total = 0;
  let now = 0;
  let depth = 0;
  let live: readonly Module[] = [];
  const exported = new Map<string, Choices>();
  const busy = new Set<string>();
  const settings = new Map<string, Choices>();

  const machine: OpenMachine = {
    project,
    folder,
    relevance: openRelevance(project),
    get isExhausted() {
      return total >= mostSteps;
    },
    begin: () => {
      now = 0;
    },
    useModules: (modules) => {
      live = modules;
    },
    step: () => {
      total += 1;
      now += 1;
      return total < mostSteps && now < mostStepsAtOnce;
    },
    evaluate: (site, frame, flow) => {
      if (!machine.step() || depth > deepestExpression) return unknown;
      depth += 1;
      try {
        return evaluateExpression(machine, site, frame, flow);
      } finally {
        depth -= 1;
      }
    },
    call: (callee, args, flow, site) => callValue(machine, callee, args, flow, site),
    method: (receiver, name, args, flow, site) => callMethod(machine, receiver, name, args, flow, site),
    construct: (callee, args, flow, site) => construct(machine, callee, args, flow, site),
    member: (value, name, flow, site) => valueMember(machine, value, name, flow, site),
    imported: (from, specifier, name, at) => importedValue(machine, from, specifier, name, at),
    exported: (path, name) => {
      const key = `${path}\0${name}`;
      const known = exported.get(key);
      if (known !== undefined) return known;
      // Modules that import each other: whoever asks in the middle of it gets nothing.
      if (busy.has(key)) return unknown;
      busy.add(key);
      let value = exportedValue(machine, path, name);
      const only = value[0]?.value;
      const module = project.module(path);
      if (name === "default" && value.length === 1 && only?.kind === "namespace" && only.module === module && module !== undefined)
        value = wholeExport(machine, module);
      busy.delete(key);
      // What was cut short says nothing to whoever asks next.
      if (now < mostStepsAtOnce) exported.set(key, value);
      return value;
    },
    setting: (name) => {
      const known = settings.get(name);
      if (known !== undefined) return known;
      settings.set(name, unknown);
      const rows = live.flatMap((module) =>
        module.names.calls.flatMap((node) => {
          const [key, value] = node.arguments;
          if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || keyName(node.callee.property) !== "set")
            return [];
          if (key?.type !== "Literal" || key.value !== name || value === undefined || value.type === "SpreadElement") return [];
          return machine.evaluate({ module, node: value }, frameAround(module, node), silent);
        }),
      );
      const found = rows.length === 0 ? unknown : tidy(rows);
      settings.set(name, found);
      return found;
    },
    passedTo: (module, fn, index) => passed.passedTo(module, fn, index),
    providedFor: (token) => providedFor(machine, live, token),
    configuredAs: (key) => {
      const known = settings.get(`config ${key}`);
      if (known !== undefined) return known;
      // While it is being read: configuration that speaks of itself.
      settings.set(`config ${key}`, unknown);
      const found = configuredAs(machine, live, key);
      if (found === undefined) settings.delete(`config ${key}`);
      else settings.set(`config ${key}`, found);
      return found;
    },
    run: (fn, args, flow) => runFunction(machine, fn, args, flow),
    conditionAt: (node, frame, owner) => conditionAt(machine, node, frame, owner),
    both: (one, other) => all(one, other),
    override: (made: External, name: string) => {
      const { module, node } = made.site;
      const parent = module.names.parentOf(node);
      const holder = parent?.type === "VariableDeclarator" && parent.id.type === "Identifier" ? parent.id : undefined;
      const binding = holder === undefined ? undefined : module.names.resolve(holder.name, node);
      if (binding === undefined) return undefined;
      for (const assignment of module.names.memberAssignments.toReversed()) {
        const { left } = assignment;
        if (left.type !== "MemberExpression" || left.object.type !== "Identifier" || keyName(left.property) !== name) continue;
        if (module.names.resolve(left.object.name, left.object) !== binding) continue;
        return machine.evaluate({ module, node: assignment.right }, frameAround(module, assignment), silent);
      }
      return undefined;
    },
  };
  const passed = openPassed(machine, () => live);
  return machine;
};
