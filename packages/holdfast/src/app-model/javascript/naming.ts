import type { Flow, Machine } from "./flow.js";
import { bindingValue, frameAround } from "./frames.js";
import { repositoryRoot } from "./natives.js";
import { folderOf } from "./project.js";
import type { Node } from "./syntax.js";
import { keyName } from "./syntax.js";
import type { Choices, External, Frame, Site } from "./values.js";
import { absent, literal, one, unknown } from "./values.js";

const globals = new Set([
  "process",
  "console",
  "Buffer",
  "JSON",
  "Promise",
  "Object",
  "Array",
  "Boolean",
  "Number",
  "String",
  "Math",
  "Date",
  "parseInt",
  "parseFloat",
  "Bun",
  "Deno",
  "fetch",
  "URL",
  "FormData",
  "Blob",
  "File",
  "Response",
  "Request",
  "setTimeout",
  "setImmediate",
  "decodeURIComponent",
  "encodeURIComponent",
  "structuredClone",
  "atob",
  "strapi",
  "Error",
  "Map",
  "Set",
  "RegExp",
  "XMLHttpRequest",
  "FileReader",
  "Uint8Array",
  "use",
  "require",
  "globalThis",
  "global",
  "window",
  "queueMicrotask",
  "Symbol",
  "Response",
]);

/** Something of a package or of the runtime, by its name. */
export const external = (name: string, site: Site): External => ({
  kind: "external",
  name,
  args: [],
  on: undefined,
  role: undefined,
  site,
});

/** The frame whose `this` a node sees: arrow functions have none of their own. */
export const selfOf = (machine: Machine, site: Site, frame: Frame): Choices => {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) {
    if (at.owner.type === "ArrowFunctionExpression" && at.self === undefined) continue;
    if (at.self !== undefined) return one(at.self);
    break;
  }
  for (let node = site.module.names.parentOf(site.node); node !== undefined; node = site.module.names.parentOf(node)) {
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression") {
      return one({
        kind: "instance",
        of: { kind: "class", node, frame: frameAround(site.module, node) },
        args: undefined,
        known: new Map(),
      });
    }
  }
  return machine.step() ? one({ kind: "namespace", module: site.module }) : unknown;
};

/** What a name stands for where it is written. */
export const identifier = (machine: Machine, node: Extract<Node, { type: "Identifier" }>, frame: Frame): Choices => {
  const { module } = frame;
  const binding = module.names.resolve(node.name, node);
  if (binding !== undefined) return bindingValue(machine, binding, frame);
  const site = { module, node };
  switch (node.name) {
    case "undefined":
    case "NaN":
      return absent;
    case "__dirname":
      return literal(`${repositoryRoot}/${folderOf(module.path)}`.replace(/\/$/, ""));
    case "__filename":
      return literal(`${repositoryRoot}/${module.path}`);
    case "exports":
      return one({ kind: "namespace", module });
    default:
      return globals.has(node.name) ? one(external(`global:${node.name}`, site)) : unknown;
  }
};

/** The name that a member expression asks for. */
export const memberName = (machine: Machine, node: Extract<Node, { type: "MemberExpression" }>, frame: Frame, flow: Flow): Choices =>
  node.computed
    ? machine.evaluate({ module: frame.module, node: node.property }, frame, flow)
    : literal(keyName(node.property) ?? undefined);
