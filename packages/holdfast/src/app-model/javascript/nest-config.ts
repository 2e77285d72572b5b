import type { Machine } from "./flow.js";
import { frameAround, silent } from "./frames.js";
import type { Module } from "./project.js";
import type { NodeOf } from "./syntax.js";
import { bare, keyName } from "./syntax.js";
import type { Choices } from "./values.js";
import { each, one, unknown } from "./values.js";

type Call = NodeOf<"CallExpression">;

const callsTo = (module: Module, isMeant: (text: string) => boolean): readonly Call[] =>
  module.names.calls.flatMap((call) => {
    const node = bare(call);
    return node.type === "CallExpression" && isMeant(module.syntax.textOf(node.callee)) ? [node] : [];
  });

const made = (machine: Machine, module: Module, node: Call["arguments"][number] | undefined): Choices => {
  if (node === undefined || node.type === "SpreadElement") return unknown;
  const value = machine.evaluate({ module, node }, frameAround(module, node), silent)[0]?.value;
  return value?.kind === "function" ? machine.run(value, [], silent) : value === undefined ? unknown : one(value);
};

const entryOf = (choices: Choices, name: string): Choices =>
  each(choices, (value) => (value.kind === "object" ? (value.entries.get(name) ?? unknown) : unknown));

const isFound = (choices: Choices): boolean => choices.some(({ value }) => value.kind !== "unknown");

/**
 * What Nest's configuration has under a name that is no variable: `get("database.host")`, of a namespace that `registerAs` names or of
 * a file that `ConfigModule.forRoot` loads. Undefined where there is nothing of the kind.
 */
export const configuredAs = (machine: Machine, live: readonly Module[], key: string): Choices | undefined => {
  const [first = "", ...rest] = key.split(".");
  const take = (choices: Choices, names: readonly string[]): Choices => names.reduce(entryOf, choices);
  for (const module of live) {
    for (const call of callsTo(module, (text) => text === "registerAs")) {
      const [name, factory] = call.arguments;
      if (name?.type !== "Literal" || name.value !== first) continue;
      const found = take(made(machine, module, factory), rest);
      if (isFound(found)) return found;
    }
    for (const call of callsTo(module, (text) => text === "ConfigModule.forRoot")) {
      const [options] = call.arguments;
      const load =
        options?.type === "ObjectExpression"
          ? options.properties.find((entry) => entry.type === "Property" && keyName(entry.key) === "load")
          : undefined;
      const list = load?.type === "Property" && load.value.type === "ArrayExpression" ? load.value.elements : [];
      for (const item of list) {
        const found = item === null ? unknown : take(made(machine, module, item), [first, ...rest]);
        if (isFound(found)) return found;
      }
    }
  }
  return undefined;
};
