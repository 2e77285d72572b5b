import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ladder, parseTransform, transformForWidth } from "./transform.js";

describe("the ladder", () => {
  it("has every width by its name, and nothing else", () => {
    expect(ladder.map((width) => parseTransform(`w${width}`)?.width)).toEqual(ladder);
    expect(["full", "w65", "w0064", "W64", "", "constructor", "__proto__"].map((name) => parseTransform(name)?.name)).toEqual([
      "full",
      ...Array<undefined>(6).fill(undefined),
    ]);
  });

  it("answers a width with the nearest step that is at least as wide, beyond it the full size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (width) => {
        const step = transformForWidth(width).width;
        const narrower = ladder.filter((candidate) => candidate < (step ?? Number.POSITIVE_INFINITY));
        expect((step ?? Number.POSITIVE_INFINITY) >= width && narrower.every((candidate) => candidate < width)).toBe(true);
      }),
    );
  });
});
