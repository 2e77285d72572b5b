import { describe, expect, it } from "vitest";
import { all, always, any, isUnsure, never, not, possible, present, set, unknownTest, variablesOf } from "./conditions.js";

describe("conditions", () => {
  it("join to their simplest form", () => {
    expect(all(always, set("A"))).toEqual(set("A"));
    expect(all()).toEqual(always);
    expect(all(set("A"), not(set("A")))).toEqual(never);
    expect(all(all(set("A"), set("B")), set("A"))).toEqual({ kind: "all", of: [set("A"), set("B")] });
    expect(any(never, set("A"))).toEqual(set("A"));
    expect(any()).toEqual(never);
    expect(any(set("A"), not(set("A")))).toEqual(always);
    expect(not(not(set("A")))).toEqual(set("A"));
  });

  it("widen to what the environment decides", () => {
    const request = unknownTest("the request has a file");
    expect(possible(all(request, set("A")))).toEqual(set("A"));
    expect(possible(not(all(request, set("A"))))).toEqual(always);
    expect(possible(not(any(request, set("A"))))).toEqual(not(set("A")));
  });

  it("know which variables they ask about, and whether they were read whole", () => {
    const condition = any(all(set("A"), present("B")), { kind: "equals", name: "A", values: ["x"] });
    expect(variablesOf(condition)).toEqual(["A", "B"]);
    expect(isUnsure(condition)).toBe(false);
    expect(isUnsure(all(condition, unknownTest("x")))).toBe(true);
  });
});
