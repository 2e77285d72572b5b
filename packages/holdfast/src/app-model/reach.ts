import type { Value } from "./abstract-value.js";
import { all, always, not } from "./conditions.js";
import type { Condition } from "./model.js";
import { child, contains, placeOf, type Syntax } from "./syntax.js";

/** How expressions are read: passed in, since reading an expression asks in turn what is reached. */
export interface Asking {
  condition(node: Syntax | undefined): Condition;
  value(node: Syntax | undefined): Value;
}

/** The condition under which a language goes from a node into one of its parts. */
export type Through = (inner: Syntax, outer: Syntax, asking: Asking) => Condition;

/** Under what condition a line is reached: the branches around it, and the early exits before it. */
export type Reach = (node: Syntax, asking: Asking, use?: Syntax) => Condition;

/**
 * Make the way out of a language's syntax, from a line to the file. With `use`, only what stands between the line and what it shares
 * with that other place counts.
 */
export function reachBy(through: Through): Reach {
  return (node, asking, use) => {
    const found: Condition[] = [];
    for (let inner = node, outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
      if (use !== undefined && contains(outer, use)) break;
      found.push(through(inner, outer, asking));
    }
    return all(...found);
  };
}

/** The right side of `a && b`, of `a || b` and of their words. */
export const throughLogic: Through = (inner, outer, asking) => {
  if (inner.field !== "right") return always;
  const left = child(outer, "left");
  if (outer.operator === "&&" || outer.operator === "and") return asking.condition(left);
  return outer.operator === "||" || outer.operator === "or" ? not(asking.condition(left)) : always;
};

/** More exits than these in one body are not asked. */
const maxExits = 24;

/** Make what finds the statements before one that may leave its body, by what counts as such in a language. */
export function exitsBy(isExit: (one: Syntax) => boolean): (statement: Syntax, body: Syntax) => readonly Syntax[] {
  const known = new WeakMap<Syntax, readonly Syntax[]>();
  return (statement, body) => {
    const exits = known.get(body) ?? body.children.filter(isExit);
    known.set(body, exits);
    const place = placeOf(statement);
    return exits.filter((one) => placeOf(one) < place).slice(-maxExits);
  };
}
