import { schemeOf } from "./addresses.js";
import type { Flow, Machine } from "./flow.js";
import { note } from "./flow.js";
import { frameAround, injected, silent } from "./frames.js";
import { repositoryRoot } from "./natives.js";
import type { ClassNode, FunctionNode, Node } from "./syntax.js";
import { keyName } from "./syntax.js";
import type { Choice, Choices, ClassValue, Frame, Instance, Role, Site, Value } from "./values.js";
import { absent, data, literal, one, tidy, unknown } from "./values.js";

/** Packages that stand for another: forks, and wrappers with the same calls. */
const sameAs: Readonly<Record<string, string>> = {
  "fastify-multer": "multer",
  "@koa/multer": "multer",
  "koa-multer": "multer",
  "@nest-lab/fastify-multer": "multer",
  "fs-extra": "fs",
  "graceful-fs": "fs",
  "mz/fs": "fs",
  "fs/promises": "fs:promises",
  "stream/promises": "stream:promises",
  "path/posix": "path",
  "path/win32": "path",
  upath: "path",
  "formidable-serverless": "formidable",
  "@types/multer": "multer",
};

/** The name under which a package's values go. */
export const packageName = (specifier: string): string => {
  const plain = specifier.replace(/^node:/, "");
  return sameAs[plain] ?? plain;
};

/** The name of a member of something external. */
export const memberOf = (name: string, member: string): string => {
  if (member === "default" || member === "*" || member === "=") return name;
  return name.includes(":") || name.includes("()") ? `${name}.${member}` : `${name}:${member}`;
};

const roleOfFilePart = (name: string): Role => {
  if (/^(buffer|data|stream|file|bytes|content|_buf|value)$/.test(name)) return "bytes";
  if (/^(path|filepath|filePath|tempFilePath|tmpPath|tmp_path)$/.test(name)) return "path";
  if (/^(filename|newFilename|key|fileName|location|url|destination|secure_url|public_id|linkUrl|id)$/.test(name)) return "name";
  if (
    /^(originalname|originalFilename|originalName|mimetype|mimeType|type|size|name|ext|extname|encoding|fieldname|length|clientName|extension|lastModified|headers|hash|md5|truncated|isValid|errors|hasErrors|subtype|fields|info)$/.test(
      name,
    )
  )
    return "about";
  return "file";
};

/** A member of something that came with a request. */
const dataMember = (value: Extract<Value, { kind: "data" }>, name: string, site: Site): Choices => {
  switch (value.role) {
    case "request":
      if (/^files?$/.test(name)) return data("file", name);
      if (/^(body|rawBody|_body|fields|payload)$/.test(name)) return data("body");
      if (/^(raw|req|request|node|incoming|event|socket)$/.test(name)) return value.role === "request" ? data("request") : unknown;
      if (name === "app" || name === "server")
        return one({ kind: "external", name: "express()", args: [], on: undefined, role: undefined, site });
      return data("about");
    case "body":
      return name === "length" ? data("about") : data("body", name);
    case "form":
      return /^fields$/.test(name) ? data("body") : data("file", name);
    case "file": {
      const role = roleOfFilePart(name);
      if (role !== "file") return data(role);
      return data("file", /^\d+$|^files?$/.test(name) ? value.field : name);
    }
    case "bytes":
      return data(name === "length" || name === "size" || name === "byteLength" ? "about" : "bytes");
    case "path":
    case "name":
      return data(name === "length" ? "about" : value.role);
    case "about":
      return data("about");
  }
};

const literalKey = (node: { readonly key: Node; readonly computed: boolean }): string | undefined =>
  node.computed && node.key.type === "Identifier" ? undefined : keyName(node.key);

const constructorOf = (node: ClassNode): FunctionNode | undefined => {
  for (const member of node.body.body) {
    if (member.type === "MethodDefinition" && member.kind === "constructor" && member.value.type === "FunctionExpression")
      return member.value;
  }
  return undefined;
};

const parentClass = (machine: Machine, of: ClassValue): ClassValue | undefined => {
  if (of.node.superClass === null) return undefined;
  const value = machine.evaluate({ module: of.frame.module, node: of.node.superClass }, of.frame, silent)[0]?.value;
  return value?.kind === "class" && value.node !== of.node ? value : undefined;
};

