import type { Condition } from "../model.js";
import { always } from "./conditions.js";
import { external } from "./naming.js";
import type { Effect, Flow } from "./flow.js";
import { conditionAt, frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import type { Module } from "./project.js";
import type { Node, NodeOf } from "./syntax.js";
import { bare, keyName, walk } from "./syntax.js";
import type { Handled } from "./uploads.js";
import type { Choices, External, Site, Value } from "./values.js";
import { data, one, textOf, undefinedValue } from "./values.js";

type Call = NodeOf<"CallExpression">;

interface Registration {
  readonly call: Call;
  readonly module: Module;
  readonly method: string;
  /** What it is registered on, where that could be told. */
  readonly on: External | undefined;
  readonly path: string;
  readonly handlers: readonly { readonly choices: Choices; readonly node: Node }[];
}

const verbs = new Set([
  "get",
  "post",
  "put",
  "patch",
  "delete",
  "del",
  "all",
  "use",
  "route",
  "register",
  "on",
  "options",
  "head",
  "openapi",
]);

/** Apps, which are live, and routers, which are live where they are mounted. */
const apps =
  /^(express|fastify|fastify:fastify|fastify:Fastify|koa|polka|restify:createServer|elysia:Elysia|@fastify\/.*|connect|restana|tinyhttp|@tinyhttp\/app:App|hyper-express:Server|sails|express\(\)|uWebSockets\.js:App|h3:createApp|nitropack)\(\)$/;
const routers =
  /^(express:Router|express\(\):Router|router|@koa\/router|koa-router|express-promise-router|hono:Hono|hono\/tiny:Hono|hono\/quick:Hono|@hono\/zod-openapi:OpenAPIHono|itty-router:Router|h3:createRouter|find-my-way|next-connect|next-connect:createRouter|next-connect:nextConnect|Router|restify-router:Router|hyper-express:Router|cors)\(\)$/;

/** The app or router that a chain of calls belongs to. */
export const routerOf = (value: Value): External | undefined => {
  for (let at: External | undefined = value.kind === "external" ? value : undefined; at !== undefined; at = at.on) {
    if (apps.test(at.name) || routers.test(at.name)) return at;
  }
  return undefined;
};

const idOf = (router: External): string => `${router.site.module.path}:${router.site.node.start}`;

const clients =
  /^(axios|http|https|fetch|request|client|api|apiClient|instance|\$|jQuery|cache|redis|map|params|searchParams|headers|store|config|db|supabase|prisma|knex|got|superagent|nock|it|test|describe|localStorage|sessionStorage|cookies|session|formData|queryClient|swr|logger|console|io|socket|process|emitter|page|agent|chai)$/i;

const isTestFile = /(\.|\/)(test|spec|stories)s?\.|__tests__/;

const callsOf = (module: Module): readonly Call[] => module.names.calls.filter((node): node is Call => node.type === "CallExpression");

const flattened = (machine: OpenMachine, module: Module, node: Node): readonly { readonly choices: Choices; readonly node: Node }[] => {
  const plain = bare(node);
  if (plain.type === "ArrayExpression")
    return plain.elements.flatMap((element) =>
      element === null ? [] : flattened(machine, module, element.type === "SpreadElement" ? element.argument : element),
    );
  const choices = machine.evaluate({ module, node: plain }, frameAround(module, plain), silent);
  const value = choices[0]?.value;
  if (choices.length === 1 && value?.kind === "list") return value.items.map((item) => ({ choices: item, node: plain }));
  return [{ choices, node: plain }];
};

/** Names that routers are handed on under. */
const routerNames = /app|router|route|server|fastify|api|hono|koa|handler|instance|elysia|polka|\bnc\b|\bweb\b|express|this\b/i;

const routerMakers = new WeakMap<Module, boolean>();

/** Whether a module makes routers itself, under whatever name. */
const makesRouters = (module: Module): boolean => {
  const known = routerMakers.get(module);
  if (known !== undefined) return known;
  const makes = /Router|express|fastify|Hono|koa|polka|restify|Elysia|next-connect|createApp|connect\(|tinyhttp|hyper-express/i.test(
    module.syntax.textOf(module.syntax.program),
  );
  routerMakers.set(module, makes);
  return makes;
};

const registrationOf = (machine: OpenMachine, module: Module, call: Call): Registration | undefined => {
  const callee = bare(call.callee);
  if (callee.type !== "MemberExpression") return undefined;
  const method = keyName(callee.property);
  if (method === undefined || !verbs.has(method) || call.arguments.length === 0) return undefined;
  const text = callee.object.type === "Identifier" ? callee.object.name : "";
  if (clients.test(text) || !(makesRouters(module) || routerNames.test(module.syntax.textOf(callee.object).slice(0, 200))))
    return undefined;
  machine.begin();
  const receiver = machine.evaluate({ module, node: callee.object }, frameAround(module, callee.object), silent);
  const found = receiver.map((row) => routerOf(row.value)).find((router) => router !== undefined);
  const isUnknown = receiver.every((row) => row.value.kind === "unknown" || row.value.kind === "data");
  if (found === undefined && !isUnknown) return undefined;
  const handlers: { choices: Choices; node: Node }[] = [];
  let path = "";
  for (const [index, argument] of call.arguments.entries()) {
    const node = argument.type === "SpreadElement" ? argument.argument : argument;
    for (const each of flattened(machine, module, node)) {
      const words = each.choices[0] === undefined ? undefined : textOf(each.choices[0].value);
      if (index === 0 && words !== undefined) path = words;
      else handlers.push(each);
    }
  }
  // `router.route("/a").post(…)` has its path a call earlier.
  if (path === "") {
    const before = bare(callee.object);
    const [argument] = before.type === "CallExpression" ? before.arguments : [];
    if (argument?.type === "Literal" && typeof argument.value === "string") path = argument.value;
  }
  if (
    found === undefined &&
    (method === "on" || method === "get" || method === "register" || !handlers.some((each) => isHandler(each.choices)))
  )
    return undefined;
  return { call, module, method, on: found, path, handlers };
};

const isHandler = (choices: Choices): boolean =>
  choices.some(
    ({ value }) =>
      value.kind === "function" || (value.kind === "external" && (value.name.startsWith("multer().") || routerOf(value) !== undefined)),
  );

/** Whether a name is spoken of anywhere in the module besides where it is imported. */
const isSpokenOf = (module: Module, name: string): boolean => {
  let found = false;
  walk(module.syntax.program, (node) => {
    if (found || node.type !== "Identifier" || node.name !== name) return;
    const parent = module.names.parentOf(node);
    if (parent === undefined || parent.type.startsWith("Import") || parent.type.startsWith("Export")) return;
    if (parent.type === "VariableDeclarator" && parent.id === node) return;
    if (parent.type === "Property" && module.names.parentOf(parent)?.type === "ObjectPattern") return;
    found = true;
  });
  return found;
};

/** Whether anything of a module is used by another one, as far as its imports tell. */
const isUsed = (
  modules: readonly Module[],
  resolve: (specifier: string, from: string) => string | undefined,
  target: Module,
  entries: ReadonlySet<string>,
): boolean => {
  if (entries.has(target.path)) return true;
  for (const module of modules) {
    if (module === target) continue;
    for (const binding of module.names.program.bindings.values()) {
      for (const origin of binding.origins) {
        const from = origin.kind === "import" ? origin.from : origin.kind === "value" ? requiredBy(origin.value) : undefined;
        if (from !== undefined && resolve(from, module.path) === target.path && isSpokenOf(module, binding.name)) return true;
      }
    }
    for (const call of callsOf(module)) {
      if (requiredBy(call) === undefined || resolve(requiredBy(call) ?? "", module.path) !== target.path) continue;
      const parent = module.names.parentOf(call);
      // `require("./routes")` alone runs the module; inside another call it is handed on.
      if (parent !== undefined && parent.type !== "VariableDeclarator") return true;
    }
    for (const statement of module.syntax.program.body) {
      if (
        statement.type === "ImportDeclaration" &&
        statement.specifiers.length === 0 &&
        resolve(statement.source.value, module.path) === target.path
      )
        return true;
      if (
        (statement.type === "ExportAllDeclaration" || statement.type === "ExportNamedDeclaration") &&
        statement.source !== null &&
        resolve(statement.source.value, module.path) === target.path
      )
        return true;
    }
    if (
      /import\(|readdir|glob|autoload/i.test(module.syntax.textOf(module.syntax.program)) &&
      /import\(|require\(|autoload/.test(module.syntax.textOf(module.syntax.program))
    ) {
      const text = module.syntax.textOf(module.syntax.program);
      for (const match of text.matchAll(/\bimport\(\s*["'`]([^"'`$]+)["'`]/g))
        if (match[1] !== undefined && resolve(match[1], module.path) === target.path) return true;
      if (/readdirSync|readdir\(|glob|autoload/i.test(text)) return true;
    }
  }
  return false;
};

const requiredBy = (node: Node): string | undefined => {
  const plain = bare(node);
  if (plain.type !== "CallExpression" || plain.callee.type !== "Identifier" || plain.callee.name !== "require") return undefined;
  const [first] = plain.arguments;
  return first?.type === "Literal" && typeof first.value === "string" ? first.value : undefined;
};

/** The routers that requests can reach: apps, and what is mounted on them. */
const liveRouters = (registrations: readonly Registration[]): ReadonlySet<string> => {
  const live = new Set<string>();
  const mounts: { readonly on: string | undefined; readonly router: string }[] = [];
  for (const registration of registrations) {
    const on = registration.on;
    if (on !== undefined && apps.test(on.name)) live.add(idOf(on));
    if (
      registration.method !== "use" &&
      registration.method !== "route" &&
      registration.method !== "register" &&
      registration.method !== "all" &&
      registration.method !== "get" &&
      registration.method !== "post"
    )
      continue;
    for (const handler of registration.handlers) {
      for (const { value } of handler.choices) {
        const router = routerOf(value);
        if (router !== undefined && (on === undefined || idOf(router) !== idOf(on)))
          mounts.push({ on: on === undefined ? undefined : idOf(on), router: idOf(router) });
      }
    }
  }
  for (let grew = true; grew;) {
    grew = false;
    for (const mount of mounts) {
      if (live.has(mount.router) || (mount.on !== undefined && !live.has(mount.on))) continue;
      live.add(mount.router);
      grew = true;
    }
  }
  return live;
};

const response = (site: Site): Choices => one(external("response", site));

/** Calls one handler as the framework would, whatever wraps it. */
const handle = (machine: OpenMachine, choices: Choices, flow: Flow, site: Site, given: readonly Choices[], depth = 0): boolean => {
  let isKnown = true;
  for (const { value } of choices) {
    if (value.kind === "function") machine.call(value, given, flow, site);
    else if (value.kind === "external" && routerOf(value) === undefined) {
      const inner = value.args.filter((arg) => arg.some((row) => row.value.kind === "function"));
      if (inner.length > 0 && depth < 3 && !value.name.startsWith("multer()"))
        for (const each of inner) isKnown = handle(machine, each, flow, site, given, depth + 1) && isKnown;
      else machine.call(value, given, flow, site);
    } else if (value.kind === "object") {
      for (const name of ["preHandler", "preValidation", "onRequest", "beforeHandler", "middleware", "handler", "handle", "fetch"]) {
        const entry = value.entries.get(name);
        if (entry === undefined) continue;
        const list = entry[0]?.value;
        for (const each of list?.kind === "list" ? list.items : [entry])
          isKnown = handle(machine, each, flow, site, given, depth + 1) && isKnown;
      }
    } else if (value.kind === "instance") isKnown = false;
    else if (value.kind === "unknown" || value.kind === "data") isKnown = false;
    else if (value.kind === "list")
      for (const item of value.items) isKnown = handle(machine, item, flow, site, given, depth + 1) && isKnown;
  }
  return isKnown;
};

/** A wrapper that could not be followed still calls what it is given. */
const wrapped = (machine: OpenMachine, module: Module, node: Node): readonly Choices[] => {
  const plain = bare(node);
  if (plain.type !== "CallExpression") return [];
  return plain.arguments.flatMap((argument) => {
    if (argument.type === "SpreadElement") return [];
    const choices = machine.evaluate({ module, node: argument }, frameAround(module, argument), silent);
    return choices.some((row) => row.value.kind === "function" || (row.value.kind === "external" && row.value.name.startsWith("multer")))
      ? [choices]
      : [];
  });
};

/** Reads a handler or a chain of them, as one request runs through it. */
export const readHandlers = (
  machine: OpenMachine,
  handlers: readonly { readonly choices: Choices; readonly node: Node }[],
  module: Module,
  label: string,
  at: Node,
  when: Condition,
): Handled => {
  const effects: Effect[] = [];
  const site: Site = { module, node: at };
  let isWhole = true;
  const flow: Flow = { ...silent, effects, carried: new Map() };
  if (!handlers.some((handler) => handler.choices.some((row) => machine.relevance.mayTouchFiles(row.value))))
    return { label, at: site, when, effects, isWhole };
  const given = [data("request"), response(site), one({ kind: "callback", id: "next" }), one(undefinedValue)];
  for (const handler of handlers) {
    machine.begin();
    if (handle(machine, handler.choices, flow, site, given)) continue;
    const inner = wrapped(machine, module, handler.node);
    if (inner.length === 0) isWhole = false;
    for (const choices of inner) handle(machine, choices, flow, site, given);
  }
  return { label, at: site, when, effects, isWhole };
};

const isParser = (handled: Handled): boolean => handled.effects.some((effect) => effect.kind === "engine");

export interface Routes {
  readonly handled: readonly Handled[];
  /** A parser that sits before every route: what was parsed when a handler starts. */
  readonly isParsedBefore: (handled: Handled) => boolean;
}

/** Finds the routes of Express, Fastify, Koa, Hono and their like, and reads what their handlers do. */
export const readRoutes = (machine: OpenMachine, modules: readonly Module[], entries: ReadonlySet<string>): Routes => {
  const registrations = modules
    .filter((module) => !isTestFile.test(module.path))
    .flatMap((module) => callsOf(module).flatMap((call) => registrationOf(machine, module, call) ?? []));
  const live = liveRouters(registrations);
  const resolve = (specifier: string, from: string): string | undefined => machine.project.resolve(specifier, from);
  const used = new Map<Module, boolean>();
  const moduleIsUsed = (module: Module): boolean => {
    const known = used.get(module) ?? isUsed(modules, resolve, module, entries);
    used.set(module, known);
    return known;
  };
  const isMountedSomewhere = (registration: Registration): boolean => {
    const { on, module } = registration;
    if (on !== undefined && live.has(idOf(on))) return true;
    if (!moduleIsUsed(module)) return false;
    if (on !== undefined && on.site.module !== module && !moduleIsUsed(on.site.module)) return false;
    // Within its own file, a router that nobody speaks of besides its routes is not mounted.
    return true;
  };
  const handled: Handled[] = [];
  const before: { readonly on: string | undefined; readonly effects: readonly Effect[]; readonly module: Module }[] = [];
  const owner = new Map<Handled, string | undefined>();
  for (const registration of registrations) {
    if (!isMountedSomewhere(registration)) continue;
    const { call, module, method, path, handlers, on } = registration;
    const when = conditionAt(machine, call, frameAround(module, call), frameAround(module, call).owner);
    const label =
      method === "use"
        ? `middleware ${path}`.trim()
        : `${method === "route" || method === "register" ? "route" : method.toUpperCase()} ${path === "" ? "/" : path}`;
    const read = readHandlers(machine, handlers, module, label, call, method === "use" ? always : when);
    if (method === "use" && isParser(read) && !read.effects.some((effect) => effect.kind === "cloud" || effect.kind === "write")) {
      before.push({
        on: on === undefined ? undefined : idOf(on),
        effects: read.effects.filter((effect) => effect.kind === "engine"),
        module,
      });
      continue;
    }
    owner.set(read, on === undefined ? undefined : idOf(on));
    handled.push(read);
  }
  const parsedFor = (each: Handled): readonly Effect[] =>
    before
      .filter((parser) => parser.on === undefined || parser.on === owner.get(each) || isApp(registrations, parser.on))
      .flatMap((parser) => parser.effects);
  const withParsers = handled.map((each): Handled => {
    if (isParser(each) || each.label.startsWith("middleware") || !each.effects.some((effect) => effect.kind === "reads-files")) return each;
    const earlier = parsedFor(each);
    return earlier.length === 0 ? each : { ...each, effects: [...earlier.slice(0, 1), ...each.effects] };
  });
  return { handled: [...withParsers, ...readServers(machine, modules)], isParsedBefore: (each) => parsedFor(each).length > 0 };
};

const isApp = (registrations: readonly Registration[], id: string): boolean =>
  registrations.some(({ on }) => on !== undefined && idOf(on) === id && (apps.test(on.name) || /Hono|koa/i.test(on.name)));

const servers = /^(http|https|http2|global:Bun|global:Deno|bun|@hono\/node-server|spdy)(:|\.)(createServer|createSecureServer|serve)$/;

/** Servers made without a framework. */
const readServers = (machine: OpenMachine, modules: readonly Module[]): readonly Handled[] =>
  modules.flatMap((module) =>
    callsOf(module).flatMap((call): readonly Handled[] => {
      if (!/(createServer|createSecureServer|serve)$/.test(module.syntax.textOf(call.callee).slice(-30))) return [];
      const callee = machine.evaluate({ module, node: call.callee }, frameAround(module, call), silent)[0]?.value;
      if (callee?.kind !== "external" || !servers.test(callee.name)) return [];
      const handlers = call.arguments.flatMap((argument) =>
        argument.type === "SpreadElement" ? [] : flattened(machine, module, argument),
      );
      const plain = handlers.filter((handler) => handler.choices.some(({ value }) => value.kind === "function" || value.kind === "object"));
      return plain.length === 0 ? [] : [readHandlers(machine, plain, module, "the server's request handler", call, always)];
    }),
  );
