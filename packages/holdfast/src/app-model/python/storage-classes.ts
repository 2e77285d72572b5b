import { cases, known, textOf, knownStart } from "../abstract-value.js";
import type { Condition, Destination, Evidence } from "../model.js";
import { plainPath } from "../outcomes.js";
import { all } from "../conditions.js";
import { valueOf } from "./bindings.js";
import { invoke, memberOf } from "./calls.js";
import type { Machine } from "./frames.js";
import { topFrame } from "./machine.js";
import { made, madeAs } from "./values.js";
import { writesOf } from "./writes.js";

/** One thing that a storage class of the app's own does with what it is given. */
export interface Stored {
  readonly when: Condition;
  readonly destination: Destination;
  readonly because: readonly Evidence[];
  /** It hands the file on to the class it comes from. */
  readonly isInherited: boolean;
}

/** What the `_save` or `save` of a class of the app's own does; undefined where it has none, or none that was understood. */
export function storedBy(machine: Machine, id: string): readonly Stored[] | undefined {
  const saves = ["_save", "save"].map((name) => memberOf(machine, id, name)).find((one) => one !== undefined);
  const functionId = saves === undefined ? undefined : madeAs(valueOf(saves), "function:");
  const method = functionId === undefined ? undefined : machine.functions[Number(functionId)];
  if (method === undefined) return undefined;
  const wasRequest = machine.isRequest;
  machine.isRequest = true;
  const self = made(`instance:class:${id}`);
  const writes = writesOf(
    machine,
    () =>
      void invoke(
        machine,
        method,
        [self, made("upload name"), made("upload", [known("content")])],
        new Map(),
        topFrame(method.frame.module),
      ),
    () => undefined,
  );
  machine.isRequest = wasRequest;
  const isInherited = /super\(\)\._?save|super\([^)]*\)\._?save/.test(method.node.text);
  const found = writes.flatMap((write): readonly Stored[] => {
    const because = [{ file: write.file, line: write.line, why: "what the storage does with the file" }];
    if (write.what.kind === "sent") return [{ when: write.when, destination: write.what.destination, because, isInherited: false }];
    if (write.what.kind !== "disk") return [];
    return cases(write.what.path).map((one) => {
      const path = textOf(one.value) ?? knownStart(one.value);
      return {
        when: all(write.when, one.when),
        destination: { kind: "disk", path: path === "" ? undefined : plainPath(path) },
        because,
        isInherited: false,
      } as const;
    });
  });
  if (isInherited) return [...found, { when: { kind: "always" }, destination: { kind: "passing" }, because: [], isInherited: true }];
  return found.length > 0 ? found : undefined;
}