/** The frame in which a method of an instance runs its own names when nobody calls it. */
const ownFrame = (instance: Instance, fn: FunctionNode, args: readonly Choices[] | undefined): Frame => ({
  owner: fn,
  module: instance.of.frame.module,
  parent: instance.of.frame,
  args,
  self: instance,
  known: new Map(),
  busy: new Set(),
});

/** What is assigned to `this.name` anywhere in the class. */
const assignedToSelf = (machine: Machine, instance: Instance, name: string): Choices | undefined => {
  const { module } = instance.of.frame;
  const made = constructorOf(instance.of.node);
  const rows: Choice[] = [];
  for (const assignment of module.names.assignmentsTo(`this.${name}`)) {
    if (assignment.start < instance.of.node.start || assignment.end > instance.of.node.end) continue;
    const around = frameAround(module, assignment);
    const frame =
      made !== undefined && around.owner === made
        ? ownFrame(instance, made, instance.args)
        : { ...around, self: instance, known: new Map(), busy: new Set<never>() };
    const when = machine.conditionAt(assignment, frame, frame.owner);
    for (const row of machine.evaluate({ module, node: assignment.right }, frame, silent))
      rows.push({ when: machine.both(when, row.when), value: row.value });
    if (when.kind === "always") break;
  }
  return rows.length === 0 ? undefined : tidy(rows);
};

/** A member of a class's instance, its methods bound to it. */
export const instanceMember = (machine: Machine, instance: Instance, name: string): Choices => {
  const known = instance.known.get(name);
  if (known !== undefined) return known;
  if (!machine.step()) return unknown;
  instance.known.set(name, unknown);
  const found = findMember(machine, instance, instance.of, name.replace(/^super\./, ""), name.startsWith("super."));
  instance.known.set(name, found);
  return found;
};

const findMember = (machine: Machine, instance: Instance, of: ClassValue, name: string, skipsOwn: boolean): Choices => {
  const { module } = of.frame;
  const here: Instance = { ...instance, of };
  if (!skipsOwn) {
    for (const member of of.node.body.body) {
      if (
        member.type === "MethodDefinition" &&
        literalKey(member) === name &&
        member.kind !== "constructor" &&
        member.value.type === "FunctionExpression"
      ) {
        const fn = { kind: "function", node: member.value, frame: of.frame, self: instance } as const;
        return member.kind === "get" ? machine.run(fn, [], silent) : one(fn);
      }
      if (
        (member.type === "PropertyDefinition" || member.type === "AccessorProperty") &&
        literalKey(member) === name &&
        member.value !== null
      ) {
        const frame: Frame = { ...of.frame, self: instance, known: new Map(of.frame.known), busy: new Set() };
        return machine.evaluate({ module, node: member.value }, frame, silent);
      }
    }
    const made = constructorOf(of.node);
    for (const [index, parameter] of made?.params.entries() ?? []) {
      if (parameter.type !== "TSParameterProperty") continue;
      const target = parameter.parameter.type === "AssignmentPattern" ? parameter.parameter.left : parameter.parameter;
      if (target.type !== "Identifier" || target.name !== name) continue;
      return instance.args?.[index] ?? injected(machine, target, of.frame) ?? unknown;
    }
    const assigned = assignedToSelf(machine, here, name);
    if (assigned !== undefined) return assigned;
    // Declared with a type only: `@Inject() private readonly files: FilesService`.
    for (const member of of.node.body.body) {
      if (
        member.type === "PropertyDefinition" &&
        literalKey(member) === name &&
        member.typeAnnotation !== null &&
        member.key.type === "Identifier"
      ) {
        const made_ = injected(machine, { ...member.key, typeAnnotation: member.typeAnnotation ?? null }, of.frame);
        if (made_ !== undefined) return made_;
      }
    }
  }
  const parent = parentClass(machine, of);
  return parent === undefined ? unknown : findMember(machine, instance, parent, name, false);
};

const staticMember = (machine: Machine, of: ClassValue, name: string): Choices => {
  for (const member of of.node.body.body) {
    if (member.type === "MethodDefinition" && member.static && literalKey(member) === name && member.value.type === "FunctionExpression") {
      return one({ kind: "function", node: member.value, frame: of.frame, self: of });
    }
    if (member.type === "PropertyDefinition" && member.static && literalKey(member) === name && member.value !== null) {
      return machine.evaluate(
        { module: of.frame.module, node: member.value },
        { ...of.frame, self: of, known: new Map(of.frame.known), busy: new Set() },
        silent,
      );
    }
  }
  const parent = parentClass(machine, of);
  return parent === undefined ? unknown : staticMember(machine, parent, name);
};

