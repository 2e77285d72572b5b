import type { Machine } from "./flow.js";
import { bindingValue, conditionAt, moduleFrame, silent } from "./frames.js";
import { external } from "./naming.js";
import { memberOf, packageName } from "./members.js";
import type { Module } from "./project.js";
import { parseJson } from "./project.js";
import type { Node } from "./syntax.js";
import { keyName } from "./syntax.js";
import type { Choice, Choices, Site } from "./values.js";
import { absent, each, literal, one, tidy, unknown } from "./values.js";
import { all } from "./conditions.js";

/** JSON as the value it is. */
export const jsonValue = (json: unknown, site: Site, depth = 0): Choices => {
  if (json === null || typeof json === "string" || typeof json === "number" || typeof json === "boolean") return literal(json);
  if (depth > 6 || typeof json !== "object") return unknown;
  if (Array.isArray(json))
    return one({ kind: "list", items: json.slice(0, 200).map((item) => jsonValue(item, site, depth + 1)), isOpen: false });
  return one({
    kind: "object",
    entries: new Map(
      Object.entries(json)
        .slice(0, 500)
        .map(([name, value]) => [name, jsonValue(value, site, depth + 1)]),
    ),
    isOpen: false,
    site,
  });
};

const isModuleExports = (node: Node): boolean =>
  node.type === "MemberExpression" &&
  node.object.type === "Identifier" &&
  node.object.name === "module" &&
  keyName(node.property) === "exports";

const exportsName = (left: Node): string | undefined => {
  if (left.type !== "MemberExpression") return undefined;
  if (isModuleExports(left)) return "=";
  if (left.object.type === "Identifier" && left.object.name === "exports") return keyName(left.property);
  if (isModuleExports(left.object)) return keyName(left.property);
  return undefined;
};

const named = (node: Node): string | undefined =>
  node.type === "Identifier" ? node.name : node.type === "Literal" ? keyName(node) : undefined;

/** The value of an export of a module written with `export`; undefined where it has none of that name. */
const esmExport = (machine: Machine, module: Module, name: string, seen: ReadonlySet<string>): Choices | undefined => {
  const frame = moduleFrame(module);
  const local = (identifier: string, at: Node): Choices => {
    const binding = module.names.resolve(identifier, at);
    return binding === undefined ? unknown : bindingValue(machine, binding, frame);
  };
  const stars: string[] = [];
  for (const statement of module.syntax.program.body) {
    if (statement.type === "ExportNamedDeclaration") {
      if (statement.declaration !== null && statement.exportKind !== "type") {
        const binding = declares(statement.declaration, name) ? module.names.resolve(name, module.syntax.program) : undefined;
        if (binding !== undefined) return bindingValue(machine, binding, frame);
      }
      for (const specifier of statement.specifiers) {
        if (named(specifier.exported) !== name) continue;
        const inner = named(specifier.local) ?? name;
        return statement.source === null ? local(inner, statement) : machine.imported(module, statement.source.value, inner, statement);
      }
    } else if (statement.type === "ExportDefaultDeclaration" && name === "default") {
      return machine.evaluate({ module, node: statement.declaration }, frame, silent);
    } else if (statement.type === "TSExportAssignment" && (name === "default" || name === "=")) {
      return machine.evaluate({ module, node: statement.expression }, frame, silent);
    } else if (statement.type === "ExportAllDeclaration") {
      if (statement.exported !== null && named(statement.exported) === name)
        return machine.imported(module, statement.source.value, "*", statement);
      if (statement.exported === null) stars.push(statement.source.value);
    }
  }
  for (const star of stars) {
    const path = machine.project.resolve(star, module.path);
    const target = path === undefined || seen.has(path) ? undefined : machine.project.module(path);
    const found = target === undefined ? undefined : esmExport(machine, target, name, new Set([...seen, module.path]));
    if (found !== undefined) return found;
  }
  return undefined;
};

const declares = (declaration: Node, name: string): boolean => {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.some((declarator) => mentions(declarator.id, name));
  }
  return (
    "id" in declaration &&
    declaration.id !== null &&
    declaration.id !== undefined &&
    declaration.id.type === "Identifier" &&
    declaration.id.name === name
  );
};

