import type { Condition } from "../model.js";
import { addressPattern } from "./addresses.js";
import { all, always, not } from "./conditions.js";
import type { Flow, Machine } from "./flow.js";
import { note } from "./flow.js";
import { conditionAt, frameAround, silent, whereOf } from "./frames.js";
import { evaluateCall } from "./invocations.js";
import { external, identifier, memberName, selfOf } from "./naming.js";
import { mergeObjects, negation, texts } from "./natives.js";
import type { ClassNode, Node } from "./syntax.js";
import { keyName } from "./syntax.js";
import type { Choice, Choices, Frame, Site, Value } from "./values.js";
import { absent, each, equality, holds, literal, one, roleOf, textOf, tidy, truthOf, unknown } from "./values.js";

const boolean = (condition: Condition): Choices => (condition.kind === "always" ? literal(true) : one({ kind: "test", condition }));

const objectLiteral = (machine: Machine, node: Extract<Node, { type: "ObjectExpression" }>, frame: Frame, flow: Flow): Choices => {
  const site = { module: frame.module, node };
  const parts: Choices[] = [];
  let entries = new Map<string, Choices>();
  const close = (): void => {
    if (entries.size > 0) parts.push(one({ kind: "object", entries, isOpen: false, site }));
    entries = new Map();
  };
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      close();
      parts.push(machine.evaluate({ module: frame.module, node: property.argument }, frame, flow));
      continue;
    }
    const name = property.computed
      ? textOf(machine.evaluate({ module: frame.module, node: property.key }, frame, flow)[0]?.value ?? { kind: "unknown" })
      : keyName(property.key);
    const value = machine.evaluate({ module: frame.module, node: property.value }, frame, flow);
    if (name !== undefined) entries.set(name, value);
  }
  if (parts.length === 0) return one({ kind: "object", entries, isOpen: false, site });
  close();
  // `...(condition && {…})` spreads nothing where the condition fails.
  const spreadable = parts.map((part) =>
    each(part, (value) => (value.kind === "test" || value.kind === "variable" ? literal(undefined) : one(value))),
  );
  return mergeObjects([one({ kind: "object", entries: new Map(), isOpen: false, site }), ...spreadable]);
};

/** Reads the right side only where the left lets it be read. */
const logical = (machine: Machine, node: Extract<Node, { type: "LogicalExpression" }>, frame: Frame, flow: Flow): Choices => {
  const { module } = frame;
  const where = whereOf(module, node);
  const left = machine.evaluate({ module, node: node.left }, frame, flow);
  const goesRight = (value: Value): Condition => {
    if (node.operator === "&&") return truthOf(value, where);
    if (node.operator === "||") return not(truthOf(value, where));
    if (value.kind === "variable") return not({ kind: "present", name: value.name });
    if (value.kind === "literal") return value.value === undefined || value.value === null ? always : { kind: "any", of: [] };
    return value.kind === "unknown" || value.kind === "data" || value.kind === "external"
      ? not(truthOf(value, where))
      : { kind: "any", of: [] };
  };
  const right = machine.evaluate({ module, node: node.right }, frame, { ...flow, when: all(flow.when, holds(left, goesRight)) });
  return tidy(
    left.flatMap((row): Choice[] => {
      const goes = goesRight(row.value);
      if (goes.kind === "always") return right.map((inner) => ({ when: all(row.when, inner.when), value: inner.value }));
      const kept: Choice = { when: all(row.when, not(goes)), value: row.value };
      return [kept, ...right.map((inner) => ({ when: all(row.when, inner.when), value: inner.value }))];
    }),
  );
};

const comparison = (machine: Machine, node: Extract<Node, { type: "BinaryExpression" }>, frame: Frame, flow: Flow): Choices => {
  const { module } = frame;
  const left = machine.evaluate({ module, node: node.left }, frame, flow);
  const right = machine.evaluate({ module, node: node.right }, frame, flow);
  const where = whereOf(module, node);
  const equal = (): Condition => holds(left, (one_) => holds(right, (other) => equality(one_, other, where)));
  if (node.operator === "===" || node.operator === "==") {
    return boolean(equal());
  }
  if (node.operator === "!==" || node.operator === "!=") {
    return boolean(not(equal()));
  }
  if (node.operator === "+") {
    return texts([left, right], (parts) => parts.join(""));
  }
  if (node.operator === "in") {
    return each(right, (value) => {
      const name = left[0] === undefined ? undefined : textOf(left[0].value);
      return value.kind === "environment" && name !== undefined ? boolean({ kind: "present", name }) : unknown;
    });
  }
  if (node.operator === ">") {
    // `missing.length > 0`
    const [row] = left;
    return row?.value.kind === "test" ? left : unknown;
  }
  return unknown;
};

const assigned = new WeakMap<Frame, Map<string, Choices | undefined>>();

