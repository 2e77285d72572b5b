import type { ClassNode, FunctionNode, Node, NodeOf, Syntax } from "./syntax.js";
import { childrenOf, isFunction, keyName } from "./syntax.js";

/** How a name is taken out of a value: `{ a: [b] }` takes `b` by the steps `a`, `0`. */
export type Step =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "default"; readonly value: Node }
  | { readonly kind: "rest" };

/** One way in which a name gets its value. */
export type Origin =
  | { readonly kind: "value"; readonly value: Node; readonly steps: readonly Step[]; readonly at: Node }
  | { readonly kind: "item"; readonly of: Node; readonly steps: readonly Step[]; readonly at: Node }
  | { readonly kind: "parameter"; readonly index: number; readonly rest: boolean; readonly steps: readonly Step[]; readonly at: Node }
  | { readonly kind: "function"; readonly node: FunctionNode; readonly at: Node }
  | { readonly kind: "class"; readonly node: ClassNode; readonly at: Node }
  | { readonly kind: "import"; readonly from: string; readonly name: string; readonly at: Node }
  | { readonly kind: "enum"; readonly node: NodeOf<"TSEnumDeclaration">; readonly at: Node }
  | { readonly kind: "caught"; readonly at: Node }
  | { readonly kind: "none"; readonly at: Node };

/** A name declared somewhere, with everything that is ever assigned to it, in the order of the source. */
export interface Binding {
  readonly name: string;
  /** The function, or the program, that declares it. */
  readonly owner: FunctionNode | NodeOf<"Program">;
  readonly origins: Origin[];
}

export interface Scope {
  readonly parent: Scope | undefined;
  readonly owner: FunctionNode | NodeOf<"Program">;
  readonly bindings: Map<string, Binding>;
}

/** What is known of a file's names: who declares them, and what lies around each node. */
export interface Names {
  readonly program: Scope;
  parentOf(node: Node): Node | undefined;
  /** The declaration that a name refers to where the node stands. */
  resolve(name: string, from: Node): Binding | undefined;
  /** Assignments to members: `form.uploadDir = …`, `module.exports = …`, `exports.a = …`. */
  readonly memberAssignments: readonly NodeOf<"AssignmentExpression">[];
  /** Those to a member of a plain name, or of `this`, as `form.uploadDir` and `this.client`; the last one first. */
  assignmentsTo(member: string): readonly NodeOf<"AssignmentExpression">[];
  /** Calls and constructions, in the order of the source. */
  readonly calls: readonly (NodeOf<"CallExpression"> | NodeOf<"NewExpression">)[];
  readonly classes: readonly ClassNode[];
}

const targetsOf = (target: Node, steps: readonly Step[], found: (name: string, steps: readonly Step[]) => void): void => {
  if (target.type === "Identifier") {
    found(target.name, steps);
    return;
  }
  if (target.type === "AssignmentPattern") {
    targetsOf(target.left, [...steps, { kind: "default", value: target.right }], found);
    return;
  }
  if (target.type === "ObjectPattern") {
    for (const property of target.properties) {
      if (property.type === "RestElement") targetsOf(property.argument, [...steps, { kind: "rest" }], found);
      else {
        const key = keyName(property.key);
        if (key !== undefined) targetsOf(property.value, [...steps, { kind: "key", key }], found);
      }
    }
    return;
  }
  if (target.type === "ArrayPattern") {
    for (const [index, element] of target.elements.entries()) {
      if (element === null) continue;
      if (element.type === "RestElement") targetsOf(element.argument, [...steps, { kind: "rest" }], found);
      else targetsOf(element, [...steps, { kind: "index", index }], found);
    }
    return;
  }
  if (target.type === "TSParameterProperty") {
    targetsOf(target.parameter, steps, found);
    return;
  }
  if (target.type === "RestElement") {
    targetsOf(target.argument, steps, found);
    return;
  }
};

const importedName = (specifier: NodeOf<"ImportDeclaration">["specifiers"][number]): string => {
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  if (specifier.type === "ImportNamespaceSpecifier") return "*";
  return keyName(specifier.imported) ?? "default";
};

