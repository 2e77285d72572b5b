import type { Condition } from "../model.js";
import { afterFailure, all, always, any, decidedByData, not } from "./conditions.js";
import type { Flow, Machine } from "./flow.js";
import { asksIfFirstTime } from "./first-time.js";
import type { Module } from "./project.js";
import type { Binding, Origin, Step } from "./scopes.js";
import type { FunctionNode, Node } from "./syntax.js";
import { isFunction } from "./syntax.js";
import type { Choice, Choices, Frame, Value } from "./values.js";
import { absent, data, each, equality, holds, one, tidy, truthOf, unknown } from "./values.js";

/** Names a place in the code, for tests that only a request can answer. */
export const whereOf = (module: Module, node: Node): string => `${module.path}:${node.start}`;

export const silent: Flow = { when: always, effects: undefined, isRecovery: false, stack: [] };

const moduleFrames = new WeakMap<Module, Frame>();

/** The frame of a module's own code. */
export const moduleFrame = (module: Module): Frame => {
  const known = moduleFrames.get(module);
  if (known !== undefined) return known;
  const frame: Frame = {
    owner: module.syntax.program,
    module,
    parent: undefined,
    args: undefined,
    self: undefined,
    known: new Map(),
    busy: new Set(),
  };
  moduleFrames.set(module, frame);
  return frame;
};

const freshFrames = new WeakMap<FunctionNode, Frame>();

/** The frame that a node stands in when nobody knows how its function is called. */
export const frameAround = (module: Module, node: Node): Frame => {
  let at = module.names.parentOf(node);
  while (at !== undefined && !isFunction(at)) at = module.names.parentOf(at);
  if (at === undefined) return moduleFrame(module);
  const known = freshFrames.get(at);
  if (known !== undefined) return known;
  const frame: Frame = {
    owner: at,
    module,
    parent: frameAround(module, at),
    args: undefined,
    self: undefined,
    known: new Map(),
    busy: new Set(),
  };
  freshFrames.set(at, frame);
  return frame;
};

/** The frame of one call. */
export const callFrame = (fn: Extract<Value, { kind: "function" }>, args: readonly Choices[] | undefined): Frame => ({
  owner: fn.node,
  module: fn.frame.module,
  parent: fn.frame,
  args,
  self: fn.self,
  known: new Map(),
  busy: new Set(),
});

const frameOf = (binding: Binding, frame: Frame): Frame | undefined => {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) if (at.owner === binding.owner) return at;
  return undefined;
};

const truth = (machine: Machine, test: Node, frame: Frame): Condition =>
  holds(machine.evaluate({ module: frame.module, node: test }, frame, silent), (value) => truthOf(value, whereOf(frame.module, test)));

/** The condition that a switch takes one of its cases. */
export const caseCondition = (
  machine: Machine,
  at: Extract<Node, { type: "SwitchCase" }>,
  all_: Extract<Node, { type: "SwitchStatement" }>,
  frame: Frame,
): Condition => {
  const subject = machine.evaluate({ module: frame.module, node: all_.discriminant }, frame, silent);
  const matches = (test: Node): Condition => {
    const wanted = machine.evaluate({ module: frame.module, node: test }, frame, silent);
    return holds(subject, (left) => holds(wanted, (right) => equality(left, right, whereOf(frame.module, test))));
  };
  if (at.test === null) {
    return not(any(...all_.cases.flatMap((other) => (other.test === null ? [] : [matches(other.test)]))));
  }
  // Cases without a body of their own fall through to this one.
  const tests: Node[] = [at.test];
  for (let index = all_.cases.indexOf(at) - 1; index >= 0; index -= 1) {
    const before = all_.cases[index];
    if (before === undefined || before.consequent.length > 0 || before.test === null) break;
    tests.push(before.test);
  }
  return any(...tests.map(matches));
};

