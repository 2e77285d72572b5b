import type { Source } from "./sources.js";

/** How two sources differ. Values are compared and never told. */
export interface Difference {
  readonly name: string;
  readonly kind: "only-first" | "only-second" | "differs" | "empty-first" | "empty-second";
}

/** Compare the variables of two sources, in the order of their names. A value that only one source knows counts as equal. */
export function compareSources(first: Source, second: Source): readonly Difference[] {
  const names = [...new Set([...first.variables.keys(), ...second.variables.keys()])].toSorted();
  return names.flatMap((name): Difference[] => {
    const [one, other] = [first.variables.get(name), second.variables.get(name)];
    if (one === undefined) return [{ name, kind: "only-second" }];
    if (other === undefined) return [{ name, kind: "only-first" }];
    if (one.kind === "empty" && other.kind !== "empty") return [{ name, kind: "empty-first" }];
    if (other.kind === "empty" && one.kind !== "empty") return [{ name, kind: "empty-second" }];
    return one.kind === "value" && other.kind === "value" && one.value !== other.value ? [{ name, kind: "differs" }] : [];
  });
}
