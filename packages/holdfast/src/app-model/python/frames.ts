import type { Value } from "../abstract-value.js";
import { all, possible } from "../conditions.js";
import type { Condition, Place } from "../model.js";
import type { Syntax } from "../syntax.js";
import type { Binding, Names } from "./bindings.js";
import type { PythonProject } from "./project.js";
import { isLong } from "./values.js";

/** A module of the app, and what its names came to. */
export interface Module {
  readonly file: string;
  /** Where the module's own statements are being run: what functions see as globals. */
  top: Frame | undefined;
  /** Endings with an error that the module's own statements lead to. */
  readonly failures: Failure[];
  isDone: boolean;
}

export interface Failure extends Place {
  readonly when: Condition;
  readonly what: string;
}

/** A running piece of code: names, and under which condition it goes on from here. */
export interface Frame {
  readonly module: Module;
  names: Names;
  /** Never, once it has returned or raised. Within the function; `base` is what led to the call. */
  path: Condition;
  readonly base: Condition;
  /** The path it began with. */
  readonly start: Condition;
  readonly outer: Frame | undefined;
  readonly returns: { readonly when: Condition; readonly value: Value }[];
  readonly tries: Try | undefined;
  /** In the handler of an error, or in what is called from there. */
  readonly inHandler: boolean;
  readonly depth: number;
}

/** What a `try` around the running code has caught so far. */
export interface Try {
  readonly raised: Raised[];
}

export interface Raised {
  readonly when: Condition;
  readonly type: string;
  readonly names: Names | undefined;
}

export interface PythonFunction {
  readonly name: string;
  readonly node: Syntax;
  readonly frame: Frame;
  readonly file: string;
  readonly decorators: readonly Syntax[];
  readonly owner: PythonClass | undefined;
}

export interface PythonClass {
  readonly name: string;
  readonly node: Syntax;
  readonly file: string;
  readonly line: number;
  readonly bases: readonly Value[];
  readonly names: Names;
  readonly id: number;
}

/** A call that was reached. */
export interface Call {
  readonly node: Syntax;
  /** The dotted name of a library's function, or of the method of an object of a library's. */
  readonly name: string | undefined;
  readonly receiver: Value | undefined;
  readonly method: string;
  readonly items: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
  readonly when: Condition;
  readonly inHandler: boolean;
  readonly file: string;
  readonly line: number;
}

/** What runs an app's Python without running it: values and conditions in the place of what only a process would know. */
export interface Machine {
  readonly project: PythonProject;
  readonly functions: PythonFunction[];
  readonly classes: PythonClass[];
  /** Variables of the environment that the app sets itself. */
  readonly environment: Map<string, Value>;
  /** Flask's `app.config` and its like. */
  readonly config: Map<string, Binding>;
  /** Files that are run themselves: what they do under `if __name__ == "__main__"` may happen. */
  scripts: ReadonlySet<string>;
  /** Modules whose names nobody needs. */
  skips: (file: string) => boolean;
  /** Functions that were called, by what defines them. */
  readonly called: Set<Syntax>;
  /** How deep the code that is being followed is nested. */
  nesting: number;
  /** Whether the code around is a request's, in which anything may fail. */
  isRequest: boolean;
  onCall: ((call: Call) => void) | undefined;
  evaluate(node: Syntax | undefined, frame: Frame): Value;
  run(node: Syntax | undefined, frame: Frame): void;
  call(callee: Value, items: readonly Value[], named: ReadonlyMap<string, Value>, frame: Frame, node: Syntax): Value;
  attribute(value: Value, name: string, frame: Frame): Value | undefined;
  module(file: string): Module;
  /** A setting of Django's, as the effective settings module has it; undefined where it sets none. */
  setting(name: string): Value | undefined;
  /** One step of a bounded number; false once they are used up. */
  step(): boolean;
  /** Bound the steps of what comes next by themselves. */
  grant(steps: number): void;
}

/** Under what condition a frame goes on, all in all. */
export function reached(frame: Frame): Condition {
  return all(frame.base, frame.path);
}

/** Make a frame that goes on from another under a further condition. */
export function fork(frame: Frame, when: Condition, change: Partial<Pick<Frame, "tries" | "inHandler">> = {}): Frame {
  const path = when.kind === "always" ? frame.path : short(all(frame.path, when));
  return { ...frame, names: new Map(frame.names), path, start: path, ...change };
}

/** In code of many branches what could not be read is left out of the path: it counts as possible in the end. */
function short(path: Condition): Condition {
  return isLong(path) ? possible(path) : path;
}

/** Say that what runs may end with an error here, under a condition within the frame. */
export function mayRaise(frame: Frame, when: Condition, type: string): void {
  frame.tries?.raised.push({ when: all(reached(frame), when), type, names: new Map(frame.names) });
}
