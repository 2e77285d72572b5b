import { equal } from "../abstract-value.js";
import { all, always, any, not, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import { type Asking, exitsBy, reachBy, throughLogic, type Reach } from "../reach.js";
import { child, type Syntax } from "../syntax.js";

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
    case "binary":
      return throughLogic(inner, outer, asking);
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
  // What follows a return in the same body is dead, unless an ensure leads past it.
  const isPast = statement.type === "ensure" || body.type === "program";
  return exitsIn(statement, body).flatMap((one) => {
    if (one.type === "return" || one.type === "call") return isPast ? [] : [not(always)];
    const test = asking.condition(child(one, "condition"));
    return [one.type.startsWith("if") ? not(test) : test];
  });
}

const exitsIn = exitsBy((one) => {
  const raises = one.type === "call" && child(one, "method")?.text === "raise" && one.children.length < 3;
  return one.type === "return" || raises || (/^(if|unless)(_modifier)?$/.test(one.type) && leaves(one));
});

function leaves(node: Syntax): boolean {
  const body = child(node, "body") ?? child(node, "consequence");
  if (child(node, "alternative") !== undefined) return false;
  const last = body?.type === "then" ? body.children.at(-1) : body;
  if (last === undefined) return false;
  return ["return", "next", "break"].includes(last.type) || /^(raise|abort|exit)\b/.test(last.text);
}

/** Under what condition a line of Ruby is reached. */
export const reach: Reach = reachBy(through);
