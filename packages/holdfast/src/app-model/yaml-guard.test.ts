import { describe, expect, it } from "vitest";
import { isParsableYaml } from "./yaml-guard.js";

describe("isParsableYaml", () => {
  it("takes what people write", () => {
    expect(isParsableYaml("services:\n  - type: web\n    envVars: [{ key: A, value: '[' }]\n# ---- a line ----\n---\n")).toBe(true);
    expect(isParsableYaml(JSON.stringify({ a: [[[1]]], b: { c: {} } }, undefined, 2))).toBe(true);
    expect(isParsableYaml(`# ${"-".repeat(120)}\na: 1\n`)).toBe(true);
  });

  it("refuses what nests without end, in each of the ways there are", () => {
    for (const part of ["[", "{a: ", "- ", "? ", "!a ", "&a "]) expect(isParsableYaml(part.repeat(5000)), part).toBe(false);
    expect(isParsableYaml(Array.from({ length: 3000 }, (_, index) => `${" ".repeat(index)}a:`).join("\n"))).toBe(false);
    expect(isParsableYaml("a: b\n".repeat(200_000))).toBe(false);
  });
});