/** A class's member assigned from outside, or an object's: `config.storage = …` beside the declaration. */
const assignedMember = (machine: Machine, object: Node, name: string, frame: Frame): Choices | undefined => {
  if (object.type !== "Identifier") return undefined;
  const { names } = frame.module;
  const key = `${object.name}.${name}`;
  const assignments = names.assignmentsTo(key);
  if (assignments.length === 0) return undefined;
  const binding = names.resolve(object.name, object);
  if (binding === undefined) return undefined;
  const known = assigned.get(frame) ?? new Map<string, Choices | undefined>();
  assigned.set(frame, known);
  if (known.has(key)) return known.get(key);
  // An assignment may speak of the member itself.
  known.set(key, undefined);
  const rows: Choice[] = [];
  for (const assignment of assignments) {
    if (names.resolve(object.name, assignment) !== binding) continue;
    const around = frameAround(frame.module, assignment);
    const at = around.owner === frame.owner ? frame : around;
    const when = conditionAt(machine, assignment, at, binding.owner);
    for (const row of machine.evaluate({ module: frame.module, node: assignment.right }, at, silent))
      rows.push({ when: all(when, row.when), value: row.value });
    if (when.kind === "always") break;
  }
  const found = rows.length === 0 ? undefined : tidy(rows);
  known.set(key, found);
  return found;
};

const memberAccess = (machine: Machine, node: Extract<Node, { type: "MemberExpression" }>, frame: Frame, flow: Flow): Choices => {
  const site = { module: frame.module, node };
  if (node.object.type === "Super") return unknown;
  const object = machine.evaluate({ module: frame.module, node: node.object }, frame, flow);
  const names = memberName(machine, node, frame, flow);
  return each(object, (value) =>
    each(names, (key) => {
      const name = textOf(key);
      if (value.kind === "data") return machine.member(value, name ?? "0", flow, site);
      if (name === undefined || name.includes("*")) {
        // `drivers[process.env.DRIVER]`: one row for each entry that the key can name.
        if (value.kind === "object" && key.kind === "variable") return pick(value, key);
        if (value.kind === "object") return unionOf(value);
        return unknown;
      }
      if (value.kind === "object" && key.kind === "variable") return pick(value, key);
      const found = machine.member(value, name, flow, site);
      const isMissing = found.length === 1 && found[0]?.value.kind === "literal" && found[0].value.value === undefined;
      const isUnknown = found.length === 1 && found[0]?.value.kind === "unknown";
      return (isMissing || isUnknown ? assignedMember(machine, node.object, name, frame) : undefined) ?? found;
    }),
  );
};

const pick = (value: Extract<Value, { kind: "object" }>, key: Extract<Value, { kind: "variable" }>): Choices =>
  tidy([
    ...[...value.entries].flatMap(([name, entry]) =>
      entry.map((row): Choice => ({ when: all({ kind: "equals", name: key.name, values: [name] }, row.when), value: row.value })),
    ),
    ...absent,
  ]);

const unionOf = (value: Extract<Value, { kind: "object" }>): Choices => {
  const entries = [...value.entries.values()];
  const [only] = entries;
  return entries.length === 1 && only !== undefined ? only : unknown;
};

const assignment = (machine: Machine, node: Extract<Node, { type: "AssignmentExpression" }>, frame: Frame, flow: Flow): Choices => {
  const { module } = frame;
  const value = machine.evaluate({ module, node: node.right }, frame, flow);
  if (node.left.type === "MemberExpression" && flow.effects !== undefined) {
    const role = roleOf(value);
    const target = module.syntax.textOf(node.left.object);
    const holder = machine.evaluate({ module, node: node.left.object }, frame, silent)[0]?.value;
    const kept = node.left.computed ? undefined : keyName(node.left.property);
    if (holder?.kind === "data" && kept !== undefined && role !== undefined && role !== "about") flow.carried?.set(kept, value);
    if (!/^(req|request|ctx|res|response)\b/.test(target)) {
      if (role === "path" || role === "name") note(flow, { module, node }, { kind: "name" });
      if (role === "bytes") note(flow, { module, node }, { kind: "bytes-kept", callee: "save" });
    }
  }
  return value;
};

/** The names of a class that stand for what they decorate. */
export const classValue = (node: ClassNode, frame: Frame): Value => ({ kind: "class", node, frame });

