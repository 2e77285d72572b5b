import { always } from "./conditions.js";
import { frameAround, silent } from "./frames.js";
import type { Effect } from "./flow.js";
import type { OpenMachine } from "./machine.js";
import type { Module } from "./project.js";
import { keyName, walk } from "./syntax.js";
import type { Handled } from "./uploads.js";
import type { Value } from "./values.js";
import { data, unknown } from "./values.js";

/** Packages whose resolvers are given uploads as promises of streams: `const { createReadStream } = await file`. */
const takesUploads =
  /^(graphql-upload(-minimal|-ts|-cjs|-nextjs)?|apollo-upload-server|mercurius-upload|graphql-yoga|apollo-server.*|@apollo\/server)$/;

/**
 * Reads the mutations of resolvers that are written as objects, `{ Mutation: { addPhoto: async (_, { file }) => … } }`, wherever they are
 * put together. What a mutation is given counts as a request's body, in which a file is one that its `createReadStream()` is asked of.
 */
export const readMutations = (machine: OpenMachine, modules: readonly Module[]): readonly Handled[] => {
  const names = Object.keys(machine.project.manifest?.dependencies ?? {});
  if (!names.some((name) => takesUploads.test(name))) return [];
  const seen = new Set<Value>();
  return modules.flatMap((module) =>
    mutationsIn(module).flatMap((node): readonly Handled[] => {
      machine.begin();
      const found = machine.evaluate({ module, node }, frameAround(module, node), silent);
      return found.flatMap(({ value }) =>
        value.kind === "object"
          ? [...value.entries].flatMap(([name, entry]) => entry.flatMap((row) => mutation(machine, name, row.value, seen)))
          : [],
      );
    }),
  );
};

/** What stands under `Mutation` in a module. */
const mutationsIn = (module: Module): readonly Parameters<typeof frameAround>[1][] => {
  if (!/\b[Mm]utations?\b/.test(module.syntax.textOf(module.syntax.program))) return [];
  const found: Parameters<typeof frameAround>[1][] = [];
  walk(module.syntax.program, (node) => {
    if (node.type === "Property" && /^[Mm]utations?$/.test(keyName(node.key) ?? "")) found.push(node.value);
  });
  return found;
};

const mutation = (machine: OpenMachine, name: string, resolver: Value, seen: Set<Value>): readonly Handled[] => {
  const fn = resolver.kind === "object" ? resolver.entries.get("resolve")?.[0]?.value : resolver;
  if (fn?.kind !== "function" || seen.has(fn) || !machine.relevance.mayTouchFiles(fn)) return [];
  seen.add(fn);
  machine.begin();
  const effects: Effect[] = [];
  const at = { module: fn.frame.module, node: fn.node };
  machine.call(fn, [unknown, data("body"), unknown, unknown], { ...silent, effects, carried: new Map() }, at);
  return [{ label: `the mutation ${name}`, at, when: always, effects, isWhole: false }];
};
