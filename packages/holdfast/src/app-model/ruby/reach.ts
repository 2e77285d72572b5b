import { equal, type Value } from "../abstract-value.js";
import { all, always, any, not, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import { child, contains, placeOf, type Syntax } from "../syntax.js";

/** How expressions are read: passed in, since reading an expression asks in turn what is reached. */
export interface Asking {
  condition(node: Syntax | undefined): Condition;
  value(node: Syntax | undefined): Value;
}

/**
 * Under what condition a line is reached: the branches around it, and the early exits before it. With `use`, only what stands
 * between the line and what it shares with that other place.
 */
export function reach(node: Syntax, asking: Asking, use?: Syntax): Condition {
  const found: Condition[] = [];
  for (let inner = node, outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
    if (use !== undefined && contains(outer, use)) break;
    found.push(through(inner, outer, asking));
  }
  return all(...found);
}

function through(inner: Syntax, outer: Syntax, asking: Asking): Condition {
  switch (outer.type) {
    case "if":
    case "elsif":
    case "conditional":
      return branch(inner, asking.condition(child(outer, "condition")), inner.field === "alternative");
    case "unless":
      return branch(inner, not(asking.condition(child(outer, "condition"))), inner.field === "alternative");
    case "if_modifier":
      return inner.field === "body" ? asking.condition(child(outer, "condition")) : always;
    case "unless_modifier":
      return inner.field === "body" ? not(asking.condition(child(outer, "condition"))) : always;
    case "case":
      return throughCase(inner, outer, asking);
    case "binary": {
      if (inner.field !== "right") return always;
      const left = child(outer, "left");
      if (outer.operator === "&&" || outer.operator === "and") return asking.condition(left);
      return outer.operator === "||" || outer.operator === "or" ? not(asking.condition(left)) : always;
    }
    case "program":
    case "body_statement":
    case "block_body":
    case "then":
    case "else":
    case "begin":
      return all(...exitsBefore(inner, outer, asking));
    default:
      return always;
  }
}

function branch(inner: Syntax, test: Condition, isAlternative: boolean): Condition {
  if (inner.field === "condition") return always;
  return isAlternative ? not(test) : test;
}

function throughCase(inner: Syntax, outer: Syntax, asking: Asking): Condition {
  if (inner.type !== "when" && inner.type !== "else") return always;
  const subject = asking.value(child(outer, "value"));
  const test = (row: Syntax): Condition =>
    any(...row.children.filter((one) => one.type === "pattern").map((one) => equal(subject, asking.value(one.children[0]))));
  const rows = outer.children.filter((one) => one.type === "when");
  const before = rows.slice(0, inner.type === "when" ? rows.indexOf(inner) : rows.length).map((row) => not(test(row)));
  return all(...before, inner.type === "when" ? test(inner) : always);
}

/** The tests that must have failed for a statement to be reached: `return if …` before it. */
function exitsBefore(statement: Syntax, body: Syntax, asking: Asking): readonly Condition[] {
  if (statement.type === "rescue") return [unknownTest("whether it fails")];
  const place = placeOf(statement);
  // What follows a return in the same body is dead, unless an ensure leads past it.
  const isPast = statement.type === "ensure" || body.type === "program";
  const before = exitsOf(body).filter((one) => placeOf(one) < place);
  return before.slice(-maxExits).flatMap((one) => {
    if (one.type === "return" || one.type === "call") return isPast ? [] : [not(always)];
    const test = asking.condition(child(one, "condition"));
    return [one.type.startsWith("if") ? not(test) : test];
  });
}

/** More exits than these in one body are not asked. */
const maxExits = 24;
const exitsByBody = new WeakMap<Syntax, readonly Syntax[]>();

function exitsOf(body: Syntax): readonly Syntax[] {
  const kept = exitsByBody.get(body);
  if (kept !== undefined) return kept;
  const raises = (one: Syntax): boolean => one.type === "call" && child(one, "method")?.text === "raise" && one.children.length < 3;
  const found = body.children.filter(
    (one) => one.type === "return" || raises(one) || (/^(if|unless)(_modifier)?$/.test(one.type) && leaves(one)),
  );
  exitsByBody.set(body, found);
  return found;
}

function leaves(node: Syntax): boolean {
  const body = child(node, "body") ?? child(node, "consequence");
  if (child(node, "alternative") !== undefined) return false;
  const last = body?.type === "then" ? body.children.at(-1) : body;
  if (last === undefined) return false;
  return ["return", "next", "break"].includes(last.type) || /^(raise|abort|exit)\b/.test(last.text);
}
