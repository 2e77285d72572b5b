import {
  either,
  type Entry,
  entryOf,
  equal,
  joined,
  known,
  tested,
  textOf,
  unknownValue,
  type Value,
  variable,
} from "../abstract-value.js";
import { always, any, isNever, never, not, same, unknownTest } from "../conditions.js";
import type { Condition, Place } from "../model.js";
import { child, type Syntax } from "../syntax.js";
import { bind, joinNames, split, valueOf, type Binding } from "./bindings.js";
import { fork, mayRaise, reached, type Frame, type Machine, type Raised } from "./frames.js";
import { runImport, runImportFrom } from "./imports.js";
import { bounded, itemsOf, made, madeAs, truthOf } from "./values.js";

/** Items of a list that a loop is run for; the rest are like them. */
const maxRounds = 12;

/** Run a statement or a block: names change, and the frame's path ends where it returns or raises. */
export function runStatement(machine: Machine, node: Syntax | undefined, frame: Frame): void {
  if (node === undefined || isNever(frame.path) || machine.nesting > maxNesting || !machine.step()) return;
  machine.nesting += 1;
  runNode(machine, node, frame);
  machine.nesting -= 1;
}

/** Nobody nests code deeper by hand; what does is not followed, so that the stack holds. */
export const maxNesting = 350;

function runNode(machine: Machine, node: Syntax, frame: Frame): void {
  const place: Place = { file: frame.module.file, line: node.line };
  const go = (one: Syntax | undefined): void => runStatement(machine, one, frame);
  switch (node.type) {
    case "module":
    case "block":
    case "else_clause":
    case "finally_clause":
      return node.children.forEach(go);
    case "expression_statement":
      return node.children.forEach((one) =>
        one.type === "assignment" || one.type === "augmented_assignment" ? go(one) : void machine.evaluate(one, frame),
      );
    case "assignment":
      return assignment(machine, node, frame, place);
    case "augmented_assignment":
      return augmented(machine, node, frame, place);
    case "if_statement":
      return branch(machine, node, frame);
    case "try_statement":
      return attempt(machine, node, frame);
    case "with_statement":
      for (const item of node.children[0]?.children ?? []) {
        const value = machine.evaluate(child(item, "value"), frame);
        const target = child(item, "value")?.type === "as_pattern" ? child(child(item, "value"), "alias") : undefined;
        if (target !== undefined) assign(machine, target.children[0] ?? target, value, frame, place);
      }
      return go(child(node, "body"));
    case "for_statement":
      return loop(machine, node, frame, place);
    case "while_statement": {
      const round = fork(frame, always);
      machine.evaluate(child(node, "condition"), round);
      runStatement(machine, child(node, "body"), round);
      frame.names = round.names;
      return;
    }
    case "match_statement":
      return choice(machine, node, frame);
    case "function_definition":
      return define(machine, node, [], frame, place);
    case "class_definition":
      return defineClass(machine, node, frame, place);
    case "decorated_definition": {
      const definition = child(node, "definition");
      const decorators = node.children.filter((one) => one.type === "decorator");
      if (definition?.type === "class_definition") return defineClass(machine, definition, frame, place);
      return definition === undefined ? undefined : define(machine, definition, decorators, frame, place);
    }
    case "import_statement":
      return runImport(machine, node, frame);
    case "import_from_statement":
      return runImportFrom(machine, node, frame);
    case "return_statement":
      frame.returns.push({ when: frame.path, value: machine.evaluate(node.children[0], frame) });
      frame.path = never;
      return;
    case "raise_statement": {
      const what = node.children[0];
      if (what !== undefined) machine.evaluate(what, frame);
      return raise(frame, what?.text ?? "", place);
    }
    case "continue_statement":
    case "break_statement":
      frame.path = never;
      return;
    case "delete_statement":
      for (const one of node.children) if (one.type === "identifier") frame.names.delete(one.text);
      return;
    default:
      return;
  }
}

