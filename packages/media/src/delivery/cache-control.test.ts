import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileRecord } from "../catalogue/file.js";
import { visibilities } from "../catalogue/visibility.js";
import { cacheControlOf, type LetIn } from "./cache-control.js";

const year = "max-age=31536000, immutable";
const of = (visibility: FileRecord["visibility"], letIn: LetIn, isVariant: boolean, isFixed = true): string =>
  cacheControlOf({ file: { visibility } as FileRecord, letIn, isVariant, isFixed });
const forEver: LetIn = { expiresAt: undefined };

describe("Cache-Control", () => {
  it.each<[FileRecord["visibility"], "original" | "variant", LetIn, string]>([
    ["public", "original", "everybody", `public, ${year}`],
    ["public", "variant", "everybody", `public, ${year}`],
    ["public", "variant", forEver, `public, ${year}`],
    ["private", "original", "authorized", `private, ${year}`],
    ["private", "variant", "everybody", `public, ${year}`],
    ["private", "variant", forEver, `public, ${year}`],
    ["confidential", "original", "authorized", "private, no-cache"],
    ["confidential", "variant", "authorized", "private, no-cache"],
    ["confidential", "variant", forEver, `private, ${year}`],
  ])("of a %s file's %s, let in by %o, is %s", (visibility, kind, letIn, expected) => {
    expect(of(visibility, letIn, kind === "variant")).toBe(expected);
  });

  it("lets a preset by its bare name be kept for an hour", () => {
    expect([of("public", "everybody", true, false), of("confidential", forEver, true, false)]).toEqual([
      "public, max-age=3600",
      "private, max-age=3600",
    ]);
  });

  it("never outlives a signature, and never lets a shared cache keep what not everybody may read", () => {
    const visibility = fc.constantFrom(...visibilities);
    fc.assert(
      fc.property(visibility, fc.boolean(), fc.boolean(), fc.integer({ min: -1000, max: 1e12 }), (kind, isVariant, isFixed, inMs) => {
        const before = Date.now();
        const control = of(kind, { expiresAt: before + inMs }, isVariant, isFixed);
        const seconds = Number(/max-age=(\d+)$/.exec(control)?.[1]);
        expect(seconds * 1000).toBeLessThanOrEqual(Math.max(0, inMs));
        const isForEverybody = kind === "public" || (kind === "private" && isVariant);
        expect(control.startsWith(isForEverybody ? "public," : "private,")).toBe(true);
      }),
    );
  });
});
