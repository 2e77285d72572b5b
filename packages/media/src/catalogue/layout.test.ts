import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseKey } from "../storage/key.js";
import { newFileId, timeOfFileId } from "./file.js";
import { manifestKey, originalKey, originalOfManifest, parseOriginalKey, parseVariantKey, variantKey } from "./layout.js";

const at = new Date(Date.UTC(2026, 10, 21));
const slug = fc.stringMatching(/^([a-z0-9]+(-[a-z0-9]+){0,3})?$/);
const extension = fc.constantFrom("jpg", "png", "pdf", "m4a");

describe("the layout of the storage", () => {
  it("is read back from the keys that it makes", () => {
    fc.assert(
      fc.property(slug, extension, fc.nat(4_000_000_000_000), (name, ending, time) => {
        const id = newFileId(time);
        const key = originalKey(id, name, ending, at);
        expect(parseOriginalKey(key)).toEqual({ id, slug: name, extension: ending });
        expect(originalOfManifest(manifestKey(key))).toBe(key);
        expect(parseOriginalKey(manifestKey(key))).toBeUndefined();
        expect(timeOfFileId(id)).toBe(time);
      }),
    );
    const id = newFileId();
    expect(parseVariantKey(variantKey(id, "w640", "webp", at))).toEqual({ fileId: id, transform: "w640", extension: "webp" });
  });

  it.each([
    "originals/notes.txt",
    "originals/2026/11/cat.jpg",
    "originals/2026/11/01kafz3q7v8x4n2m6p9r5t1w0y-cat.jpg",
    "originals/2026/11/01KAFZ3Q7V8X4N2M6P9R5T1W0Y-4f1c09a2be.jpg",
    "originals/2026/11/deep/01kafz3q7v8x4n2m6p9r5t1w0y-4f1c09a2be.jpg",
    "variants/2026/11/01kafz3q7v8x4n2m6p9r5t1w0y-w640-93bd7e21c4.webp",
  ])("does not take %s for an original of ours", (text) => {
    expect(parseOriginalKey(parseKey(text))).toBeUndefined();
  });

  it("takes nothing but what lies beside an original for its manifest", () => {
    expect(originalOfManifest(parseKey("variants/2026/11/a.json"))).toBeUndefined();
    expect(originalOfManifest(parseKey("originals/2026/11/a.jpg"))).toBeUndefined();
  });
});