function raise(frame: Frame, text: string, place: Place): void {
  const type = /[A-Za-z_]\w*(?=\s*(?:\(|$))/.exec(text)?.[0] ?? text;
  if (frame.tries !== undefined) mayRaise(frame, always, type);
  else frame.module.failures.push({ ...place, when: reached(frame), what: type });
  frame.path = never;
}

function branch(machine: Machine, node: Syntax, frame: Frame): void {
  const test = truthOf(machine.evaluate(child(node, "condition"), frame));
  const alternatives = node.children.filter((one) => one.field === "alternative");
  const chosen = fork(frame, test);
  if (!isNever(test)) runHere(machine, child(node, "consequence"), chosen);
  const otherwise = fork(frame, not(test));
  const [next, ...rest] = alternatives;
  if (next !== undefined && !isNever(not(test))) {
    if (next.type === "elif_clause")
      runHere(machine, { ...next, text: next.text, children: [...next.children, ...rest], type: "if_statement" }, otherwise);
    else runHere(machine, child(next, "body"), otherwise);
  }
  settle(frame, test, chosen, otherwise);
}

/** Run a branch; while a module's own statements run, its functions see the branch's names. */
function runHere(machine: Machine, node: Syntax | undefined, frame: Frame): void {
  const { module } = frame;
  const isTop = module.top !== undefined && frame.outer === undefined && !module.isDone;
  const before = module.top;
  if (isTop) module.top = frame;
  if (node?.type === "if_statement") branch(machine, node, frame);
  else runStatement(machine, node, frame);
  if (isTop) module.top = before;
}

/** Go on where two branches meet. */
function settle(frame: Frame, test: Condition, chosen: Frame, otherwise: Frame): void {
  if (isNever(chosen.path)) {
    frame.names = otherwise.names;
    frame.path = otherwise.path;
  } else if (isNever(otherwise.path)) {
    frame.names = chosen.names;
    frame.path = chosen.path;
  } else {
    const unchanged = chosen.path === chosen.start && otherwise.path === otherwise.start;
    frame.names = joinNames(test, chosen.names, otherwise.names);
    if (!unchanged) frame.path = bounded(any(chosen.path, otherwise.path));
  }
}

function attempt(machine: Machine, node: Syntax, frame: Frame): void {
  const handlers = node.children.filter((one) => one.type === "except_clause" || one.type === "except_group_clause");
  const raised: Raised[] = [];
  const body = fork(frame, always, handlers.length === 0 ? {} : { tries: { raised } });
  runHere(machine, child(node, "body"), body);
  const last = node.children.find((one) => one.type === "finally_clause");
  const rest = node.children.find((one) => one.type === "else_clause");
  runHere(machine, rest, body);
  let ways = body;
  const base = reached(frame);
  for (const handler of handlers) {
    const types = handlerTypes(handler);
    const caught = raised.filter((one) => catches(types, one.type));
    const when = any(...caught.map((one) => one.when));
    const isSure = caught.some((one) => same(one.when, base));
    // In a request anything may fail; in settings only what is known to.
    if (caught.length === 0 && !(machine.isRequest && types.every((type) => !isImportError(type)))) continue;
    const test = caught.length === 0 ? unknownTest("whether an error is caught here") : bounded(when);
    const recovered = fork(frame, isSure ? always : test, {
      inHandler: frame.inHandler || caught.length === 0 || !caught.every((one) => isImportError(one.type)),
    });
    const names = caught.find((one) => one.names !== undefined && frame.outer === undefined)?.names;
    if (names !== undefined) recovered.names = new Map(names);
    else if (caught.length === 0) recovered.names = new Map(body.names);
    runHere(machine, handler.children.at(-1), recovered);
    for (const one of caught) raised.splice(raised.indexOf(one), 1);
    if (isSure) ways = recovered;
    else {
      const joint = fork(frame, always);
      settle(joint, test, recovered, ways);
      ways = joint;
    }
  }
  frame.tries?.raised.push(...raised);
  frame.names = ways.names;
  frame.path = ways.path;
  runStatement(machine, last, frame);
}

function handlerTypes(handler: Syntax): readonly string[] {
  const [first] = handler.children;
  if (first === undefined || first.type === "block") return [""];
  const type = first.type === "as_pattern" ? first.children[0] : first;
  const types = type?.type === "tuple" ? type.children : [type];
  return types.map((one) => one?.text.split(".").at(-1) ?? "");
}

function isImportError(type: string): boolean {
  return type === "ImportError" || type === "ModuleNotFoundError";
}

function catches(types: readonly string[], type: string): boolean {
  const wide = ["", "Exception", "BaseException", type];
  if (isImportError(type)) wide.push("ImportError", "ModuleNotFoundError");
  if (type === "KeyError") wide.push("LookupError");
  return types.some((one) => wide.includes(one));
}

function loop(machine: Machine, node: Syntax, frame: Frame, place: Place): void {
  const over = machine.evaluate(child(node, "right"), frame);
  const items = itemsOf(over)?.slice(0, maxRounds);
  const what = child(node, "right")?.text ?? "";
  const upload = over.kind === "made" && over.type === "upload" ? over : undefined;
  for (const item of items ?? [upload ?? unknownValue(`an item of ${what}`)]) {
    const round = fork(frame, always);
    const target = child(node, "left");
    if (target !== undefined) assign(machine, target, item, round, place);
    runHere(machine, child(node, "body"), round);
    frame.names = round.names;
  }
  runStatement(machine, child(node, "alternative"), frame);
}

function choice(machine: Machine, node: Syntax, frame: Frame): void {
  const subject = machine.evaluate(child(node, "subject"), frame);
  const rows = (child(node, "body")?.children ?? node.children).filter((one) => one.type === "case_clause");
  const next = (index: number, at: Frame): void => {
    const row = rows[index];
    if (row === undefined) return;
    const patterns = row.children.filter((one) => one.type === "case_pattern");
    const isRest = patterns.some((one) => one.text === "_");
    const test = isRest ? always : bounded(any(...patterns.map((one) => equal(subject, machine.evaluate(one.children[0], at)))));
    const chosen = fork(at, test);
    runHere(machine, child(row, "consequence"), chosen);
    const otherwise = fork(at, not(test));
    next(index + 1, otherwise);
    settle(at, test, chosen, otherwise);
  };
  next(0, frame);
}

function define(machine: Machine, node: Syntax, decorators: readonly Syntax[], frame: Frame, place: Place): void {
  const name = child(node, "name")?.text ?? "";
  for (const one of decorators) machine.evaluate(one.children[0], frame);
  machine.functions.push({ name, node, frame, file: frame.module.file, decorators, owner: undefined });
  frame.names.set(name, bind(made(`function:${machine.functions.length - 1}`), place));
}

function defineClass(machine: Machine, node: Syntax, frame: Frame, place: Place): void {
  const name = child(node, "name")?.text ?? "";
  const parents = child(node, "superclasses")?.children.filter((one) => one.type !== "keyword_argument") ?? [];
  const bases = parents.map((one) => machine.evaluate(one, frame));
  const first = machine.functions.length;
  const inside: Frame = { ...frame, names: new Map(), outer: frame, path: always, start: always, base: reached(frame) };
  runStatement(machine, child(node, "body"), inside);
  const id = machine.classes.length;
  const record = { name, node, file: frame.module.file, line: node.line, bases, names: inside.names, id };
  machine.classes.push(record);
  for (let index = first; index < machine.functions.length; index++) {
    const one = machine.functions[index];
    if (one?.frame === inside) machine.functions[index] = { ...one, owner: record, frame };
  }
  frame.names.set(name, bind(made(`class:${id}`), place));
}

function assignment(machine: Machine, node: Syntax, frame: Frame, place: Place): void {
  const target = child(node, "left");
  const right = child(node, "right");
  if (target === undefined) return;
  if (right === undefined) {
    // A name that is only declared, in a class, has its value from elsewhere.
    if (target.type === "identifier" && !frame.names.has(target.text)) frame.names.set(target.text, bind(made("declared"), place));
    return;
  }
  if (right.type === "assignment") runStatement(machine, right, frame);
  const value = right.type === "assignment" ? machine.evaluate(child(right, "left"), frame) : machine.evaluate(right, frame);
  assign(machine, target, value, frame, place);
}

function augmented(machine: Machine, node: Syntax, frame: Frame, place: Place): void {
  const target = child(node, "left");
  const right = machine.evaluate(child(node, "right"), frame);
  if (target === undefined) return;
  const left = machine.evaluate(target, frame);
  const value =
    left.kind === "list" && right.kind === "list"
      ? ({ kind: "list", items: [...left.items, ...right.items] } as const)
      : node.operator === "+=" && left.kind !== "list"
        ? joined(left, right)
        : node.operator === "|=" && left.kind === "table" && right.kind === "table"
          ? ({ kind: "table", entries: new Map([...left.entries, ...right.entries]) } as const)
          : left;
  assign(machine, target, value, frame, place);
}

/** Give a target a value: a name, an item of a table, an attribute, or several at once. */
export function assign(machine: Machine, target: Syntax, value: Value, frame: Frame, place: Place): void {
  switch (target.type) {
    case "identifier":
      frame.names.set(target.text, bind(value, place));
      return;
    case "pattern_list":
    case "tuple_pattern":
    case "list_pattern":
      target.children.forEach((one, index) =>
        assign(
          machine,
          one,
          (value.kind === "list" ? value.items[index] : undefined) ?? unknownValue(`a part of ${target.text}`),
          frame,
          place,
        ),
      );
      return;
    case "subscript": {
      const object = child(target, "value");
      const key = textOf(machine.evaluate(child(target, "subscript"), frame));
      if (object !== undefined && key !== undefined) assignItem(machine, object, key, value, frame, place);
      return;
    }
    case "attribute": {
      const object = child(target, "object");
      const name = child(target, "attribute")?.text ?? "";
      if (object !== undefined) assignAttribute(machine, object, name, value, frame, place);
      return;
    }
    default:
      return;
  }
}

function assignItem(machine: Machine, object: Syntax, key: string, value: Value, frame: Frame, place: Place): void {
  const holder = machine.evaluate(object, frame);
  if (madeAs(holder, "external:") === "os.environ") {
    setVariable(machine, key, value, frame);
    return;
  }
  if (holder.kind === "made" && holder.type === "config") {
    configure(machine, key, value, frame, place);
    return;
  }
  const changed = withEntry(holder, key, { value, ...place });
  if (changed !== undefined && (object.type === "identifier" || object.type === "subscript"))
    assign(machine, object, changed, frame, place);
}

/** Set a variable of the environment, under the condition it is reached by. */
export function setVariable(machine: Machine, name: string, value: Value, frame: Frame): void {
  machine.environment.set(name, either(reached(frame), value, machine.environment.get(name) ?? variable(name)));
}

/** Set a key of the app's configuration, under the condition it is reached by. */
export function configure(machine: Machine, key: string, value: Value, frame: Frame, place: Place): void {
  const joint = split(reached(frame), bind(value, place), machine.config.get(key));
  if (joint !== undefined) machine.config.set(key, joint);
}

function withEntry(holder: Value, key: string, entry: Entry): Value | undefined {
  if (holder.kind === "either") {
    const chosen = withEntry(holder.chosen, key, entry);
    const otherwise = withEntry(holder.otherwise, key, entry);
    return chosen === undefined || otherwise === undefined ? undefined : { ...holder, chosen, otherwise };
  }
  if (holder.kind === "table") return { kind: "table", entries: new Map([...holder.entries, [key, entry]]) };
  return holder.kind === "unknown" ? { kind: "table", entries: new Map([[key, entry]]) } : undefined;
}

function assignAttribute(machine: Machine, object: Syntax, name: string, value: Value, frame: Frame, place: Place): void {
  const holder = machine.evaluate(object, frame);
  const key = `${object.text}.${name}`;
  if (holder.kind === "made" && (holder.type.startsWith("instance:") || holder.type === "config")) {
    if (holder.type === "config" || entryOf(holder, name) !== undefined) configure(machine, name, value, frame, place);
  }
  // Attributes are kept beside the names, by how they are written.
  const before: Binding | undefined = frame.names.get(key);
  frame.names.set(key, before !== undefined && valueOf(before) === value ? before : bind(value, place));
}

/** A test as a value: true, false, or depending on the environment. */
export function answer(condition: Condition): Value {
  return isNever(condition) ? known(false) : tested(condition);
}
