import type { Condition } from "../model.js";
import { afterFailure, all, always, any, isNever, never, not } from "./conditions.js";
import type { Flow, Machine } from "./flow.js";
import { note } from "./flow.js";
import { callFrame, caseCondition, takeSteps, whereOf } from "./frames.js";
import type { Node } from "./syntax.js";
import { bare, childrenOf, isFunction, keyName } from "./syntax.js";
import type { Choice, Choices, Frame, FunctionValue } from "./values.js";
import { absent, holds, roleOf, tidy, truthOf, unknown } from "./values.js";

interface Body {
  readonly machine: Machine;
  readonly frame: Frame;
  readonly flow: Flow;
  readonly returns: Choice[];
}

const under = (body: Body, local: Condition): Flow => ({ ...body.flow, when: all(body.flow.when, local) });

/** Two ways that meet again: simply the way before the fork where neither left it. */
const meet = (before: Condition, test: Condition, yes: Condition, no: Condition): Condition => {
  if (yes === all(before, test) && no === all(before, not(test))) return before;
  return any(yes, no);
};

const declare = (body: Body, node: Extract<Node, { type: "VariableDeclaration" }>, local: Condition): void => {
  const { machine, frame } = body;
  for (const declarator of node.declarations) {
    if (declarator.init === null) continue;
    const flow = under(body, local);
    const value = machine.evaluate({ module: frame.module, node: declarator.init }, frame, flow);
    for (const name of namesIn(declarator.id)) {
      const binding = frame.module.names.resolve(name, declarator);
      const [origin] = binding?.origins ?? [];
      if (
        binding === undefined ||
        binding.origins.length !== 1 ||
        origin?.kind !== "value" ||
        origin.at !== declarator ||
        binding.owner !== frame.owner
      )
        continue;
      frame.known.set(binding, takeSteps(machine, value, origin.steps, frame, flow, declarator));
    }
  }
};

const namesIn = (pattern: Node): readonly string[] => {
  if (pattern.type === "Identifier") {
    return [pattern.name];
  }
  if (pattern.type === "AssignmentPattern") {
    return namesIn(pattern.left);
  }
  if (pattern.type === "RestElement") {
    return namesIn(pattern.argument);
  }
  if (pattern.type === "ObjectPattern") {
    return pattern.properties.flatMap((property) => namesIn(property.type === "RestElement" ? property.argument : property.value));
  }
  if (pattern.type === "ArrayPattern") {
    return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
  }
  return [];
};

const endsProcess = (node: Node): boolean => {
  const call = bare(node);
  if (call.type !== "CallExpression" || call.callee.type !== "MemberExpression") return false;
  const { object, property } = call.callee;
  return object.type === "Identifier" && object.name === "process" && keyName(property) === "exit";
};

const runBlock = (body: Body, statements: readonly Node[], start: Condition): Condition => {
  let local = start;
  for (const statement of statements) {
    if (isNever(local)) return never;
    local = runStatement(body, statement, local);
  }
  return local;
};

const runTry = (body: Body, node: Extract<Node, { type: "TryStatement" }>, local: Condition): Condition => {
  const through = runBlock(body, node.block.body, local);
  let left = through;
  if (node.handler !== null) {
    const failed = all(local, afterFailure(whereOf(body.frame.module, node.handler)));
    const recovering: Body = { ...body, flow: { ...body.flow, isRecovery: true } };
    const recovered = runBlock(recovering, node.handler.body.body, failed);
    if (isNever(through)) left = recovered;
  }
  if (node.finalizer !== null) runBlock(body, node.finalizer.body, local);
  return left;
};

const runSwitch = (body: Body, node: Extract<Node, { type: "SwitchStatement" }>, local: Condition): Condition => {
  const { machine, frame } = body;
  machine.evaluate({ module: frame.module, node: node.discriminant }, frame, under(body, local));
  const ways: Condition[] = [];
  let hasDefault = false;
  for (const each of node.cases) {
    if (each.test === null) hasDefault = true;
    if (each.consequent.length === 0) continue;
    ways.push(runBlock(body, each.consequent, all(local, caseCondition(machine, each, node, frame))));
  }
  // What breaks out of the switch goes on behind it.
  const isLeft = hasDefault && ways.every(isNever) && !node.cases.some((each) => each.consequent.some(breaksOut));
  return isLeft ? never : local;
};

/** Whether a statement holds a `break` of the switch around it, not of a loop or a switch within. */
const breaksOut = (node: Node): boolean => {
  if (node.type === "BreakStatement") return node.label === null;
  if (isFunction(node) || node.type === "SwitchStatement" || /^(For|While|DoWhile)/.test(node.type)) return false;
  return childrenOf(node).some(breaksOut);
};

