import {
  either,
  entryOf,
  equal,
  joined,
  known,
  nothing,
  tested,
  textOf,
  truth,
  unknownValue,
  variable,
  type Entry,
  type Truths,
  type Value,
} from "../abstract-value.js";
import { all, any, isNever, not, possible, set, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import type { Asking } from "../reach.js";
import { child, contains, descend, groupByText, type Syntax } from "../syntax.js";
import { functionValue, methodValue } from "./function-values.js";
import { argumentsOf, callOf, classAround, functionAround, functions, lastName, nameOf } from "./php-syntax.js";
import { reach } from "./reach.js";

/** What PHP, and Laravel's `env()`, call true. */
export const phpTruths: Truths = {
  known: (value) => value !== null && value !== false && value !== "" && value !== 0 && value !== "0",
  variable: (name, ifUnset) =>
    ifUnset.kind !== "known" || typeof ifUnset.value !== "boolean"
      ? set(name)
      : all(
          set(name),
          not({ kind: "equals", name, values: ["false", "(false)", "null", "(null)", "empty", "(empty)", "0"], ignoreCase: true }),
        ),
};

/** What the names in an expression stand for. */
export interface Scope {
  /** Whether there is patience left: code that goes round in circles is given up, and its values count as unknown. */
  mayAsk(): boolean;
  readonly file: string;
  /** The folder of the file, relative to the app's root. */
  readonly folder: string;
  /** A setting of the app's configuration: `filesystems.default`. */
  config(name: string): Value | undefined;
  /** A constant of a class, or one that is defined for the whole app. */
  constant(name: string): Value | undefined;
  /** Where a folder that the framework knows lies: `storage`, `public`. */
  folderOf(name: string): Value | undefined;
  /** What callers pass for a parameter, where they all pass the same. */
  parameter(of: Syntax, name: string): Value | undefined;
  /** A method of another class of the app's own. */
  method(owner: string, name: string): Value | undefined;
}

const maxDepth = 14;

/** The value of an expression, as far as its text and the names it uses tell. */
export function evaluate(node: Syntax | undefined, scope: Scope, depth = 0): Value {
  if (node === undefined) return nothing;
  if (depth > maxDepth || !scope.mayAsk()) return unknownValue(node.text);
  const go = (one: Syntax | undefined): Value => evaluate(one, scope, depth + 1);
  switch (node.type) {
    case "string":
    case "encapsed_string":
    case "heredoc":
    case "heredoc_body":
    case "nowdoc":
      return joined(known(""), ...node.children.map((part) => textPart(part, go)));
    case "integer":
    case "float":
      return known(Number(node.text.replaceAll("_", "")));
    case "boolean":
      return known(node.text.toLowerCase() === "true");
    case "null":
      return nothing;
    case "parenthesized_expression":
    case "argument":
    case "error_suppression_expression":
    case "reference_assignment_expression":
    case "return_statement":
    case "expression_statement":
    case "print_intrinsic":
      return go(node.children.at(-1));
    case "cast_expression":
      return /bool/i.test(child(node, "type")?.text ?? "")
        ? tested(condition(child(node, "value"), scope, depth))
        : go(child(node, "value"));
    case "array_creation_expression":
      return arrayOf(node, scope, go);
    case "conditional_expression": {
      const value = go(child(node, "condition"));
      const body = child(node, "body");
      const otherwise = go(child(node, "alternative"));
      if (body === undefined) return orElse(value, otherwise, true);
      return either(truth(value, phpTruths), go(body), otherwise);
    }
    case "match_expression":
      return matched(node, go);
    case "assignment_expression":
    case "augmented_assignment_expression":
      return go(child(node, "right"));
    case "binary_expression":
      return binary(node, scope, depth);
    case "unary_op_expression":
      return node.operator === "!" ? tested(not(condition(node.children[0], scope, depth))) : unknownValue(node.text);
    case "variable_name":
      return ofVariable(node, scope, depth);
    case "subscript_expression":
      return subscript(node, scope, depth);
    case "member_access_expression":
    case "nullsafe_member_access_expression":
      return member(node, scope, depth);
    case "class_constant_access_expression":
    case "scoped_property_access_expression":
      return ofClass(node, scope, depth);
    case "name":
    case "qualified_name":
      return constant(node, scope);
    case "arrow_function":
      return go(child(node, "body"));
    case "anonymous_function":
      return returned(node, scope, depth);
    case "object_creation_expression": {
      const { items } = argumentsOf(node);
      const type = node.children.find((one) => one.type === "name" || one.type === "qualified_name")?.text ?? "";
      return { kind: "made", type: lastName(type), items: items.map(go), named: new Map() };
    }
    case "function_call_expression":
    case "member_call_expression":
    case "nullsafe_member_call_expression":
    case "scoped_call_expression":
      return ofCall(node, scope, depth);
    default:
      return unknownValue(node.text);
  }
}

/** When an expression counts as true. */
export function condition(node: Syntax | undefined, scope: Scope, depth = 0): Condition {
  return truth(evaluate(node, scope, depth + 1), phpTruths);
}

/** Under what condition of the environment a line is reached; what a request brings counts as possible. */
export function reachOf(node: Syntax, scope: Scope, depth = 0): Condition {
  return possible(reach(node, askingIn(scope, depth)));
}

/** What a function gives back, as its return statements say. */
export function returned(node: Syntax, scope: Scope, depth: number): Value {
  const body = child(node, "body");
  if (body === undefined) return nothing;
  const found = [...descend(body, (one) => one === body || !functions.includes(one.type))].filter((one) => one.type === "return_statement");
  return found.reduceRight<Value>((rest, one) => {
    const when = reach(one, askingIn(scope, depth + 2));
    return either(when, evaluate(one.children[0], scope, depth + 1), rest);
  }, nothing);
}

const conditions = new WeakMap<Scope, WeakMap<Syntax, Condition>>();

function askingIn(scope: Scope, depth: number): Asking {
  return {
    condition: (node) => {
      if (depth > maxDepth) return unknownTest("a test that goes round in circles");
      const kept = node === undefined ? undefined : conditions.get(scope)?.get(node);
      if (kept !== undefined || node === undefined) return kept ?? condition(node, scope, depth);
      const found = condition(node, scope, depth);
      // What is asked deep inside of another question may have been cut short.
      if (depth < 5) conditions.set(scope, (conditions.get(scope) ?? new WeakMap()).set(node, found));
      return found;
    },
    value: (node) => evaluate(node, scope, depth + 1),
  };
}

function textPart(part: Syntax, go: (node: Syntax | undefined) => Value): Value {
  if (part.type === "string_content" || part.type === "nowdoc_body") return known(part.text);
  if (part.type === "escape_sequence") return known(part.text === "\\n" ? "\n" : part.text.slice(1));
  return go(part);
}

function arrayOf(node: Syntax, scope: Scope, go: (node: Syntax | undefined) => Value): Value {
  const parts = node.children.filter((one) => one.type === "array_element_initializer");
  if (parts.length > 0 && parts.every((one) => one.children.length === 1)) {
    return { kind: "list", items: parts.map((one) => go(one.children[0])) };
  }
  const entries = new Map<string, Entry>();
  for (const [index, one] of parts.entries()) {
    const [key, value] = one.children.length > 1 ? one.children : [undefined, one.children[0]];
    const name = key === undefined ? String(index) : (textOf(go(key)) ?? "");
    if (value !== undefined) entries.set(name, { value: go(value), file: scope.file, line: one.line });
  }
  return { kind: "table", entries };
}

function matched(node: Syntax, go: (node: Syntax | undefined) => Value): Value {
  const subject = go(child(node, "condition"));
  const rows = child(node, "body")?.children ?? [];
  const standard = rows.find((one) => one.type === "match_default_expression");
  return rows
    .filter((one) => one.type === "match_conditional_expression")
    .reduceRight<Value>(
      (rest, row) => {
        const tests = child(row, "conditional_expressions")?.children ?? [];
        const when = any(
          ...tests.map((one) => (subject.kind === "known" && subject.value === true ? truth(go(one), phpTruths) : equal(subject, go(one)))),
        );
        return either(when, go(child(row, "return_expression")), rest);
      },
      go(child(standard, "return_expression")),
    );
}

function binary(node: Syntax, scope: Scope, depth: number): Value {
  const left = evaluate(child(node, "left"), scope, depth + 1);
  const right = (): Value => evaluate(child(node, "right"), scope, depth + 1);
  switch (node.operator ?? "") {
    case ".":
      return joined(left, right());
    case "??":
      return orElse(left, right(), false);
    case "||":
    case "or":
      return tested(any(truth(left, phpTruths), truth(right(), phpTruths)));
    case "&&":
    case "and":
      return tested(all(truth(left, phpTruths), truth(right(), phpTruths)));
    case "==":
    case "===":
      return tested(same(left, right()));
    case "!=":
    case "!==":
    case "<>":
      return tested(not(same(left, right())));
    default:
      return unknownValue(node.text);
  }
}

/** Comparing with a boolean asks what is true; with anything else, what is the same. */
function same(left: Value, right: Value): Condition {
  if (right.kind === "known" && typeof right.value === "boolean") {
    const when = truth(left, phpTruths);
    return right.value ? when : not(when);
  }
  return left.kind === "known" && typeof left.value === "boolean" ? same(right, left) : equal(left, right);
}

function orElse(left: Value, right: Value, isByTruth: boolean): Value {
  if (left.kind === "variable") {
    return variable(left.name, left.ifUnset.kind === "known" && left.ifUnset.value === null ? right : left.ifUnset);
  }
  if (left.kind === "known") return (isByTruth ? phpTruths.known(left.value) : left.value !== null) ? left : right;
  return left.kind === "unknown" ? either(truth(left, phpTruths), left, right) : left;
}

function ofVariable(node: Syntax, scope: Scope, depth: number): Value {
  const name = node.text;
  if (name === "$this") return unknownValue(name);
  const owner = functionAround(node) ?? topOf(node);
  let value: Value | undefined;
  const before = assignmentsTo(owner, name).filter((one) => one.line <= node.line && !contains(one, node));
  for (const one of before.slice(-maxAssignments)) {
    if (!scope.mayAsk()) return unknownValue(name);
    const right = evaluate(child(one, "right"), scope, depth + 2);
    const when = reach(one, askingIn(scope, depth + 3), node);
    if (one.operator === ".=") value = joined(value ?? known(""), right);
    else if (one.operator === "??=") value = value === undefined ? right : orElse(value, right, false);
    else value = either(when, right, value ?? unknownValue(name));
  }
  if (value !== undefined) return value;
  return (owner.type === "program" ? undefined : scope.parameter(owner, name)) ?? unknownValue(name);
}

const assignmentsByOwner = new WeakMap<Syntax, ReadonlyMap<string, readonly Syntax[]>>();
/** Of more assignments to one name than these only the last count. */
const maxAssignments = 16;

function assignmentsTo(owner: Syntax, name: string): readonly Syntax[] {
  let byName = assignmentsByOwner.get(owner);
  if (byName === undefined) {
    const isInside = (node: Syntax): boolean => node === owner || !/^(method_declaration|function_definition)$/.test(node.type);
    const found = [...descend(owner, isInside)].filter((one) => /^(augmented_)?assignment_expression$/.test(one.type));
    byName = groupByText(found, (one) => child(one, "left")?.text ?? "");
    assignmentsByOwner.set(owner, byName);
  }
  return byName.get(name) ?? [];
}

function topOf(node: Syntax): Syntax {
  let top = node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}

function subscript(node: Syntax, scope: Scope, depth: number): Value {
  const [object, key] = node.children;
  const name = textOf(evaluate(key, scope, depth + 1));
  if ((object?.text === "$_ENV" || object?.text === "$_SERVER") && name !== undefined) {
    if (name === "DOCUMENT_ROOT") return scope.folderOf("document") ?? known(".");
    return variable(name);
  }
  if (object?.text === "$_FILES" || object?.text === "$_POST" || object?.text === "$_GET") return unknownValue(node.text);
  return entryOf(evaluate(object, scope, depth + 1), name ?? "")?.value ?? unknownValue(node.text);
}

/** `$this->disk`: what the class gives it at its declaration, or in its constructor; an enum's value is the case's own. */
function member(node: Syntax, scope: Scope, depth: number): Value {
  const object = child(node, "object");
  const name = child(node, "name")?.text ?? "";
  if (object?.type === "class_constant_access_expression" && name === "value") return evaluate(object, scope, depth + 1);
  if (object?.text !== "$this") {
    return entryOf(evaluate(object, scope, depth + 1), name)?.value ?? unknownValue(node.text);
  }
  const owner = classAround(node);
  return (owner === undefined ? undefined : property(owner, name, scope, depth)) ?? unknownValue(node.text);
}

/** Methods that run before any other. */
const setsUp = /^(__construct|mount|boot|initialize|init|setUp)$/;

function property(owner: Syntax, name: string, scope: Scope, depth: number): Value | undefined {
  let value: Value | undefined;
  for (const one of descend(owner)) {
    if (one.type === "assignment_expression" && child(one, "left")?.text === `$this->${name}`) {
      if (!setsUp.test(nameOf(functionAround(one)) ?? "")) return undefined;
      value = evaluate(child(one, "right"), scope, depth + 2);
    }
    if (one.type === "property_element" && child(one, "name")?.text === `$${name}`) {
      const standard = child(one, "default_value");
      if (standard !== undefined) value = evaluate(standard, scope, depth + 1);
    }
    if (one.type === "property_promotion_parameter" && child(one, "name")?.text === `$${name}`) {
      const standard = child(one, "default_value");
      if (standard !== undefined) value = evaluate(standard, scope, depth + 1);
    }
  }
  // An empty beginning is filled by whoever uses the object: a form, a request.
  return value === undefined || isNever(truth(value, phpTruths)) ? undefined : value;
}

function ofClass(node: Syntax, scope: Scope, depth: number): Value {
  const [first, second] = node.children;
  const name = second?.text ?? "";
  const owner = /^(self|static|parent)$/.test(first?.text ?? "") ? classAround(node) : undefined;
  if (node.type === "scoped_property_access_expression") {
    return (owner === undefined ? undefined : property(owner, name.slice(1), scope, depth)) ?? unknownValue(node.text);
  }
  if (name === "class") return known(lastName(first?.text ?? ""));
  for (const one of owner === undefined ? [] : descend(owner)) {
    if (one.type === "const_element" && one.children[0]?.text === name) return evaluate(one.children[1], scope, depth + 1);
  }
  return scope.constant(`${lastName(first?.text ?? "")}::${name}`) ?? unknownValue(node.text);
}

function constant(node: Syntax, scope: Scope): Value {
  const name = lastName(node.text);
  if (name === "__DIR__") return known(scope.folder);
  if (name === "__FILE__") return known(`${scope.folder}/${scope.file.split("/").at(-1) ?? ""}`);
  if (name === "DIRECTORY_SEPARATOR" || name === "DS") return known("/");
  return scope.constant(name) ?? unknownValue(node.text);
}

function ofCall(node: Syntax, scope: Scope, depth: number): Value {
  const call = callOf(node);
  if (call === undefined) return unknownValue(node.text);
  const { items, named } = argumentsOf(node);
  const values = [...items, ...named.values()].map((one) => evaluate(one, scope, depth + 1));
  if (call.on === undefined) {
    const own = functionValue(call.name, values, phpTruths, scope);
    return own ?? scope.method("", call.name) ?? unknownValue(node.text);
  }
  const onText = call.on.text;
  if (onText === "$this" || /^(self|static)$/.test(onText)) {
    const owner = classAround(node);
    for (const one of owner === undefined ? [] : descend(owner)) {
      if (one.type === "method_declaration" && nameOf(one) === call.name) return returned(one, scope, depth + 1);
    }
  }
  const on = call.isStatic ? undefined : evaluate(call.on, scope, depth + 1);
  return (
    methodValue(call, on, values, phpTruths, scope) ??
    (call.isStatic ? scope.method(lastName(onText), call.name) : undefined) ??
    unknownValue(node.text)
  );
}
