import {
  either,
  entryOf,
  equal,
  filled,
  joined,
  known,
  nothing,
  oneOf,
  tested,
  textOf,
  truth,
  unknownValue,
  variable,
  type Entry,
  type Value,
} from "../abstract-value.js";
import { all, any, not, possible, present, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import type { Asking } from "../reach.js";
import { child, contains, descend, groupByText, type Syntax } from "../syntax.js";
import { joinPath, ofValue, rubyTruths } from "./method-values.js";
import { reach } from "./reach.js";
import { argumentsOf, chainName, keyOf } from "./ruby-syntax.js";

/** What the names in an expression stand for. */
export interface Scope {
  /** Whether there is patience left: code that goes round in circles is given up, and its values count as unknown. */
  mayAsk(): boolean;
  readonly file: string;
  /** `Rails.env`, as production has it. */
  readonly environment: string;
  /** A setting made elsewhere: `active_storage.service`, `x.uploads`; undefined where nothing sets it. */
  setting(name: string): Value | undefined;
  /** A constant or a method of the app's own, known beyond this file; undefined where there is none. */
  definition(name: string): Value | undefined;
  /** Variables given from outside, as ERB has them. */
  readonly locals?: ReadonlyMap<string, Value>;
}

/** Deeper chains of names than this are not followed: they may go round in circles. */
const maxDepth = 14;

/** The value of an expression, as far as its text and the names it uses tell. */
export function evaluate(node: Syntax | undefined, scope: Scope, depth = 0): Value {
  if (node === undefined) return nothing;
  if (depth > maxDepth || !scope.mayAsk()) return unknownValue(node.text);
  const go = (one: Syntax | undefined): Value => evaluate(one, scope, depth + 1);
  switch (node.type) {
    case "string":
    case "bare_string":
    case "bare_symbol":
    case "delimited_symbol":
    case "heredoc_body":
    case "subshell":
      return joined(known(""), ...node.children.map((part) => textPart(part, go)));
    case "simple_symbol":
      return known(node.text.slice(1));
    case "hash_key_symbol":
      return known(node.text);
    case "integer":
    case "float":
      return known(Number(node.text.replaceAll("_", "")));
    case "true":
      return known(true);
    case "false":
      return known(false);
    case "nil":
      return nothing;
    case "array":
    case "string_array":
    case "symbol_array":
      return { kind: "list", items: node.children.map(go) };
    case "hash":
      return tableOf(node, scope, go);
    case "conditional":
      return either(condition(child(node, "condition"), scope, depth), go(child(node, "consequence")), go(child(node, "alternative")));
    case "if":
    case "elsif":
    case "unless":
    case "if_modifier":
    case "unless_modifier":
      return branch(node, scope, depth);
    case "case":
      return chosen(node, scope, depth);
    case "binary":
      return binary(node, scope, depth);
    case "unary": {
      const operand = go(node.children[0]);
      return node.operator === "!" || node.operator === "not" ? tested(not(truth(operand, rubyTruths))) : unknownValue(node.text);
    }
    case "parenthesized_statements":
    case "then":
    case "else":
    case "begin":
    case "block_body":
    case "body_statement":
    case "program":
      return go(node.children.filter((one) => !["comment", "rescue", "ensure", "empty_statement"].includes(one.type)).at(-1));
    case "return":
      return go(node.children[0]?.children[0]);
    case "assignment":
    case "operator_assignment":
      return go(child(node, "right"));
    case "identifier":
    case "instance_variable":
    case "global_variable":
    case "class_variable":
      return named(node, scope, depth);
    case "constant":
    case "scope_resolution":
      return constant(node, scope, depth);
    case "element_reference":
      return element(node, scope, depth);
    case "call":
      return call(node, scope, depth);
    default:
      return unknownValue(node.text);
  }
}

/** When an expression counts as true. */
export function condition(node: Syntax | undefined, scope: Scope, depth = 0): Condition {
  return truth(evaluate(node, scope, depth + 1), rubyTruths);
}

/** Under what condition a line is reached, with the tests in it that could not be read. */
export function conditionOf(node: Syntax, scope: Scope): Condition {
  return reach(node, askingIn(scope, 0));
}

/** Under what condition of the environment a line is reached; what a request brings counts as possible. */
export function reachOf(node: Syntax, scope: Scope): Condition {
  return possible(reach(node, askingIn(scope, 0)));
}

function askingIn(scope: Scope, depth: number): Asking {
  return {
    condition: (node) => (depth > maxDepth ? unknownTest("a test that goes round in circles") : condition(node, scope, depth)),
    value: (node) => evaluate(node, scope, depth + 1),
  };
}

function textPart(part: Syntax, go: (node: Syntax | undefined) => Value): Value {
  if (part.type === "interpolation") return go(part.children[0]);
  if (part.type === "escape_sequence") return known(part.text === "\\n" ? "\n" : part.text.slice(1));
  return known(part.text);
}

function tableOf(node: Syntax, scope: Scope, go: (node: Syntax | undefined) => Value): Value {
  const entries = new Map<string, Entry>();
  for (const pair of node.children) {
    const value = child(pair, "value");
    if (pair.type === "pair" && value !== undefined) entries.set(keyOf(pair), { value: go(value), file: scope.file, line: pair.line });
    else if (pair.type === "hash_splat_argument") {
      const rest = go(pair.children[0]);
      if (rest.kind === "table") for (const [key, entry] of rest.entries) entries.set(key, entry);
    }
  }
  return { kind: "table", entries };
}

function branch(node: Syntax, scope: Scope, depth: number): Value {
  const test = condition(child(node, "condition"), scope, depth);
  const then = evaluate(child(node, "consequence") ?? child(node, "body"), scope, depth + 1);
  const otherwise = evaluate(child(node, "alternative"), scope, depth + 1);
  return either(node.type.startsWith("unless") ? not(test) : test, then, otherwise);
}

function chosen(node: Syntax, scope: Scope, depth: number): Value {
  const subject = evaluate(child(node, "value"), scope, depth + 1);
  const rows = node.children.filter((one) => one.type === "when");
  const last = evaluate(
    node.children.find((one) => one.type === "else"),
    scope,
    depth + 1,
  );
  return rows.reduceRight<Value>((rest, row) => {
    const patterns = row.children.filter((one) => one.type === "pattern");
    const test = any(...patterns.map((one) => equal(subject, evaluate(one.children[0], scope, depth + 1))));
    return either(test, evaluate(child(row, "body"), scope, depth + 1), rest);
  }, last);
}

function binary(node: Syntax, scope: Scope, depth: number): Value {
  const left = evaluate(child(node, "left"), scope, depth + 1);
  const right = (): Value => evaluate(child(node, "right"), scope, depth + 1);
  switch (node.operator ?? "") {
    case "||":
    case "or":
      return orElse(left, right());
    case "&&":
    case "and": {
      const value = right();
      return value.kind === "unknown" || isTest(value)
        ? tested(all(truth(left, rubyTruths), truth(value, rubyTruths)))
        : either(truth(left, rubyTruths), value, left.kind === "variable" ? nothing : known(false));
    }
    case "==":
    case "===":
      return tested(equal(left, right()));
    case "!=":
      return tested(not(equal(left, right())));
    case "+":
      return joined(left, right());
    case "/":
      return joinPath([left, right()]);
    default:
      return unknownValue(node.text);
  }
}

function isTest(value: Value): boolean {
  return value.kind === "either" || (value.kind === "known" && typeof value.value === "boolean");
}

function orElse(left: Value, right: Value): Value {
  if (left.kind === "variable") {
    return variable(left.name, left.ifUnset.kind === "known" && left.ifUnset.value === null ? right : orElse(left.ifUnset, right));
  }
  if (isTest(left) && isTest(right)) return tested(any(truth(left, rubyTruths), truth(right, rubyTruths)));
  return either(truth(left, rubyTruths), left, right);
}

function named(node: Syntax, scope: Scope, depth: number): Value {
  const name = node.text;
  const outside = scope.locals?.get(name);
  if (outside !== undefined) return outside;
  return assigned(node, name, scope, depth) ?? scope.definition(name) ?? unknownValue(name);
}

/** The value of a name by the assignments in the same file that come before its use; a later one wins where it is reached. */
function assigned(use: Syntax, name: string, scope: Scope, depth: number): Value | undefined {
  const owner = name.startsWith("@") || /^[A-Z]/.test(name) ? topOf(use) : scopeOf(use);
  let value: Value | undefined;
  const isAnywhere = name.startsWith("@") || /^[A-Z]/.test(name);
  const before = assignmentsTo(owner, name).filter((one) => (isAnywhere || one.line <= use.line) && !contains(one, use));
  for (const one of before.slice(-maxAssignments)) {
    if (!scope.mayAsk()) return unknownValue(name);
    const right = evaluate(child(one, "right"), scope, depth + 2);
    const when = reach(one, askingIn(scope, depth + 2), use);
    if (one.operator === "||=") value = value === undefined ? right : orElse(value, right);
    else value = either(when, right, value ?? nothing);
  }
  return value;
}

const assignmentsByOwner = new WeakMap<Syntax, ReadonlyMap<string, readonly Syntax[]>>();
/** Of more assignments to one name than these only the last count. */
const maxAssignments = 16;

function assignmentsTo(owner: Syntax, name: string): readonly Syntax[] {
  let byName = assignmentsByOwner.get(owner);
  if (byName === undefined) {
    const found = [...descend(owner)].filter((one) => one.type === "assignment" || one.type === "operator_assignment");
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

function scopeOf(node: Syntax): Syntax {
  let one = node;
  while (one.parent !== undefined && one.type !== "method" && one.type !== "singleton_method") one = one.parent;
  return one;
}

function constant(node: Syntax, scope: Scope, depth: number): Value {
  const name = node.text.replace(/^::/, "");
  if (name === "ENV" || name === "Rails") return unknownValue(name);
  return assigned(node, name, scope, depth) ?? scope.definition(name) ?? unknownValue(name);
}

function element(node: Syntax, scope: Scope, depth: number): Value {
  const [object, ...keys] = node.children;
  const key = textOf(evaluate(keys[0], scope, depth + 1));
  if (object?.text === "ENV") return key === undefined || key.includes("${") ? unknownValue(node.text) : variable(key);
  const table = evaluate(object, scope, depth + 1);
  return (key === undefined ? undefined : entryOf(table, key)?.value) ?? unknownValue(node.text);
}

function call(node: Syntax, scope: Scope, depth: number): Value {
  const receiver = child(node, "receiver");
  const method = child(node, "method")?.text ?? "";
  const { items, named: byName } = argumentsOf(node);
  const go = (one: Syntax | undefined): Value => evaluate(one, scope, depth + 1);
  if (receiver === undefined) {
    if (items.length === 0 && byName.size === 0) return named(child(node, "method") ?? node, scope, depth);
    if (method === "lambda" || method === "proc") return go(child(child(node, "block"), "body"));
    return scope.definition(method) ?? unknownValue(node.text);
  }
  const name = chainName(node) ?? "";
  if (name === "Rails.env") return known(scope.environment);
  if (name === "Rails.root" || name === "Rails.application.root") return known(".");
  if (name === "Rails.public_path") return known("public");
  const settings = /^(?:Rails\.(?:application\.config|configuration)|(?:app\.|self\.)?config)\.(.+)$/.exec(name)?.[1];
  const setting = settings === undefined ? undefined : scope.setting(settings);
  if (setting !== undefined) return setting;
  if (/^Rails\.application\.(credentials|secrets)\b/.test(receiver.text) || /\bcredentials$/.test(receiver.text)) {
    return unknownValue(`the encrypted credentials (${method})`);
  }
  if (receiver.text === "ENV") return fromEnvironment(node, method, items, scope, depth);
  if (receiver.text === "File" && (method === "join" || method === "expand_path")) {
    const parts = items.filter((one) => one.text !== "__FILE__" && one.text !== "__dir__").map(go);
    return joinPath(method === "expand_path" ? parts.toReversed() : parts);
  }
  if (receiver.text === "Dir" && method === "tmpdir") return known("/tmp");
  if ((receiver.text === "Pathname" && method === "new") || method === "Pathname") return go(items[0]);
  if (receiver.text.endsWith("Type::Boolean.new") && method === "cast") {
    const value = go(items[0]);
    return tested(all(filled(value), not(oneOf(value, ["0", "f", "F", "false", "FALSE", "off", "OFF"]))));
  }
  const value = go(receiver);
  if (method === "new" && (receiver.type === "constant" || receiver.type === "scope_resolution")) {
    const names = new Map([...byName].map(([key, one]) => [key, go(one)]));
    for (const one of items) {
      if (one.type !== "hash_splat_argument") continue;
      const rest = go(one.children[0]);
      if (rest.kind === "table") for (const [key, entry] of rest.entries) names.set(key, entry.value);
    }
    return { kind: "made", type: receiver.text.replace(/^::/, ""), items: items.map(go), named: names };
  }
  return ofValue(node.text, value, method, items.map(go), scope.environment);
}

function fromEnvironment(node: Syntax, method: string, items: readonly Syntax[], scope: Scope, depth: number): Value {
  const name = textOf(evaluate(items[0], scope, depth + 1));
  if (name === undefined || name === "") return unknownValue(node.text);
  if (["key?", "has_key?", "include?", "member?"].includes(method)) return tested(present(name));
  if (method !== "fetch" && method !== "[]" && method !== "dig") return unknownValue(node.text);
  const block = child(child(node, "block"), "body");
  const ifUnset = items[1] ?? block;
  return variable(name, ifUnset === undefined ? nothing : evaluate(ifUnset, scope, depth + 1));
}
