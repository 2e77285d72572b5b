import { describe, expect, it } from "vitest";
import { all, always, any, covering, decidedByData, never, not, withoutData } from "./conditions.js";

const set = (name: string): { readonly kind: "set"; readonly name: string } => ({ kind: "set", name });
const equals = (
  name: string,
  ...values: readonly string[]
): { readonly kind: "equals"; readonly name: string; readonly values: readonly string[] } => ({ kind: "equals", name, values });

describe("conditions", () => {
  it("sees what contradicts itself", () => {
    expect(all(set("A"), not(set("A")))).toBe(never);
    expect(all(equals("A", "x"), equals("A", "y"))).toBe(never);
    expect(all(equals("A", "x"), not(set("A")))).toBe(never);
    expect(any(set("A"), not(set("A")))).toEqual(always);
  });

  it("says no more than is needed", () => {
    expect(all(set("A"), always, set("A"))).toEqual(set("A"));
    expect(all(set("A"), equals("A", "x"), not(equals("A", "y")))).toEqual(equals("A", "x"));
    expect(any(set("A"), all(not(set("A")), set("B")))).toEqual(any(set("A"), set("B")));
    expect(not(not(set("A")))).toEqual(set("A"));
  });

  it("never takes a large question about the request for one with a sure answer", () => {
    const many = Array.from({ length: 60 }, (_, index) => decidedByData(`a:${index}`));
    const either = any(...many);
    const none = all(...many.map(not));
    expect(either.kind).not.toBe("always");
    expect(not(either)).not.toBe(never);
    expect(none).not.toBe(never);
    expect(withoutData(all(set("A"), none))).toEqual(set("A"));
  });

  it("ends a list of rows where every environment is covered", () => {
    const rows = [{ when: set("A") }, { when: never }, { when: not(set("A")) }, { when: always }];
    expect(covering(rows).map((row) => row.when)).toEqual([set("A"), always]);
  });
});