/** A property of a value. */
export const valueMember = (machine: Machine, value: Value, name: string, flow: Flow, site: Site): Choices => {
  switch (value.kind) {
    case "environment":
      return one({ kind: "variable", name, ignoresCase: false });
    case "object":
      return value.entries.get(name) ?? (value.isOpen ? unknown : absent);
    case "list":
      if (/^\d+$/.test(name)) return value.items[Number(name)] ?? (value.isOpen ? unknown : absent);
      if (name === "length") return value.isOpen ? unknown : literal(value.items.length);
      return unknown;
    case "data":
      if (value.role === "request" && /^files?$/.test(name)) note(flow, site, { kind: "reads-files" });
      return flow.carried?.get(name) ?? dataMember(value, name, site);
    case "namespace":
      return machine.exported(value.module.path, name);
    case "instance":
      return instanceMember(machine, value, name);
    case "class":
      return staticMember(machine, value, name);
    case "external":
      return externalMember(machine, value, name, site);
    case "literal":
      if (name === "protocol") return schemeOf(value, site);
      if (name === "length" && typeof value.value === "string") return literal(value.value.length);
      return value.value === undefined || value.value === null ? absent : unknown;
    case "variable":
      return name === "protocol" ? schemeOf(value, site) : unknown;
    case "function":
    case "text":
    case "test":
    case "callback":
    case "unknown":
      return unknown;
  }
};

/** Packages' answers about the environment: `cleanEnv(process.env, {…})`, `schema.parse(process.env)`, `readEnv({ variables: {…} })`. */
const environmentMember = (value: Extract<Value, { kind: "external" }>, name: string): Choices | undefined => {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name) || !value.name.endsWith("()")) return undefined;
  const options = value.args[0]?.[0]?.value;
  const isOwn = value.name === "@holdfast/media/env:readEnv()";
  if (!isOwn && !value.args.some((arg) => arg[0]?.value.kind === "environment")) return undefined;
  const listed = isOwn && options?.kind === "object" ? options.entries.get("variables")?.[0]?.value : undefined;
  const described = listed?.kind === "object" ? listed.entries.get(name)?.[0]?.value : undefined;
  const standard = described?.kind === "object" ? described.entries.get("default") : undefined;
  return [
    { when: { kind: "set", name }, value: { kind: "variable", name, ignoresCase: false } },
    ...(standard ?? (isOwn ? absent : unknown)),
  ];
};

const externalMember = (machine: Machine, value: Extract<Value, { kind: "external" }>, name: string, site: Site): Choices => {
  if (
    value.name === "global:process" ||
    value.name === "global:import.meta" ||
    value.name === "global:Bun" ||
    value.name === "process" ||
    value.name === "bun"
  ) {
    if (name === "env") return one({ kind: "environment" });
    if (name === "url" || name === "filename") return literal(`${repositoryRoot}/${site.module.path}`);
    if (name === "dirname" || name === "dir")
      return literal(`${repositoryRoot}/${site.module.path.split("/").slice(0, -1).join("/")}`.replace(/\/$/, ""));
  }
  const variable = environmentMember(value, name);
  if (variable !== undefined) return variable;
  if (value.name.endsWith(":env") && /^(process|bun)/.test(value.name)) return one({ kind: "variable", name, ignoresCase: false });
  if (value.name === "global:globalThis" || value.name === "global:global" || value.name === "global:window")
    return one({ ...value, name: `global:${name}` });
  if (/\.(settings|locals)$/.test(value.name)) {
    const kept = machine.setting(name);
    if (kept[0]?.value.kind !== "unknown") return kept;
  }
  if (value.role === "file" || value.role === "form") return data(roleOfFilePart(name) === "file" ? "file" : roleOfFilePart(name));
  // A pathname of a URL is the path that was read into it.
  if (value.name === "global:URL()" && name === "pathname") return value.args[0] ?? unknown;
  return one({ ...value, name: memberOf(value.name, name), on: value });
};