/** Evaluates an expression: its value by conditions, with what it does told to the flow. */
export const evaluateExpression = (machine: Machine, site: Site, frame: Frame, flow: Flow): Choices => {
  const { node } = site;
  const { module } = frame;
  const inner = (next: Node): Choices => machine.evaluate({ module, node: next }, frame, flow);
  if (node.type === "Literal") {
    const pattern = "regex" in node ? addressPattern(node.regex.pattern, node.regex.flags, site) : undefined;
    if (pattern !== undefined) return one(pattern);
    return typeof node.value === "object" && node.value !== null
      ? unknown
      : literal(typeof node.value === "bigint" ? Number(node.value) : node.value);
  }
  if (node.type === "TemplateLiteral") {
    const parts = node.quasis.flatMap((quasi, index): Choices[] => {
      const expression = node.expressions[index];
      const text = literal(quasi.value.cooked ?? quasi.value.raw);
      return expression === undefined ? [text] : [text, inner(expression)];
    });
    return texts(parts, (found) => found.join(""));
  }
  if (node.type === "Identifier") {
    return identifier(machine, node, frame);
  }
  if (node.type === "ThisExpression") {
    return selfOf(machine, site, frame);
  }
  if (node.type === "MemberExpression") {
    return memberAccess(machine, node, frame, flow);
  }
  if (
    node.type === "ParenthesizedExpression" ||
    node.type === "TSAsExpression" ||
    node.type === "TSSatisfiesExpression" ||
    node.type === "TSNonNullExpression" ||
    node.type === "TSTypeAssertion" ||
    node.type === "TSInstantiationExpression" ||
    node.type === "ChainExpression"
  ) {
    return inner(node.expression);
  }
  if (node.type === "AwaitExpression") {
    return inner(node.argument);
  }
  if (node.type === "YieldExpression") {
    return node.argument === null ? absent : inner(node.argument);
  }
  if (node.type === "ObjectExpression") {
    return objectLiteral(machine, node, frame, flow);
  }
  if (node.type === "ArrayExpression") {
    let isOpen = false;
    const items = node.elements.flatMap((element): Choices[] => {
      if (element === null) return [absent];
      if (element.type !== "SpreadElement") return [inner(element)];
      const spread = inner(element.argument);
      const value = spread[0]?.value;
      if (spread.length === 1 && value?.kind === "list" && !value.isOpen) return [...value.items];
      if (
        spread.every(
          (row) => row.value.kind === "list" || row.value.kind === "test" || row.value.kind === "literal" || row.value.kind === "variable",
        )
      ) {
        // `...(condition ? [plugin] : [])`: an item that is there under a condition.
        let before: Condition = always;
        return spread.flatMap((row): Choices[] => {
          const when = all(before, row.when);
          before = all(before, not(row.when));
          return row.value.kind === "list"
            ? row.value.items.map((item) =>
                tidy([...item.map((each_) => ({ when: all(when, each_.when), value: each_.value })), ...absent]),
              )
            : [];
        });
      }
      isOpen = true;
      return value?.kind === "list" ? [...value.items] : roleOf(spread) === undefined ? [] : [spread];
    });
    return one({ kind: "list", items, isOpen });
  }
  if (node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression") {
    return one({ kind: "function", node, frame, self: undefined });
  }
  if (node.type === "ClassExpression") {
    return one(classValue(node, frame));
  }
  if (node.type === "ConditionalExpression") {
    const where = whereOf(module, node.test);
    const test = holds(inner(node.test), (value) => truthOf(value, where));
    const yes = machine.evaluate({ module, node: node.consequent }, frame, { ...flow, when: all(flow.when, test) });
    const no = machine.evaluate({ module, node: node.alternate }, frame, { ...flow, when: all(flow.when, not(test)) });
    return tidy([...yes.map((row) => ({ when: all(test, row.when), value: row.value })), ...no]);
  }
  if (node.type === "LogicalExpression") {
    return logical(machine, node, frame, flow);
  }
  if (node.type === "UnaryExpression") {
    if (node.operator === "!") return negation(inner(node.argument), whereOf(module, node.argument));
    if (node.operator === "typeof") return unknown;
    inner(node.argument);
    return node.operator === "void" ? absent : unknown;
  }
  if (node.type === "BinaryExpression") {
    return node.left.type === "PrivateIdentifier" ? unknown : comparison(machine, node, frame, flow);
  }
  if (node.type === "AssignmentExpression") {
    return assignment(machine, node, frame, flow);
  }
  if (node.type === "SequenceExpression") {
    return node.expressions.map((expression) => inner(expression)).at(-1) ?? absent;
  }
  if (node.type === "CallExpression" || node.type === "NewExpression" || node.type === "ImportExpression") {
    return evaluateCall(machine, site, frame, flow);
  }
  if (node.type === "TaggedTemplateExpression") {
    for (const expression of node.quasi.expressions) inner(expression);
    return machine.call(external("template", site), node.quasi.expressions.map(inner), flow, site);
  }
  if (node.type === "MetaProperty") {
    return one(external("global:import.meta", site));
  }
  if (node.type === "FunctionDeclaration") {
    return one({ kind: "function", node, frame, self: undefined });
  }
  if (node.type === "ClassDeclaration") {
    return one(classValue(node, frame));
  }
  return unknown;
};