/** Reads one statement; answers under which condition the next one is reached. */
const runStatement = (body: Body, node: Node, local: Condition): Condition => {
  const { machine, frame } = body;
  const { module } = frame;
  const evaluate = (next: Node): Choices => machine.evaluate({ module, node: next }, frame, under(body, local));
  if (node.type === "ExpressionStatement") {
    evaluate(node.expression);
    if (endsProcess(node.expression)) {
      note(under(body, local), { module, node }, { kind: "throws" });
      return never;
    }
    return local;
  }
  if (node.type === "VariableDeclaration") {
    declare(body, node, local);
    return local;
  }
  if (node.type === "ReturnStatement") {
    const value = node.argument === null ? absent : evaluate(node.argument);
    for (const row of value) body.returns.push({ when: all(local, row.when), value: row.value });
    return never;
  }
  if (node.type === "ThrowStatement") {
    evaluate(node.argument);
    note(under(body, local), { module, node }, { kind: "throws" });
    return never;
  }
  if (node.type === "IfStatement") {
    const where = whereOf(module, node.test);
    const test = holds(evaluate(node.test), (value) => truthOf(value, where));
    const yes = isNever(test) ? never : runBlock(body, blockOf(node.consequent), all(local, test));
    const otherwise = not(test);
    const no = isNever(otherwise)
      ? never
      : node.alternate === null
        ? all(local, otherwise)
        : runBlock(body, blockOf(node.alternate), all(local, otherwise));
    return meet(local, test, yes, no);
  }
  if (node.type === "BlockStatement") {
    return runBlock(body, node.body, local);
  }
  if (node.type === "TryStatement") {
    return runTry(body, node, local);
  }
  if (node.type === "ForOfStatement" || node.type === "ForInStatement") {
    evaluate(node.right);
    runBlock(body, blockOf(node.body), local);
    return local;
  }
  if (node.type === "ForStatement") {
    if (node.init !== null) {
      if (node.init.type === "VariableDeclaration") declare(body, node.init, local);
      else evaluate(node.init);
    }
    runBlock(body, blockOf(node.body), local);
    return local;
  }
  if (node.type === "WhileStatement" || node.type === "DoWhileStatement") {
    evaluate(node.test);
    runBlock(body, blockOf(node.body), local);
    return local;
  }
  if (node.type === "SwitchStatement") {
    return runSwitch(body, node, local);
  }
  if (node.type === "LabeledStatement") {
    return runStatement(body, node.body, local);
  }
  if (node.type === "BreakStatement" || node.type === "ContinueStatement") {
    return never;
  }
  if (node.type === "ExportNamedDeclaration") {
    return node.declaration === null ? local : runStatement(body, node.declaration, local);
  }
  if (node.type === "ExportDefaultDeclaration") {
    if (node.declaration.type !== "FunctionDeclaration" && node.declaration.type !== "ClassDeclaration") evaluate(node.declaration);
    return local;
  }
  return local;
};

const blockOf = (node: Node): readonly Node[] => (node.type === "BlockStatement" ? node.body : [node]);

const deepest = 14;

/** Reads a function's body as one call of it: what it answers, and to the flow what it does. */
export const runFunction = (machine: Machine, fn: FunctionValue, args: readonly Choices[] | undefined, flow: Flow): Choices => {
  const { body } = fn.node;
  if (body === null || flow.stack.length > deepest || flow.stack.includes(fn.node) || !machine.step()) {
    const role = args === undefined ? undefined : roleOf([{ when: always, value: { kind: "list", items: args, isOpen: false } }]);
    return role === undefined ? unknown : [{ when: always, value: { kind: "data", role: role === "request" ? "about" : role } }];
  }
  const frame = callFrame(fn, args);
  const inner: Flow = { ...flow, stack: [...flow.stack, fn.node] };
  if (body.type !== "BlockStatement") return machine.evaluate({ module: frame.module, node: body }, frame, inner);
  const returns: Choice[] = [];
  const left = runBlock({ machine, frame, flow: inner, returns }, body.body, always);
  return tidy(isNever(left) ? withLast(returns) : [...returns, ...absent]);
};

/** Where every way returns, the last one is taken when no other is. */
const withLast = (returns: readonly Choice[]): readonly Choice[] => {
  const last = returns.at(-1);
  return last === undefined ? unknown : [...returns.slice(0, -1), { when: always, value: last.value }];
};
