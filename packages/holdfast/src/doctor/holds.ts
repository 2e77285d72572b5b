import { matches } from "../app-model/conditions.js";
import type { Condition } from "../app-model/model.js";
import { fileSchemes } from "./disk-path.js";
import type { Known } from "./environment.js";

/** Whether a condition holds; where it cannot be told, the variable to know first, or what could not be read. */
export type Holding =
  | { readonly kind: "yes" }
  | { readonly kind: "no" }
  | { readonly kind: "asks"; readonly name: string }
  | { readonly kind: "unreadable"; readonly what: string };

/** What conditions are asked against. */
export interface Facts {
  know(name: string): Known;
  /** Whether a disk that lasts is mounted over a path. */
  hasDisk(path: string): boolean;
}

const yes: Holding = { kind: "yes" };
const no: Holding = { kind: "no" };

/** Evaluate a condition as far as the facts allow. */
export function holds(condition: Condition, facts: Facts): Holding {
  switch (condition.kind) {
    case "always":
      return yes;
    case "set":
      return ofSet(condition.name, facts.know(condition.name), true);
    case "present":
      return ofSet(condition.name, facts.know(condition.name), false);
    case "equals":
      return equals(condition, facts.know(condition.name));
    case "disk":
      return facts.hasDisk(condition.path) ? yes : no;
    case "not":
      return invert(holds(condition.of, facts));
    case "all":
      return join(condition.of, facts, no, yes);
    case "any":
      return join(condition.of, facts, yes, no);
    case "unknown":
      return { kind: "unreadable", what: condition.what };
  }
}

function ofSet(name: string, known: Known, notEmpty: boolean): Holding {
  switch (known.kind) {
    case "value":
      return notEmpty && known.value === "" ? no : yes;
    case "set":
    case "begins":
    case "other":
      return yes;
    case "unset":
      return no;
    case "open":
      return { kind: "asks", name };
  }
}

type Equality = Extract<Condition, { kind: "equals" }>;

function equals(condition: Equality, known: Known): Holding {
  switch (known.kind) {
    case "value":
      return matches(condition, known.value) ? yes : no;
    case "other":
      return no;
    case "unset":
      return condition.ifUnset !== undefined && matches(condition, condition.ifUnset) ? yes : no;
    case "begins":
      return condition.isStart === true && matches(condition, known.with) ? yes : no;
    case "set":
      return (known.isPlatforms === true ? ofServersAddress(condition) : undefined) ?? { kind: "asks", name: condition.name };
    case "open":
      return { kind: "asks", name: condition.name };
  }
}

/** The address that a platform gives of a database it runs is a server's: PostgreSQL's where nothing else is said. */
function ofServersAddress({ values, isStart }: Equality): Holding | undefined {
  if (isStart !== true) return undefined;
  if (values.every((value) => fileSchemes.test(value))) return no;
  return values.every((value) => /^postgres(ql)?(:(\/\/)?)?$/i.test(value)) ? yes : undefined;
}

function invert(holding: Holding): Holding {
  return holding.kind === "yes" ? no : holding.kind === "no" ? yes : holding;
}

/** `short` ends the question; else a variable to ask for comes before what cannot be read. */
function join(parts: readonly Condition[], facts: Facts, short: Holding, otherwise: Holding): Holding {
  let open: Holding | undefined;
  for (const part of parts) {
    const holding = holds(part, facts);
    if (holding.kind === short.kind) return short;
    if (holding.kind === "asks" && open?.kind !== "asks") open = holding;
    if (holding.kind === "unreadable") open ??= holding;
  }
  return open ?? otherwise;
}