const mentions = (pattern: Node, name: string): boolean => {
  if (pattern.type === "Identifier") return pattern.name === name;
  if (pattern.type === "ObjectPattern")
    return pattern.properties.some((property) => mentions(property.type === "RestElement" ? property.argument : property.value, name));
  if (pattern.type === "ArrayPattern") return pattern.elements.some((element) => element !== null && mentions(element, name));
  return pattern.type === "AssignmentPattern" && mentions(pattern.left, name);
};

/** What a module puts into `module.exports` or a member of it. */
const commonExport = (machine: Machine, module: Module, name: string): Choices | undefined => {
  const frame = moduleFrame(module);
  const rows: Choice[] = [];
  for (const assignment of module.names.memberAssignments.toReversed()) {
    if (exportsName(assignment.left) !== name) continue;
    const when = conditionAt(machine, assignment, frame, module.syntax.program);
    for (const row of machine.evaluate({ module, node: assignment.right }, frame, silent))
      rows.push({ when: all(when, row.when), value: row.value });
    if (when.kind === "always") break;
  }
  return rows.length === 0 ? undefined : tidy(rows);
};

/** Whether a module is written with `export`. */
export const isEsm = (module: Module): boolean =>
  module.syntax.program.body.some((statement) => statement.type.startsWith("Export") || statement.type === "TSExportAssignment");

/** What a file exports under a name; `=` is what `require` gives. */
export const exportedValue = (machine: Machine, path: string, name: string): Choices => {
  const { project } = machine;
  if (path.endsWith(".json")) {
    const source = project.tree.read(path);
    const somewhere = project.tree.paths.find((other) => /\.[mc]?[jt]s$/.test(other) && project.module(other) !== undefined);
    const module = somewhere === undefined ? undefined : project.module(somewhere);
    if (source === undefined || module === undefined) return unknown;
    const site: Site = { module, node: module.syntax.program };
    const value = jsonValue(parseJson(source), site);
    return name === "=" || name === "default" || name === "*" ? value : each(value, (found) => machine.member(found, name, silent, site));
  }
  const module = project.module(path);
  if (module === undefined || !machine.step()) return unknown;
  const site: Site = { module, node: module.syntax.program };
  if (name === "*") return one({ kind: "namespace", module });
  if (isEsm(module)) {
    if (name === "=") return esmExport(machine, module, "=", new Set()) ?? one({ kind: "namespace", module });
    return esmExport(machine, module, name, new Set()) ?? (name === "default" ? (commonExport(machine, module, "=") ?? absent) : absent);
  }
  const whole = commonExport(machine, module, "=");
  if (name === "=" || name === "default") {
    const hasMembers = module.names.memberAssignments.some((assignment) => {
      const exported = exportsName(assignment.left);
      return exported !== undefined && exported !== "=";
    });
    const asDefault = name === "default" ? commonExport(machine, module, "default") : undefined;
    if (asDefault !== undefined) return asDefault;
    if (whole === undefined) return one({ kind: "namespace", module });
    // `module.exports = router; module.exports.upload = upload`: both are reached through the namespace.
    return hasMembers && name === "=" && whole[0]?.value.kind !== "object" ? one({ kind: "namespace", module }) : whole;
  }
  const member = commonExport(machine, module, name);
  if (member !== undefined) return member;
  return whole === undefined
    ? absent
    : each(whole, (value) => (value.kind === "namespace" && value.module === module ? absent : machine.member(value, name, silent, site)));
};

/** `module.exports` itself, where a namespace stands for it. */
export const wholeExport = (machine: Machine, module: Module): Choices => commonExport(machine, module, "=") ?? unknown;

/** What an `import` of a specifier gives in a module. */
export const importedValue = (machine: Machine, from: Module, specifier: string, name: string, at: Node): Choices => {
  const path = machine.project.resolve(specifier, from.path);
  if (path !== undefined) return machine.exported(path, name);
  if (specifier.startsWith(".")) return unknown;
  const site: Site = { module: from, node: at };
  // AdonisJS's container: `use("App/Services/Files")`.
  const bound = /^App\/(.+)$/.exec(specifier);
  if (bound !== null) {
    const file = machine.project.resolve(
      `/${machine.project.root === "." ? "" : `${machine.project.root}/`}app/${bound[1] ?? ""}`,
      from.path,
    );
    if (file !== undefined) return machine.exported(file, "=");
  }
  return one(external(memberOf(packageName(specifier), name), site));
};