/** The condition under which a node is reached, as the tests around it say, up to the function it stands in. */
export const conditionAt = (machine: Machine, node: Node, frame: Frame, owner: Node): Condition => {
  const { names } = frame.module;
  const parts: Condition[] = [];
  let child = node;
  for (let parent = names.parentOf(node); parent !== undefined && child !== owner; parent = names.parentOf(child)) {
    if (parent.type === "IfStatement" || parent.type === "ConditionalExpression") {
      const isOtherwise = child === parent.alternate;
      // The first time says nothing about the environment.
      if (child !== parent.test && !asksIfFirstTime(frame.module, parent.test, node, isOtherwise)) {
        const tested = truth(machine, parent.test, frame);
        parts.push(isOtherwise ? not(tested) : tested);
      }
    } else if (parent.type === "LogicalExpression" && child === parent.right) {
      const isOtherwise = parent.operator !== "&&";
      if (!asksIfFirstTime(frame.module, parent.left, node, isOtherwise)) {
        const left = truth(machine, parent.left, frame);
        parts.push(isOtherwise ? not(left) : left);
      }
    } else if (parent.type === "CatchClause") {
      parts.push(afterFailure(whereOf(frame.module, parent)));
    } else if (parent.type === "SwitchCase" && child !== parent.test) {
      const whole = names.parentOf(parent);
      if (whole?.type === "SwitchStatement") parts.push(caseCondition(machine, parent, whole, frame));
    }
    if (isFunction(child) && child !== owner) {
      const called = names.parentOf(child);
      const isNow = called?.type === "CallExpression" && called.callee === child;
      if (!isNow) parts.push(decidedByData(whereOf(frame.module, child)));
    }
    child = parent;
  }
  return all(...parts);
};

/** The condition that a function was not left before a node: `if (url.startsWith("file:")) { … return file; }` above it. */
export const notLeftBefore = (machine: Machine, node: Node, frame: Frame): Condition => {
  const { names } = frame.module;
  const parts: Condition[] = [];
  let child = node;
  for (let parent = names.parentOf(node); parent !== undefined && child !== frame.owner; parent = names.parentOf(child)) {
    if (parent.type === "BlockStatement") {
      for (const before of parent.body) {
        if (before === child) break;
        if (before.type === "IfStatement" && before.alternate === null && leaves(before.consequent)) {
          if (!asksIfFirstTime(frame.module, before.test, node, true)) parts.push(not(truth(machine, before.test, frame)));
        }
      }
    }
    child = parent;
  }
  return all(...parts);
};

const leaves = (node: Node): boolean => {
  const last = node.type === "BlockStatement" ? node.body.at(-1) : node;
  return last?.type === "ReturnStatement" || last?.type === "ThrowStatement";
};

/** Takes a part out of a value, as a pattern says. */
export const takeSteps = (machine: Machine, choices: Choices, steps: readonly Step[], frame: Frame, flow: Flow, at: Node): Choices => {
  let taken = choices;
  for (const step of steps) {
    if (step.kind === "rest") continue;
    if (step.kind === "default") {
      taken = withDefault(taken, () => machine.evaluate({ module: frame.module, node: step.value }, frame, silent));
      continue;
    }
    const name = step.kind === "key" ? step.key : String(step.index);
    taken = each(taken, (value) => machine.member(value, name, flow, { module: frame.module, node: at }));
  }
  return taken;
};

/** The values, and in place of nothing the default. */
export const withDefault = (choices: Choices, fallback: () => Choices): Choices =>
  each(choices, (value) => {
    if (value.kind === "variable") {
      return [{ when: { kind: "set", name: value.name }, value }, ...fallback()];
    }
    if (value.kind === "literal" && (value.value === undefined || value.value === null)) return fallback();
    return one(value);
  });

const requestNames = /^_?(req|request|ctx|context|c|event|evt)$/;

/** The token of `@Inject(TOKEN)`, as it is written. */
const injectedToken = (module: Module, annotated: Node): string | undefined => {
  const around = module.names.parentOf(annotated);
  const marks = [annotated, ...(around?.type === "TSParameterProperty" ? [around] : [])].flatMap((node) =>
    "decorators" in node ? (node.decorators ?? []) : [],
  );
  for (const { expression } of marks) {
    if (expression.type !== "CallExpression" || expression.callee.type !== "Identifier" || expression.callee.name !== "Inject") continue;
    const [token] = expression.arguments;
    if (token !== undefined) return module.syntax.textOf(token);
  }
  return undefined;
};

/** The value of a type that is a class: what a container would inject. */
export const injected = (machine: Machine, annotated: Node, frame: Frame): Choices | undefined => {
  if (annotated.type !== "Identifier" || !("typeAnnotation" in annotated)) return undefined;
  const token = injectedToken(frame.module, annotated);
  const provided = token === undefined ? undefined : machine.providedFor(token);
  if (provided !== undefined) return provided;
  const type = annotated.typeAnnotation?.typeAnnotation;
  if (type?.type !== "TSTypeReference" || type.typeName.type !== "Identifier") return undefined;
  const named = machine.evaluate({ module: frame.module, node: type.typeName }, frame, silent);
  const value = named[0]?.value;
  if (value?.kind === "class") return one({ kind: "instance", of: value, args: undefined, known: new Map() });
  if (value?.kind === "external" && /^@nestjs\/|(Service|Client)$/.test(value.name))
    return one({ ...value, name: `${value.name}()`, on: value, args: [] });
  return undefined;
};

