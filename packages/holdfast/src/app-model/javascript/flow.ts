import type { Condition } from "../model.js";
import type { Module, Project } from "./project.js";
import type { FunctionNode, Node } from "./syntax.js";
import type { Choices, External, Frame, FunctionValue, Site, Value } from "./values.js";

/** Something that a handler does with an upload. */
export type Effect = EffectDetail & {
  readonly when: Condition;
  readonly site: Site;
  /** In a `catch`: after something failed. */
  readonly isRecovery: boolean;
};

export type EffectDetail =
  /** A parser is at work: where it puts what comes in. */
  | { readonly kind: "engine"; readonly engine: Choices }
  | { readonly kind: "cloud"; readonly service: string; readonly names: readonly string[] }
  | { readonly kind: "database"; readonly engine: string }
  /** Uploaded bytes are written to a path of the local disk. */
  | { readonly kind: "write"; readonly path: Choices; readonly isMove: boolean; readonly from: Choices; readonly words: string }
  /** Data is written as JSON: a store of its own. */
  | { readonly kind: "json"; readonly path: Choices }
  | { readonly kind: "remove"; readonly target: Choices; readonly words: string }
  | { readonly kind: "parse" }
  /** The stored file's name or path is kept. */
  | { readonly kind: "name" }
  | { readonly kind: "bytes-kept"; readonly callee: string }
  | { readonly kind: "throws" }
  /** Bytes are handed to something that could not be read. */
  | { readonly kind: "lost"; readonly callee: string }
  /** `req.file` is looked at: it is there only behind a parser. */
  | { readonly kind: "reads-files" }
  | { readonly kind: "callback"; readonly id: string; readonly args: readonly Choices[] };

/** Where the reading of code stands: under which condition, and who is told what happens. */
export interface Flow {
  readonly when: Condition;
  readonly effects: Effect[] | undefined;
  readonly isRecovery: boolean;
  /** What one part of a request's way left on the request for the next: `req.body.image = req.file`. */
  readonly carried?: Map<string, Choices>;
  /** Functions on the stack, to stop recursion. */
  readonly stack: readonly FunctionNode[];
}

/** The evaluator, as its parts see each other. */
export interface Machine {
  readonly project: Project;
  /** Where the program is started: `path.resolve` begins there. */
  readonly folder: string;
  evaluate(site: Site, frame: Frame, flow: Flow): Choices;
  /** Calls a value; what cannot be called answers with what its arguments hand on. */
  call(callee: Value, args: readonly Choices[], flow: Flow, site: Site): Choices;
  /** Calls a method of a value. */
  method(receiver: Value, name: string, args: readonly Choices[], flow: Flow, site: Site): Choices;
  /** Makes something with `new`. */
  construct(callee: Value, args: readonly Choices[], flow: Flow, site: Site): Choices;
  /** A property of a value. */
  member(value: Value, name: string, flow: Flow, site: Site): Choices;
  /** What an `import` or `require` of a specifier gives; `*` is the namespace, `=` what `require` gives. */
  imported(from: Module, specifier: string, name: string, at: Node): Choices;
  /** What a file exports under a name. */
  exported(path: string, name: string): Choices;
  /** A setting kept with `app.set(name, value)`. */
  setting(name: string): Choices;
  /** Reads a function's body as one call of it. */
  run(fn: FunctionValue, args: readonly Choices[] | undefined, flow: Flow): Choices;
  /** What a function that makes routes is called with by the app's own code, in one place of its parameters. */
  passedTo(module: Module, fn: FunctionNode, index: number): Choices | undefined;
  /** What is injected for a token, known by how it is written. */
  providedFor(token: string): Choices | undefined;
  /** What Nest's configuration has under a name that is no variable. */
  configuredAs(key: string): Choices | undefined;
  conditionAt(node: Node, frame: Frame, owner: Node): Condition;
  both(one: Condition, other: Condition): Condition;
  /** What is assigned to a made thing afterwards: `form.uploadDir = …`. */
  override(made: External, name: string): Choices | undefined;
  /** Counts a step; false once there have been too many. */
  step(): boolean;
}

export const note = (flow: Flow, site: Site, detail: EffectDetail): void => {
  if (flow.effects === undefined || flow.effects.length > 4000) return;
  flow.effects.push({ ...detail, when: flow.when, site, isRecovery: flow.isRecovery });
};

/** How an argument of a call is written, to know it again. */
export const wordsOf = (site: Site, index: number): string => {
  const argument = site.node.type === "CallExpression" ? site.node.arguments[index] : undefined;
  return argument === undefined ? "" : site.module.syntax.textOf(argument).replace(/\s+/g, "");
};
