import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines, printDiff } from "./line-diff.js";

const texts = fc
  .array(fc.constantFrom("a", "b", "c", "", "  d"), { maxLength: 12 })
  .map((lines) => lines.map((line) => `${line}\n`).join(""));

describe("a difference", () => {
  it("holds both texts whole, whatever they are, and nothing twice", () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const lines = diffLines(before, after);
        const side = (without: string): string =>
          lines
            .filter(({ kind }) => kind !== without)
            .map(({ text }) => `${text}\n`)
            .join("");
        expect(side("added")).toBe(before);
        expect(side("removed")).toBe(after);
        if (before === after) expect(lines.every(({ kind }) => kind === "same")).toBe(true);
      }),
    );
  });

  it("is printed with two lines around each change", () => {
    const numbers = Array.from({ length: 12 }, (_, index) => `${index}`);
    const after = numbers.with(5, "five");
    expect(printDiff(diffLines(numbers.join("\n"), after.join("\n")))).toEqual(["…", "  3", "  4", "- 5", "+ five", "  6", "  7", "…"]);
  });

  it("of two long texts that share nothing takes no time", () => {
    const began = Date.now();
    const text = (word: string): string => Array.from({ length: 20_000 }, (_, index) => `${word}${index}`).join("\n");
    expect(diffLines(text("a"), text("b"))).toHaveLength(40_000);
    expect(Date.now() - began).toBeLessThan(2000);
  });
});
