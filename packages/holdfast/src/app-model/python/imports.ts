import { unknownValue, type Value } from "../abstract-value.js";
import { always, never } from "../conditions.js";
import type { Place } from "../model.js";
import { child, type Syntax } from "../syntax.js";
import { bind, valueOf } from "./bindings.js";
import { mayRaise, reached, type Frame, type Machine } from "./frames.js";
import { external, made } from "./values.js";

/** Run `import a.b as c`. */
export function runImport(machine: Machine, node: Syntax, frame: Frame): void {
  const place: Place = { file: frame.module.file, line: node.line };
  for (const one of node.children) {
    const name = (one.type === "aliased_import" ? child(one, "name") : one)?.text ?? "";
    const alias = one.type === "aliased_import" ? child(one, "alias")?.text : undefined;
    const file = machine.project.moduleFile(name, frame.module.file);
    if (file === undefined && !isThere(machine, name, frame)) return fail(frame, place, name);
    const top = name.split(".")[0] ?? name;
    if (file !== undefined) machine.module(file);
    const bound = alias === undefined ? top : name;
    const boundFile = alias === undefined ? machine.project.moduleFile(top, frame.module.file) : file;
    frame.names.set(
      alias ?? top,
      bind(
        boundFile === undefined ? (file === undefined ? external(bound) : made(`package:${bound}`)) : made(`module:${boundFile}`),
        place,
      ),
    );
  }
}

/** Run `from a.b import c as d`, and `from a import *`. */
export function runImportFrom(machine: Machine, node: Syntax, frame: Frame): void {
  const place: Place = { file: frame.module.file, line: node.line };
  const from = child(node, "module_name")?.text ?? "";
  const isAll = node.children.some((one) => one.type === "wildcard_import");
  const file = machine.project.moduleFile(from, frame.module.file);
  if (
    file === undefined &&
    (from.startsWith(".")
      ? !machine.project.isPackage(from, frame.module.file)
      : !isThere(machine, from, frame) && !machine.project.isPackage(from, frame.module.file))
  ) {
    return fail(frame, place, from);
  }
  const names = file === undefined ? undefined : machine.module(file);
  if (isAll) {
    for (const [name, binding] of names?.top?.names ?? []) if (!name.startsWith("_")) frame.names.set(name, binding);
    return;
  }
  for (const one of node.children) {
    if (one.field !== "name") continue;
    const name = (one.type === "aliased_import" ? child(one, "name") : one)?.text ?? "";
    const alias = (one.type === "aliased_import" ? child(one, "alias")?.text : undefined) ?? name;
    const binding = names?.top?.names.get(name);
    const below = machine.project.moduleFile(from.endsWith(".") ? `${from}${name}` : `${from}.${name}`, frame.module.file);
    if (binding !== undefined) frame.names.set(alias, binding);
    else if (below !== undefined) frame.names.set(alias, bind(imported(machine, below), place));
    else if (file === undefined && !from.startsWith(".")) frame.names.set(alias, bind(external(`${from}.${name}`), place));
    else if (names?.isDone === true && file !== undefined && machine.project.isPlain(file) && !machine.skips(file))
      return fail(frame, place, `${from}.${name}`);
    else frame.names.set(alias, bind(unknownValue(`${from}.${name}`), place));
  }
}

function imported(machine: Machine, file: string): Value {
  machine.module(file);
  return made(`module:${file}`);
}

/** Whether a library can be imported where the app runs; one that nobody is prepared to miss is there, whatever the lists say. */
function isThere(machine: Machine, name: string, frame: Frame): boolean {
  return frame.tries === undefined || machine.project.isInstalled(name);
}

/** An import that fails ends the code, or leads to the handler around it. */
function fail(frame: Frame, place: Place, name: string): void {
  if (frame.tries !== undefined) {
    mayRaise(frame, always, "ImportError");
    frame.path = never;
    return;
  }
  frame.module.failures.push({ ...place, when: reached(frame), what: `the import of ${name}` });
}

/** The value of a name of a module, as code that imports it sees it. */
export function nameOf(machine: Machine, file: string, name: string): Value | undefined {
  const binding = machine.module(file).top?.names.get(name);
  return binding === undefined ? undefined : valueOf(binding);
}
