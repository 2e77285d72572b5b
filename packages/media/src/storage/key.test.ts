import { join } from "node:path/posix";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../errors.js";
import { isKey, maxKeyBytes, parseKey } from "./key.js";

const refusal = (text: string): string => {
  try {
    parseKey(text);
  } catch (error) {
    if (isHoldfastError(error, "KEY_INVALID")) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was taken`);
};

const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => !/[\u0000-\u001f\u007f-\u009f/\\]/.test(text) && text !== "." && text !== ".." && text.isWellFormed());

describe("parseKey", () => {
  it.each([
    ["", "it is empty"],
    ["/a", "begins with a slash"],
    ["a//b", "an empty segment"],
    ["a/", "an empty segment"],
    ["a/../b", 'the segment ".."'],
    ["./a", 'the segment "."'],
    ["a\\b", "a backslash"],
    ["a\u0000b", "a control character"],
    ["a\u0085b", "a control character"],
    ["a\nb", "a control character"],
    ["\ud800", "not well-formed"],
    ["x".repeat(maxKeyBytes + 1), "it has 1025 bytes, and 1024 is the most"],
    ["ü".repeat(513), "it has 1026 bytes"],
  ])("refuses %j and says why", (text, reason) => {
    expect(refusal(text)).toContain(reason);
  });

  it("takes what is as long as a key may be", () => {
    expect(parseKey("ü".repeat(512))).toBe("ü".repeat(512));
  });

  it("leaves a key of any script unchanged", () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
        const text = segments.join("/");
        expect(parseKey(text)).toBe(text);
      }),
    );
  });

  it("never lets a key out of the folder it is joined to", () => {
    const hostile = fc.string({ unit: fc.constantFrom("..", ".", "/", "\\", "a", "\u0000", "%2e", "C:") });
    fc.assert(
      fc.property(hostile, (text) => {
        if (!isKey(text)) return;
        expect(join("/root/storage", text)).toBe(`/root/storage/${text}`);
      }),
    );
  });

  it("says in one printable line what it refused, however hostile", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        if (isKey(text)) return;
        const message = refusal(text);
        expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        expect(message.length).toBeLessThan(300);
      }),
      { numRuns: 30 },
    );
  });
});