const originValue = (machine: Machine, origin: Origin, frame: Frame, flow: Flow): Choices => {
  const { module } = frame;
  // An assignment in a function within: its own names are those of that function.
  const inner = frameAround(module, origin.at);
  const around = origin.kind === "value" && inner.owner !== frame.owner ? nested(inner, frame) : frame;
  switch (origin.kind) {
    case "value":
      return takeSteps(machine, machine.evaluate({ module, node: origin.value }, around, flow), origin.steps, around, flow, origin.at);
    case "item": {
      const of = machine.evaluate({ module, node: origin.of }, frame, flow);
      const item = each(of, (value) => itemOf(value));
      return takeSteps(machine, item, origin.steps, frame, flow, origin.at);
    }
    case "parameter": {
      if (frame.args === undefined) {
        const found = origin.at.type === "TSParameterProperty" ? origin.at.parameter : origin.at;
        const made = origin.steps.length === 0 ? injected(machine, found, frame) : undefined;
        if (made !== undefined) return made;
        const named = found.type === "Identifier" ? found.name : undefined;
        if (named !== undefined && requestNames.test(named)) return data("request");
        const passed = frame.owner.type === "Program" || origin.rest ? undefined : machine.passedTo(module, frame.owner, origin.index);
        return takeSteps(machine, passed ?? unknown, origin.steps, frame, flow, origin.at);
      }
      const passed: Choices = origin.rest
        ? one({ kind: "list", items: frame.args.slice(origin.index), isOpen: false })
        : (frame.args[origin.index] ?? absent);
      return takeSteps(machine, passed, origin.steps, frame, flow, origin.at);
    }
    case "function":
      return one({ kind: "function", node: origin.node, frame, self: undefined });
    case "class":
      return one({ kind: "class", node: origin.node, frame });
    case "import":
      return machine.imported(module, origin.from, origin.name, origin.at);
    case "enum":
      return one({ kind: "object", entries: enumEntries(origin.node), isOpen: false, site: { module, node: origin.node } });
    case "caught":
    case "none":
      return origin.kind === "none" ? absent : unknown;
  }
};

const nested = (inner: Frame, outer: Frame): Frame => {
  if (inner.owner === outer.owner) return outer;
  if (inner.parent === undefined) return inner;
  return { ...inner, parent: nested(inner.parent, outer), known: new Map(), busy: new Set() };
};

const enumEntries = (node: Extract<Node, { type: "TSEnumDeclaration" }>): ReadonlyMap<string, Choices> =>
  new Map(
    node.body.members.flatMap((member): [string, Choices][] => {
      const name = member.id.type === "Identifier" ? member.id.name : member.id.type === "Literal" ? member.id.value : undefined;
      const value = member.initializer?.type === "Literal" ? member.initializer.value : undefined;
      return name === undefined || typeof value !== "string" ? [] : [[name, one({ kind: "literal", value })]];
    }),
  );

/** What a loop over a value meets. */
export const itemOf = (value: Value): Choices => {
  if (value.kind === "list") {
    const [first] = value.items;
    return first === undefined
      ? unknown
      : tidy(
          value.items.flatMap((item, index) =>
            item.map((row): Choice => ({
              when: all(row.when, index === value.items.length - 1 ? always : decidedByData(`item:${index}`)),
              value: row.value,
            })),
          ),
        );
  }
  if (value.kind === "data")
    return one(value.role === "request" ? { kind: "data", role: "about" } : value.role === "form" ? { kind: "data", role: "body" } : value);
  if (value.kind === "external" && value.role !== undefined) return data(value.role);
  return unknown;
};

/** The value of a name: all that is ever assigned to it, the last assignment first, each under its condition. */
export const bindingValue = (machine: Machine, binding: Binding, from: Frame): Choices => {
  const frame = frameOf(binding, from) ?? frameAround(from.module, binding.origins[0]?.at ?? from.owner);
  const known = frame.known.get(binding);
  if (known !== undefined) return known;
  if (frame.busy.has(binding) || !machine.step()) return unknown;
  frame.busy.add(binding);
  let value: Choices = absent;
  for (const origin of binding.origins) {
    // `if (!url) url = "file:./a.db"`: what comes later sees what came before.
    if (binding.origins.length > 1 && value !== absent) frame.known.set(binding, value);
    const when = binding.origins.length === 1 ? always : conditionAt(machine, origin.at, frame, frame.owner);
    const rows = originValue(machine, origin, frame, silent).map((row): Choice => ({ when: all(when, row.when), value: row.value }));
    value = tidy([...rows, ...(when.kind === "always" ? [] : value)]);
    frame.known.delete(binding);
  }
  frame.busy.delete(binding);
  frame.known.set(binding, value);
  return value;
};
