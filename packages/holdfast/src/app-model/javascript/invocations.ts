import type { Condition } from "../model.js";
import { all, always, not } from "./conditions.js";
import type { Flow, Machine } from "./flow.js";
import { memberName, selfOf } from "./naming.js";
import type { Node } from "./syntax.js";
import { isFunction, keyName } from "./syntax.js";
import type { Choice, Choices, Frame, Site, Value } from "./values.js";
import { absent, each, textOf, tidy, unknown } from "./values.js";

const argumentsOf = (machine: Machine, args: readonly Node[], frame: Frame, flow: Flow): readonly Choices[] =>
  args.flatMap((arg): readonly Choices[] => {
    if (arg.type !== "SpreadElement") return [machine.evaluate({ module: frame.module, node: arg }, frame, flow)];
    const spread = machine.evaluate({ module: frame.module, node: arg.argument }, frame, flow);
    const value = spread[0]?.value;
    return spread.length === 1 && value?.kind === "list" ? value.items : [spread];
  });

const requires = new Set(["require", "use", "import"]);

/** Does something with each value, in a flow that says under which condition it is that value. */
const eachUnder = (choices: Choices, flow: Flow, act: (value: Value, flow: Flow) => Choices): Choices => {
  let before: Condition = always;
  return tidy(
    choices.flatMap((row): readonly Choice[] => {
      const when = all(flow.when, before, row.when);
      before = all(before, not(row.when));
      return act(row.value, { ...flow, when }).map((inner) => ({ when: all(row.when, inner.when), value: inner.value }));
    }),
  );
};

/** Evaluates a call, a construction or a dynamic import. */
export const evaluateCall = (machine: Machine, site: Site, frame: Frame, flow: Flow): Choices => {
  const { node } = site;
  const { module } = frame;
  if (node.type === "ImportExpression") {
    const from = machine.evaluate({ module, node: node.source }, frame, flow);
    return each(from, (value) => (textOf(value) === undefined ? unknown : machine.imported(module, textOf(value) ?? "", "*", node)));
  }
  if (node.type === "NewExpression") {
    const callee = machine.evaluate({ module, node: node.callee }, frame, flow);
    const args = argumentsOf(machine, node.arguments, frame, flow);
    return eachUnder(callee, flow, (value, under) => machine.construct(value, args, under, site));
  }
  if (node.type !== "CallExpression") return unknown;
  const callee =
    node.callee.type === "ChainExpression" || node.callee.type === "TSNonNullExpression" ? node.callee.expression : node.callee;
  if (callee.type === "Identifier" && requires.has(callee.name) && module.names.resolve(callee.name, callee) === undefined) {
    const [first] = node.arguments;
    const from = first === undefined || first.type === "SpreadElement" ? unknown : machine.evaluate({ module, node: first }, frame, flow);
    return each(from, (value) => (textOf(value) === undefined ? unknown : machine.imported(module, textOf(value) ?? "", "=", node)));
  }
  if (callee.type === "Super") return absent;
  if (callee.type === "MemberExpression") {
    if (callee.object.type === "Super") {
      const self = selfOf(machine, site, frame);
      const args = argumentsOf(machine, node.arguments, frame, flow);
      const name = keyName(callee.property);
      return each(self, (value) =>
        value.kind === "instance" && name !== undefined ? machine.method(value, `super.${name}`, args, flow, site) : unknown,
      );
    }
    const receiver = machine.evaluate({ module, node: callee.object }, frame, flow);
    const args = argumentsOf(machine, node.arguments, frame, flow);
    const names = memberName(machine, callee, frame, flow);
    return eachUnder(receiver, flow, (value, under) => each(names, (key) => machine.method(value, textOf(key) ?? "*", args, under, site)));
  }
  if (isFunction(callee)) {
    const args = argumentsOf(machine, node.arguments, frame, flow);
    return each(machine.evaluate({ module, node: callee }, frame, flow), (value) => machine.call(value, args, flow, site));
  }
  const value = machine.evaluate({ module, node: callee }, frame, flow);
  const args = argumentsOf(machine, node.arguments, frame, flow);
  return eachUnder(value, flow, (found, under) => machine.call(found, args, under, site));
};
