import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { all, always, any, not, present, set } from "./conditions.js";
import { simplified } from "./decision-table.js";
import type { Condition, Outcome } from "./model.js";

const names = ["A", "B", "C"];
const services = ["s3", "gcs", "azure"];

const condition: fc.Arbitrary<Condition> = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...names).map(set),
    fc.constantFrom(...names).map(present),
    tie("tree").map(not),
    fc.tuple(tie("tree"), tie("tree")).map(([one, other]) => all(one, other)),
    fc.tuple(tie("tree"), tie("tree")).map(([one, other]) => any(one, other)),
  ),
})).tree;

const table: fc.Arbitrary<readonly Outcome[]> = fc
  .array(fc.record({ when: condition, service: fc.constantFrom(...services) }), { minLength: 1, maxLength: 5 })
  .map((rows) =>
    rows.map(({ when, service }, at) => ({
      when: at === rows.length - 1 ? always : when,
      destination: { kind: "cloud", service },
      because: [],
    })),
  );

/** A variable is absent, empty, or has text. */
type World = Readonly<Record<string, "absent" | "empty" | "text">>;

function holds(one: Condition, world: World): boolean {
  if (one.kind === "always") return true;
  if (one.kind === "not") return !holds(one.of, world);
  if (one.kind === "all") return one.of.every((part) => holds(part, world));
  if (one.kind === "any") return one.of.some((part) => holds(part, world));
  if (one.kind === "set") return world[one.name] === "text";
  return one.kind === "present" && world[one.name] !== "absent";
}

function lead(rows: readonly Outcome[], world: World): unknown {
  return rows.find((row) => holds(row.when, world))?.destination;
}

describe("a simplified decision table", () => {
  const world = fc.record({
    A: fc.constantFrom("absent", "empty", "text"),
    B: fc.constantFrom("absent", "empty", "text"),
    C: fc.constantFrom("absent", "empty", "text"),
  } as const);

  it("says of every environment what the table said", () => {
    fc.assert(
      fc.property(table, world, (rows, at) => {
        expect(lead(simplified(rows), at)).toEqual(lead(rows, at));
      }),
    );
  });

  it("has a row for each destination at most, and its last holds always", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const short = simplified(rows);
        expect(new Set(short.map((row) => JSON.stringify(row.destination))).size).toBe(short.length);
        expect(short.at(-1)?.when).toEqual(always);
      }),
    );
  });

  it("does not repeat what earlier rows have ruled out", () => {
    const to = (service: string, when: Condition): Outcome => ({ when, destination: { kind: "cloud", service }, because: [] });
    const rows = [
      to("s3", set("A")),
      to("gcs", all(not(set("A")), set("B"))),
      to("azure", all(not(set("A")), not(set("B")))),
      to("s3", always),
    ];
    expect(simplified(rows).map((row) => row.when)).toEqual([set("A"), set("B"), always]);
  });
});