/** Finds out all names of a file in one pass. */
export const namesOf = (syntax: Syntax): Names => {
  const parents = new Map<Node, Node>();
  const scopes = new Map<Node, Scope>();
  const memberAssignments: NodeOf<"AssignmentExpression">[] = [];
  const calls: (NodeOf<"CallExpression"> | NodeOf<"NewExpression">)[] = [];
  const classes: ClassNode[] = [];
  const assignments: { node: Node; left: Node; origin: (steps: readonly Step[]) => Origin }[] = [];
  const program: Scope = { parent: undefined, owner: syntax.program, bindings: new Map() };
  scopes.set(syntax.program, program);

  const declare = (scope: Scope, name: string, origin: Origin): void => {
    const known = scope.bindings.get(name);
    if (known === undefined) scope.bindings.set(name, { name, owner: scope.owner, origins: [origin] });
    else if (origin.kind !== "none") known.origins.push(origin);
  };
  const hoisted = (scope: Scope): Scope => {
    let at = scope;
    while (at.parent !== undefined && at.parent.owner === at.owner) at = at.parent;
    return at;
  };

  const declareVariables = (node: NodeOf<"VariableDeclaration">, scope: Scope, parent: Node | undefined): void => {
    const into = node.kind === "var" ? hoisted(scope) : scope;
    for (const declarator of node.declarations) {
      targetsOf(declarator.id, [], (name, steps) => {
        if (declarator.init !== null) declare(into, name, { kind: "value", value: declarator.init, steps, at: declarator });
        else if ((parent?.type === "ForOfStatement" || parent?.type === "ForInStatement") && parent.left === node) {
          declare(into, name, { kind: "item", of: parent.right, steps, at: declarator });
        } else declare(into, name, { kind: "none", at: declarator });
      });
    }
  };

  const enter = (node: Node, scope: Scope, parent: Node | undefined): Scope => {
    if (node.type === "FunctionDeclaration") {
      if (node.id !== null && node.body !== null) declare(hoisted(scope), node.id.name, { kind: "function", node, at: node });
    }
    if (node.type === "ClassDeclaration") {
      if (node.id !== null) declare(scope, node.id.name, { kind: "class", node, at: node });
      classes.push(node);
    }
    if (node.type === "ClassExpression") {
      classes.push(node);
    }
    if (node.type === "VariableDeclaration") {
      declareVariables(node, scope, parent);
    }
    if (node.type === "ImportDeclaration" && node.importKind !== "type") {
      for (const specifier of node.specifiers) {
        declare(scope, specifier.local.name, { kind: "import", from: node.source.value, name: importedName(specifier), at: node });
      }
    }
    if (node.type === "TSImportEqualsDeclaration") {
      if (node.moduleReference.type === "TSExternalModuleReference") {
        declare(scope, node.id.name, { kind: "import", from: node.moduleReference.expression.value, name: "=", at: node });
      }
    }
    if (node.type === "TSEnumDeclaration") {
      declare(scope, node.id.name, { kind: "enum", node, at: node });
    }
    if (node.type === "AssignmentExpression") {
      if (node.left.type === "MemberExpression") memberAssignments.push(node);
      else if (node.operator === "=" || node.operator === "||=" || node.operator === "??=") {
        assignments.push({ node, left: node.left, origin: (steps) => ({ kind: "value", value: node.right, steps, at: node }) });
      }
    }
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      calls.push(node);
    }
    if (isFunction(node)) {
      const inner: Scope = { parent: scope, owner: node, bindings: new Map() };
      if (node.type === "FunctionExpression" && node.id !== null) declare(inner, node.id.name, { kind: "function", node, at: node });
      for (const [index, parameter] of node.params.entries()) {
        const rest = parameter.type === "RestElement";
        targetsOf(parameter, [], (name, steps) => declare(inner, name, { kind: "parameter", index, rest, steps, at: parameter }));
      }
      scopes.set(node, inner);
      return inner;
    }
    if (
      node.type === "BlockStatement" ||
      node.type === "ForStatement" ||
      node.type === "ForOfStatement" ||
      node.type === "ForInStatement" ||
      node.type === "SwitchStatement" ||
      node.type === "CatchClause" ||
      node.type === "StaticBlock"
    ) {
      const inner: Scope = { parent: scope, owner: scope.owner, bindings: new Map() };
      if (node.type === "CatchClause" && node.param !== null) {
        targetsOf(node.param, [], (name) => declare(inner, name, { kind: "caught", at: node }));
      }
      scopes.set(node, inner);
      return inner;
    }
    return scope;
  };

  // Not recursive: generated code can be nested deeper than the stack is.
  const waiting: Node[] = [syntax.program];
  const around: Scope[] = [program];
  for (
    let node = waiting.pop(), scope = around.pop();
    node !== undefined && scope !== undefined;
    node = waiting.pop(), scope = around.pop()
  ) {
    const inner = enter(node, scope, parents.get(node));
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index];
      if (child === undefined) continue;
      parents.set(child, node);
      waiting.push(child);
      around.push(inner);
    }
  }

  const resolve = (name: string, from: Node): Binding | undefined => {
    let at: Node | undefined = from;
    while (at !== undefined && !scopes.has(at)) at = parents.get(at);
    let scope = at === undefined ? undefined : scopes.get(at);
    for (; scope !== undefined; scope = scope.parent) {
      const binding = scope.bindings.get(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  };

  for (const { node, left, origin } of assignments) {
    targetsOf(left, [], (name, steps) => {
      const binding = resolve(name, node);
      if (binding === undefined) declare(program, name, origin(steps));
      else binding.origins.push(origin(steps));
    });
  }
  const byMember = new Map<string, NodeOf<"AssignmentExpression">[]>();
  for (const assignment of memberAssignments.toReversed()) {
    const { left } = assignment;
    if (left.type !== "MemberExpression") continue;
    const holder = left.object.type === "Identifier" ? left.object.name : left.object.type === "ThisExpression" ? "this" : undefined;
    const member = keyName(left.property);
    if (holder === undefined || member === undefined) continue;
    const key = `${holder}.${member}`;
    const known = byMember.get(key);
    if (known === undefined) byMember.set(key, [assignment]);
    else known.push(assignment);
  }
  const assignmentsTo = (member: string): readonly NodeOf<"AssignmentExpression">[] => byMember.get(member) ?? [];
  return { program, assignmentsTo, parentOf: (node) => parents.get(node), resolve, memberAssignments, calls, classes };
};
