import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../../errors.js";
import { isKey, type Key, parseKey } from "../key.js";
import { extensionOf, keyOf, parseFolder, placeFor, placesOf, publicIdOf, publicIdPrefixOf } from "./cloudinary-public-id.js";

const folder = "holdfast";
const idOf = (text: string): string => publicIdOf(parseKey(text), folder);

const pieces = fc.oneof(
  fc.constantFrom(
    "_",
    "__",
    "__2e",
    ".",
    "..",
    "v12",
    "v",
    "/",
    "-",
    " ",
    "%",
    "%2F",
    "?",
    "&",
    "+",
    "#",
    "<",
    ">",
    ".jpg",
    ".JPG",
    ".png",
    ".mp4",
    ".pdf",
    "e\u0301",
    "é",
    "각",
    "\u1100\u1161",
    "🎉",
    "İ",
    "\ufeff",
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 8 }),
);
const keys = fc
  .array(pieces, { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(""))
  .filter((text): text is Key => isKey(text) && !text.startsWith(".holdfast/"));

function publicIdIfShort(key: Key): string | undefined {
  try {
    return publicIdOf(key, folder);
  } catch (error) {
    if (isHoldfastError(error, "KEY_INVALID")) return undefined;
    throw error;
  }
}

describe("publicIdOf", () => {
  it("leaves our own keys readable", () => {
    expect(idOf("originals/2026/11/01k9-ab12-a-cat.jpg")).toBe("holdfast/originals/2026/11/01k9-ab12-a-cat__2ejpg");
    expect(idOf("docs/a_plan.pdf")).toBe("holdfast/docs/a_plan.pdf");
  });

  it("escapes what Cloudinary forbids, replaces, trims or takes for something else", () => {
    expect(idOf("a b%")).toBe("holdfast/a__20b__25");
    expect(idOf("v12/x")).toBe("holdfast/__7612/x");
    expect(idOf("_x_.")).toBe("holdfast/__5fx__5f__2e");
    expect(idOf("Größe-写真")).toBe("holdfast/Größe-写真");
    expect(idOf("e\u0301")).toBe("holdfast/e__cc__81");
  });

  it("is read back by keyOf, whatever the key", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const id = publicIdIfShort(key);
        if (id !== undefined) expect(keyOf(id, folder)).toBe(key);
      }),
      { numRuns: 3000 },
    );
  });

  it("has no character that Cloudinary forbids, replaces or trims, and no folder that reads as a version", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const id = publicIdIfShort(key);
        if (id === undefined) return;
        expect(id).toMatch(/^[\p{L}\p{N}._/-]+$/u);
        expect(id).toMatch(/^[A-Za-z0-9].*[\p{L}\p{N}-]$/su);
        expect(id.normalize("NFC")).toBe(id);
        expect(id.split("/").filter((segment) => /^v\d+$/.test(segment))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives an image or a video no dot before its extension", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const id = publicIdIfShort(key);
        if (id !== undefined && placesOf(key)[0] !== "raw") expect(extensionOf(id)).toBeUndefined();
      }),
    );
  });

  it("refuses a key that is too long once it is written, and the driver's own folder", () => {
    expect(() => idOf(" ".repeat(70))).toThrow(/289 characters, and 255 is the most/);
    expect(() => idOf(".holdfast/identity")).toThrow(/reserved/);
  });
});

describe("keyOf", () => {
  it("does not take another's public id for a key", () => {
    for (const id of [
      "cat",
      "other/cat",
      "holdfast/a b",
      "holdfast/cat__2",
      "holdfast/__ff",
      "holdfast/a__61",
      "holdfast/cat.jpg",
      "holdfast/__2eholdfast/identity",
    ]) {
      expect(keyOf(id, folder), id).toBeUndefined();
    }
  });
});

describe("publicIdPrefixOf", () => {
  it("is where every key with the prefix begins", () => {
    fc.assert(
      fc.property(keys, fc.nat(), (key, at) => {
        const id = publicIdIfShort(key);
        if (id !== undefined) expect(id.startsWith(publicIdPrefixOf(key.slice(0, at % (key.length + 1)), folder))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("narrows the listing to whole folders and to the letters after them", () => {
    expect(publicIdPrefixOf("originals/2026/", folder)).toBe("holdfast/originals/2026/");
    expect(publicIdPrefixOf("originals/2026/01k9-x", folder)).toBe("holdfast/originals/2026/01k9");
    expect(publicIdPrefixOf("originals/v1", folder)).toBe("holdfast/originals/");
  });
});

describe("places", () => {
  it("are those of the extension, then raw", () => {
    expect(placesOf("a/b.JPG")).toEqual(["image", "raw"]);
    expect(placesOf("a.mp3")).toEqual(["video", "raw"]);
    expect(placesOf("a.pdf")).toEqual(["raw"]);
    expect(placesOf("a.jpg/b")).toEqual(["raw"]);
    expect(placesOf(".jpg")).toEqual(["raw"]);
  });

  it("are an image's only where content type and key agree", () => {
    expect(placeFor("a.jpg", "image/jpeg")).toBe("image");
    expect(placeFor("a.jpg", "application/octet-stream")).toBe("raw");
    expect(placeFor("a", "image/jpeg")).toBe("raw");
    expect(placeFor("a.svg", "image/svg+xml")).toBe("raw");
    expect(placeFor("a.m4a", "audio/mp4")).toBe("video");
  });
});

describe("parseFolder", () => {
  it("takes plain folders, and says what is plain", () => {
    expect(parseFolder("my-app/media")).toBe("my-app/media");
    for (const bad of ["", "/a", "a/", "a//b", "v12", "a b", "_a", "ä"]) expect(() => parseFolder(bad), bad).toThrow(/is not usable/);
  });
});
