import { always } from "./conditions.js";
import type { Effect, Flow } from "./flow.js";
import { note } from "./flow.js";
import { frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { external } from "./naming.js";
import type { Module } from "./project.js";
import type { ClassNode, Node } from "./syntax.js";
import { bare, keyName } from "./syntax.js";
import type { Handled } from "./uploads.js";
import type { Choices, ClassValue, External, FunctionValue, Value } from "./values.js";
import { absent, data, one, textOf, unknown } from "./values.js";

interface Decorated {
  readonly name: string;
  readonly args: readonly Choices[];
  readonly node: Node;
}

const decoratorsOf = (machine: OpenMachine, module: Module, list: readonly { readonly expression: Node }[]): readonly Decorated[] =>
  list.flatMap(({ expression }): readonly Decorated[] => {
    const call = bare(expression);
    const callee = call.type === "CallExpression" ? call.callee : call;
    const name = callee.type === "Identifier" ? callee.name : undefined;
    if (name === undefined) return [];
    const args =
      call.type === "CallExpression"
        ? call.arguments.map((argument) =>
            machine.evaluate(
              { module, node: argument.type === "SpreadElement" ? argument.argument : argument },
              frameAround(module, argument),
              silent,
            ),
          )
        : [];
    return [{ name, args, node: call }];
  });

interface NestModule {
  readonly controllers: ReadonlySet<ClassNode>;
  readonly upload: Choices | undefined;
  readonly node: ClassNode;
  readonly imports: ReadonlySet<ClassNode>;
}

const classesIn = (choices: Choices | undefined): ReadonlySet<ClassNode> => {
  const found = new Set<ClassNode>();
  const look = (value: Value): void => {
    if (value.kind === "class") found.add(value.node);
    if (value.kind === "list") for (const item of value.items) for (const row of item) look(row.value);
    // `Module.register(…)` of the app's own, or `forwardRef(() => Module)`.
    if (value.kind === "object") for (const row of value.entries.get("module") ?? []) look(row.value);
  };
  for (const row of choices ?? []) look(row.value);
  return found;
};

/** What `MulterModule.register(…)` says among a module's imports. */
const multerOptions = (machine: OpenMachine, choices: Choices | undefined): Choices | undefined => {
  for (const row of choices ?? []) {
    if (row.value.kind !== "list") continue;
    for (const item of row.value.items) {
      const value = item[0]?.value;
      if (value?.kind !== "external" || !/MulterModule\.(register|registerAsync)\(\)$/.test(value.name)) continue;
      const given = value.args[0] ?? absent;
      const options = given[0]?.value;
      const factory = options?.kind === "object" ? options.entries.get("useFactory")?.[0]?.value : undefined;
      if (factory?.kind !== "function") return given;
      const typed = factory.node.params.some(
        (parameter) => parameter.type === "Identifier" && parameter.typeAnnotation !== null && parameter.typeAnnotation !== undefined,
      );
      return machine.run(factory, typed ? undefined : [one(external("@nestjs/config:ConfigService()", value.site))], silent);
    }
  }
  return undefined;
};

const nestModules = (machine: OpenMachine, modules: readonly Module[]): readonly NestModule[] =>
  modules.flatMap((module) =>
    module.names.classes.flatMap((node): readonly NestModule[] => {
      const decorated = decoratorsOf(machine, module, node.decorators).find((each) => each.name === "Module");
      const options = decorated?.args[0]?.[0]?.value;
      if (options?.kind !== "object") return [];
      const imports = options.entries.get("imports");
      return [
        {
          node,
          controllers: classesIn(options.entries.get("controllers")),
          upload: multerOptions(machine, imports),
          imports: classesIn(imports),
        },
      ];
    }),
  );

/** The module classes that the root modules bring in. */
const liveModules = (all: readonly NestModule[]): ReadonlySet<NestModule> => {
  const imported = new Set(all.flatMap((each) => [...each.imports]));
  const live = new Set(all.filter((each) => !imported.has(each.node) && (each.imports.size > 0 || all.length === 1)));
  for (let grew = true; grew;) {
    grew = false;
    for (const each of all) {
      if (live.has(each) || ![...live].some((one_) => one_.imports.has(each.node))) continue;
      live.add(each);
      grew = true;
    }
  }
  return live.size === 0 ? new Set(all) : live;
};

const verbs = new Set(["Get", "Post", "Put", "Patch", "Delete", "All", "Mutation", "MessagePattern", "SubscribeMessage", "TypedRoute"]);

/** The parser that an interceptor is. */
const interceptorEngine = (decorated: Decorated, registered: Choices | undefined): Choices | undefined => {
  if (decorated.name !== "UseInterceptors") return undefined;
  for (const arg of decorated.args) {
    for (const { value } of arg) {
      if (
        value.kind !== "external" ||
        !/(File|Files|FileFields|AnyFiles)(Fields)?Interceptor\(\)$/.test(value.name) ||
        value.name.includes("NoFiles")
      )
        continue;
      const own = value.args.findLast((given) => given.some((row) => row.value.kind === "object" || row.value.kind === "function"));
      const options = own !== undefined && hasStorage(own) ? own : (registered ?? own ?? absent);
      const multer: External = { kind: "external", name: "multer()", args: [options], on: undefined, role: undefined, site: value.site };
      return one({ ...multer, name: "multer().any()", on: multer, args: [] });
    }
  }
  return undefined;
};

const hasStorage = (options: Choices): boolean =>
  options.some(({ value }) => value.kind === "object" && (value.entries.has("storage") || value.entries.has("dest") || value.isOpen));

const parameterValue = (names: readonly string[]): Choices => {
  if (names.some((name) => /^Uploaded(File|Files)$/.test(name))) return data("file");
  if (names.some((name) => /^(Body|Payload|MessageBody)$/.test(name))) return data("body");
  if (names.some((name) => /^(Req|Request)$/.test(name))) return data("request");
  if (names.some((name) => /^(Res|Response)$/.test(name))) return unknown;
  if (names.some((name) => /^Args?$/.test(name))) return data("file");
  return unknown;
};

const pathOf = (decorated: Decorated | undefined): string => {
  const value = decorated?.args[0]?.[0]?.value;
  return value === undefined ? "" : (textOf(value) ?? "");
};

/** Reads the controllers of Nest: their interceptors and what their methods do with files. */
export const readNest = (machine: OpenMachine, modules: readonly Module[]): readonly Handled[] => {
  const all = nestModules(machine, modules);
  const live = liveModules(all);
  return modules.flatMap((module) =>
    module.names.classes.flatMap((node): readonly Handled[] => {
      const own = decoratorsOf(machine, module, node.decorators);
      const controller = own.find((each) => each.name === "Controller" || each.name === "Resolver" || each.name === "WebSocketGateway");
      if (controller === undefined) return [];
      const home = all.find((each) => each.controllers.has(node));
      if (controller.name === "Controller" && all.length > 0 && (home === undefined || !live.has(home))) return [];
      const registered = home?.upload ?? undefined;
      const value: ClassValue = { kind: "class", node, frame: frameAround(module, node) };
      const instance: Value = { kind: "instance", of: value, args: undefined, known: new Map() };
      return node.body.body.flatMap((member): readonly Handled[] => {
        if (member.type !== "MethodDefinition" || member.value.type !== "FunctionExpression") return [];
        const decorated = decoratorsOf(machine, module, member.decorators);
        const verb = decorated.find((each) => verbs.has(each.name));
        if (verb === undefined) return [];
        machine.begin();
        const method: FunctionValue = { kind: "function", node: member.value, frame: value.frame, self: instance };
        if (!machine.relevance.mayTouchFiles(method)) return [];
        const effects: Effect[] = [];
        const flow: Flow = { ...silent, effects, carried: new Map() };
        for (const each of [...own, ...decorated]) {
          const engine = interceptorEngine(each, registered);
          if (engine !== undefined) note(flow, { module, node: each.node }, { kind: "engine", engine });
        }
        const args = member.value.params.map((parameter) => {
          const target = parameter.type === "TSParameterProperty" ? parameter.parameter : parameter;
          const names = "decorators" in target ? decoratorsOf(machine, module, target.decorators ?? []).map((each) => each.name) : [];
          return parameterValue(names);
        });
        machine.run(method, args, flow);
        const path = `${pathOf(controller)}/${pathOf(verb)}`.replace(/\/+/g, "/").replace(/\/$/, "");
        const label = `${verb.name.toUpperCase()} ${path.startsWith("/") ? path : `/${path}`}`;
        return [
          {
            label: controller.name === "Controller" ? label : `${keyName(member.key) ?? "a method"} of ${node.id?.name ?? "a resolver"}`,
            at: { module, node: member },
            when: always,
            effects,
            isWhole: false,
          },
        ];
      });
    }),
  );
};
