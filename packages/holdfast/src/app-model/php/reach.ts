import { equal } from "../abstract-value.js";
import { all, always, any, not, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import { type Asking, exitsBy, reachBy, throughLogic, type Reach } from "../reach.js";
import { child, type Syntax } from "../syntax.js";

function through(inner: Syntax, outer: Syntax, asking: Asking): Condition {
  const test = (): Condition => asking.condition(child(outer, "condition"));
  switch (outer.type) {
    case "if_statement": {
      if (inner.field === "condition") return always;
      if (inner.field === "body") return test();
      const before = outer.children.slice(0, outer.children.indexOf(inner)).filter((one) => one.type === "else_if_clause");
      return all(not(test()), ...before.map((one) => not(asking.condition(child(one, "condition")))));
    }
    case "else_if_clause":
      return inner.field === "body" ? test() : always;
    case "conditional_expression":
      return inner.field === "body" ? test() : inner.field === "alternative" ? not(test()) : always;
    case "binary_expression":
      return throughLogic(inner, outer, asking);
    case "match_conditional_expression":
      return throughMatch(inner, outer, asking);
    case "case_statement":
      return throughSwitch(inner, outer, asking);
    case "catch_clause":
      return unknownTest("whether it fails");
    case "program":
    case "compound_statement":
    case "colon_block":
      return all(...exitsBefore(inner, outer, asking));
    default:
      return always;
  }
}

function throughMatch(inner: Syntax, arm: Syntax, asking: Asking): Condition {
  if (inner.field !== "return_expression") return always;
  const subject = asking.value(child(arm.parent?.parent, "condition"));
  return any(...(child(arm, "conditional_expressions")?.children ?? []).map((one) => equal(subject, asking.value(one))));
}

function throughSwitch(inner: Syntax, row: Syntax, asking: Asking): Condition {
  if (inner.field === "value") return always;
  const subject = asking.value(child(row.parent?.parent, "condition"));
  return equal(subject, asking.value(child(row, "value")));
}

/** The tests that must have failed for a statement to be reached: an `if` before it that returns. */
function exitsBefore(statement: Syntax, body: Syntax, asking: Asking): readonly Condition[] {
  // Functions and classes of a file are there even after a return in it.
  const isDefinition = /_(declaration|definition)$/.test(statement.type);
  return exitsIn(statement, body).flatMap((one) => {
    if (one.type === "if_statement") return [not(asking.condition(child(one, "condition")))];
    return isDefinition ? [] : [not(always)];
  });
}

const exitsIn = exitsBy(
  (one) =>
    one.type === "return_statement" ||
    isThrow(one) ||
    (one.type === "if_statement" && child(one, "alternative") === undefined && leaves(child(one, "body"))),
);

function leaves(body: Syntax | undefined): boolean {
  const last = body?.type === "compound_statement" || body?.type === "colon_block" ? body.children.at(-1) : body;
  if (last === undefined) return false;
  return last.type === "return_statement" || isThrow(last) || /^(exit|die|continue|break|abort)\b/.test(last.text);
}

function isThrow(node: Syntax): boolean {
  return node.type === "throw_statement" || (node.type === "expression_statement" && node.children[0]?.type === "throw_expression");
}

/** Under what condition a line of PHP is reached. */
export const reach: Reach = reachBy(through);
