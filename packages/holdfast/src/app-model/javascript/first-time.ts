import type { Module } from "./project.js";
import type { Node } from "./syntax.js";
import { bare } from "./syntax.js";

/** What a test asks to be missing: `x.client` of `!x.client`, `x.client == null` and of the left of `x.client ?? …`. */
const askedToBeMissing = (test: Node): Node | undefined => {
  const plain = bare(test);
  if (plain.type === "UnaryExpression" && plain.operator === "!") return bare(plain.argument);
  if (plain.type !== "BinaryExpression" || (plain.operator !== "==" && plain.operator !== "===")) return undefined;
  const isNothing =
    (plain.right.type === "Literal" && plain.right.value === null) ||
    (plain.right.type === "Identifier" && plain.right.name === "undefined");
  return isNothing ? bare(plain.left) : undefined;
};

const isIn = (inner: Node, outer: Node): boolean => inner.start >= outer.start && inner.end <= outer.end;

/** Every assignment to a place, known by how it is written. */
const assignmentsTo = (module: Module, place: Node): readonly Extract<Node, { type: "AssignmentExpression" }>[] => {
  if (place.type === "Identifier")
    return (module.names.resolve(place.name, place)?.origins ?? []).flatMap(({ at }) => (at.type === "AssignmentExpression" ? [at] : []));
  const text = module.syntax.textOf(place);
  return module.names.memberAssignments.filter(({ left }) => module.syntax.textOf(left) === text);
};

/**
 * Whether a test asks only if this is the first time: what is made behind it is kept in the place that is tested, so that it is
 * made once. What is kept there later says nothing about the first time.
 */
export const asksIfFirstTime = (module: Module, test: Node, made: Node, isOtherwise: boolean): boolean => {
  const place = isOtherwise ? bare(test) : askedToBeMissing(test);
  if (place?.type !== "MemberExpression" && place?.type !== "Identifier") return false;
  return assignmentsTo(module, place).some((assignment) => {
    if (isIn(made, assignment.right)) return true;
    const right = bare(assignment.right);
    if (right.type !== "Identifier") return false;
    return (module.names.resolve(right.name, right)?.origins ?? []).some(({ at }) => isIn(made, at));
  });
};
