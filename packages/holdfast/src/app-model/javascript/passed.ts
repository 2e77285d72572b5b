import { decidedByData } from "./conditions.js";
import { specifiersOf } from "./entries.js";
import type { Machine } from "./flow.js";
import { frameAround, silent } from "./frames.js";
import type { Module } from "./project.js";
import type { FunctionNode, Node, NodeOf } from "./syntax.js";
import { keyName, walk } from "./syntax.js";
import type { Choices } from "./values.js";
import { one, tidy, unknown } from "./values.js";

/** Functions that register routes, or make what does: `module.exports = (upload) => { router.post("/", upload.single("a")) … }`. */
const registersRoutes = /\.(get|post|put|patch|all|use|route|register)\s*\(/;

/** Functions that open a database, or what does. */
const opensDatabases = /[dD]atabase|[cC]onnect|\b[dD]b\b|Pool\(/;

/** More calls of one function than these are not told apart. */
const mostCalls = 6;

const mayMatter = (text: string): boolean => registersRoutes.test(text) || opensDatabases.test(text);

/** Tells what functions are called with by the app's own code. */
export interface Passed {
  /** What is passed to a function that makes routes or opens a database, in place `index`; undefined where nobody is seen to call it. */
  passedTo(module: Module, fn: FunctionNode, index: number): Choices | undefined;
}

/** Finds the calls of a module's own functions, in modules that import it and in itself. */
export const openPassed = (machine: Machine, live: () => readonly Module[]): Passed => {
  const known = new Map<FunctionNode, readonly (readonly Choices[])[]>();

  const { project } = machine;
  const isSeenIn = (module: Module, from: Module): boolean =>
    module === from ||
    specifiersOf(from).some((specifier) => {
      const path = project.resolve(specifier, from.path);
      return path === module.path || (path !== undefined && handedOnBy(path).has(module.path));
    });

  const handedOn = new Map<string, ReadonlySet<string>>();
  /** The modules whose names a file exports as its own: the face of a package. */
  const handedOnBy = (path: string): ReadonlySet<string> => {
    const before = handedOn.get(path);
    if (before !== undefined) return before;
    const statements = project.module(path)?.syntax.program.body ?? [];
    const targets = statements.flatMap((statement) =>
      (statement.type === "ExportNamedDeclaration" || statement.type === "ExportAllDeclaration") && statement.source !== null
        ? (project.resolve(statement.source.value, path) ?? [])
        : [],
    );
    const found = new Set(targets);
    handedOn.set(path, found);
    return found;
  };

  const callsIn = (from: Module, fn: FunctionNode): readonly (readonly Choices[])[] =>
    from.names.calls.flatMap((call): readonly (readonly Choices[])[] => {
      if (call.type !== "CallExpression" || call.arguments.length === 0 || !mayName(call.callee)) return [];
      const frame = frameAround(from, call);
      const callee = machine.evaluate({ module: from, node: call.callee }, frame, silent);
      if (!callee.some(({ value }) => value.kind === "function" && value.node === fn)) return [];
      return [call.arguments.map((argument) => valueOf(machine, from, argument))];
    });

  return {
    passedTo: (module, fn, index) => {
      let calls = known.get(fn);
      if (calls === undefined) {
        // While it is looked for: functions that call themselves.
        known.set(fn, []);
        const isOwn = module.names.parentOf(fn) === undefined || frameAround(module, fn).owner.type === "Program";
        calls =
          isOwn && mayMatter(module.syntax.textOf(fn))
            ? live()
                .filter((from) => isSeenIn(module, from))
                .flatMap((from) => callsIn(from, fn))
            : [];
        known.set(fn, calls);
      }
      const [first, ...others] = calls;
      if (first === undefined || calls.length > mostCalls) return undefined;
      if (others.length === 0) return first[index] ?? unknown;
      const passed = calls.map((args) => args[index] ?? unknown).toSorted((one_, other) => rank(one_) - rank(other));
      return tidy(
        passed.flatMap((choices, place) =>
          choices.map((row) => ({
            when: machine.both(row.when, decidedByData(`call:${module.path}:${fn.start}:${place}`)),
            value: row.value,
          })),
        ),
      );
    },
  };
};

/** A parser that keeps nothing comes last: where one of several calls keeps files on the disk, that is what counts. */
const rank = (choices: Choices): number => {
  const value = choices[0]?.value;
  if (value?.kind !== "external" || value.name !== "multer()") return 1;
  const options = value.args[0]?.[0]?.value;
  const storage = options?.kind === "object" ? options.entries.get("storage")?.[0]?.value : undefined;
  const isOnDisk =
    (storage?.kind === "external" && /diskStorage/.test(storage.name)) || (options?.kind === "object" && options.entries.has("dest"));
  return isOnDisk ? 0 : 1;
};

const valueOf = (machine: Machine, module: Module, argument: NodeOf<"CallExpression">["arguments"][number]): Choices =>
  argument.type === "SpreadElement" ? unknown : machine.evaluate({ module, node: argument }, frameAround(module, argument), silent);

/** Whether a callee may be a function of the app's own: a name, a member of one, or `require("./routes")` itself. */
const mayName = (callee: Node): boolean =>
  callee.type === "Identifier"
    ? callee.name !== "require"
    : callee.type === "CallExpression"
      ? callee.callee.type === "Identifier" && callee.callee.name === "require"
      : callee.type === "MemberExpression" && callee.object.type === "Identifier";

/**
 * What a container of Nest's gives for a token: `{ provide: TOKEN, useClass: Adapter }`, an existing one, a value, or what a factory makes
 * of what is injected into it.
 */
export const providedFor = (machine: Machine, live: readonly Module[], token: string): Choices | undefined => {
  for (const module of live) {
    if (!module.syntax.textOf(module.syntax.program).includes("provide")) continue;
    for (const { token: own, made, by, inject } of providersOf(module)) {
      if (own !== token) continue;
      const given = machine.evaluate({ module, node: made }, frameAround(module, made), silent);
      if (by === "useValue") return given;
      const value = given[0]?.value;
      if (by === "useFactory") {
        if (value?.kind !== "function") return undefined;
        const args = inject.map((node) => instanceOf(machine.evaluate({ module, node }, frameAround(module, node), silent)));
        return machine.run(value, args, silent);
      }
      if (value?.kind === "class" || value?.kind === "external") return instanceOf(given);
    }
  }
  return undefined;
};

/** What a container makes of a class. */
const instanceOf = (choices: Choices): Choices => {
  const value = choices[0]?.value;
  if (value?.kind === "class") return one({ kind: "instance", of: value, args: undefined, known: new Map() });
  return value?.kind === "external" ? one({ ...value, name: `${value.name}()`, on: value, args: [] }) : unknown;
};

const ways = ["useClass", "useExisting", "useFactory", "useValue"] as const;

interface Provider {
  readonly token: string;
  readonly made: Node;
  readonly by: (typeof ways)[number];
  /** What a factory is given, in order. */
  readonly inject: readonly Node[];
}

const providers = new WeakMap<Module, readonly Provider[]>();

const providersOf = (module: Module): readonly Provider[] => {
  const known = providers.get(module);
  if (known !== undefined) return known;
  const found: Provider[] = [];
  walk(module.syntax.program, (node) => {
    if (node.type !== "ObjectExpression") return;
    const entry = (name: string): Node | undefined => {
      const property = node.properties.find((each) => each.type === "Property" && keyName(each.key) === name);
      return property?.type === "Property" ? property.value : undefined;
    };
    const provide = entry("provide");
    if (provide === undefined) return;
    const list = entry("inject");
    const inject = list?.type === "ArrayExpression" ? list.elements.filter((item) => item !== null) : [];
    for (const by of ways) {
      const made = entry(by);
      if (made !== undefined) found.push({ token: module.syntax.textOf(provide), made, by, inject });
    }
  });
  providers.set(module, found);
  return found;
};
