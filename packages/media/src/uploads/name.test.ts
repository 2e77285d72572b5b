import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newFileId } from "../catalogue/file.js";
import { originalKey } from "../catalogue/layout.js";
import { isHoldfastError } from "../errors.js";
import { parseFileName, slugOf } from "./name.js";

function parsed(text: string): { readonly name: string } | { readonly refusal: string } {
  try {
    return { name: parseFileName(text) };
  } catch (error) {
    if (isHoldfastError(error, "NAME_INVALID")) return { refusal: error.message };
    throw error;
  }
}

describe("parseFileName", () => {
  it.each(["cat.jpg", "Katze im Schnee 🐈‍⬛.jpeg", "写真.png", "صورة.webp", ".hidden", "no extension", "a'b\"c<d>.jpg"])(
    "takes %s",
    (name) => {
      expect(parsed(name)).toEqual({ name: name.normalize("NFC") });
    },
  );

  it.each([
    ["", "it is empty"],
    ["  \t ", "it is empty"],
    ["../../etc/passwd", "it contains a path"],
    ["C:\\photos\\cat.jpg", "it contains a path"],
    ["..", "it names a folder"],
    ["a\u0000.jpg", "a control character"],
    ["a\r\nSet-Cookie: x", "a control character"],
    ["photo\u202egpj.exe", "changes the direction of writing"],
    ["photo\u061cgpj.exe", "changes the direction of writing"],
    ["\ud83d.jpg", "not well-formed"],
    [`${"ü".repeat(126)}.jpg`, "it has 256 bytes, and 255 is the most"],
  ])("refuses %j and says why", (text, reason) => {
    expect(parsed(text)).toEqual({ refusal: expect.stringContaining(reason) });
  });

  it("writes one character in one way, so that a name is found again", () => {
    expect(parseFileName("cafe\u0301.jpg")).toBe(parseFileName("caf\u00e9.jpg"));
  });

  it("gives back a name that it takes again, unchanged, or a message that is one well-formed printable line", () => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.constantFrom("/", "\\", "..", "\u202e", "\u0000", "\n", "\ud800", " "),
        fc.string({ unit: "binary", maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        const outcome = parsed(text);
        const again = "name" in outcome ? parsed(outcome.name) : outcome;
        expect(again).toEqual(outcome);
        const line = "name" in outcome ? outcome.name : outcome.refusal;
        expect(line.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(line)).toBe(true);
      }),
      { examples: [[`${"a".repeat(99)}😀/`]] },
    );
  });
});

describe("slugOf", () => {
  it("makes a readable part of a key from any name", () => {
    expect(slugOf("Crème brûlée (2).JPG")).toBe("cre-me-bru-le-e-2");
    expect(slugOf("🐈.png")).toBe("");
  });

  it("always fits into a key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => {
        const slug = slugOf(name);
        expect(slug).toMatch(/^([a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?)?$/);
        expect(originalKey(newFileId(), slug, "jpg", new Date(0)).length).toBeLessThanOrEqual(200);
      }),
    );
  });
});
