import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mountedKeys, readPrefix } from "./mounted-key.js";

const keyOf = (path: string, prefix = "uploads/"): string | undefined => mountedKeys(path, prefix)[0];

describe("a path below a mount", () => {
  it.each([
    ["cat.jpg", "uploads/cat.jpg"],
    ["2019/05/cat.jpg", "uploads/2019/05/cat.jpg"],
    ["my%20cat%20(1).jpg", "uploads/my cat (1).jpg"],
    ["%D0%BA%D0%BE%D1%82.jpg", "uploads/кот.jpg"],
    ["100%25.jpg", "uploads/100%.jpg"],
    ["a+b&c;d=e@f:g.jpg", "uploads/a+b&c;d=e@f:g.jpg"],
    ["%2e%2e%20.jpg", undefined],
    ["a...jpg", "uploads/a...jpg"],
  ])("%s is the object %s", (path, key) => {
    expect(keyOf(path)).toBe(key);
  });

  it("is an object whose accents are spelt either way", () => {
    const [composed, decomposed] = ["caf\u00e9.jpg", "cafe\u0301.jpg"];
    expect(mountedKeys("caf%C3%A9.jpg", "")).toEqual([composed, decomposed]);
    expect(mountedKeys("cafe%CC%81.jpg", "")).toEqual([decomposed, composed]);
  });

  it.each([
    "",
    "/",
    "a//b",
    "a/",
    "..",
    "../secret",
    "a/../b",
    "a/../../secret",
    "%2e%2e/secret",
    "%2E%2E%2Fsecret",
    "..%2fsecret",
    "a%2fb",
    "..%5csecret",
    "a\\b",
    "%5c%5chost%5cshare",
    "a%00.jpg",
    "a%0a.jpg",
    "%c0%ae%c0%ae/secret",
    "%e0%80%ae%e0%80%ae/secret",
    "%ff.jpg",
    "%",
    "%zz",
    "\ud800.jpg",
    ".env",
    "a/.git/config",
    "%2eenv",
    "x".repeat(2000),
  ])("%j is none", (path) => {
    expect(mountedKeys(path, "uploads/")).toEqual([]);
  });

  it("that is encoded twice is decoded once, and so stays a name", () => {
    expect(keyOf("%252e%252e%252fsecret")).toBe("uploads/%2e%2e%2fsecret");
    expect(keyOf("%252e%252e")).toBe("uploads/%2e%2e");
  });

  it("never leads to what is Holdfast's own, in any spelling, unless just that is mounted, and never to a manifest", () => {
    for (const path of ["originals/2026/11/x.jpg", "Originals/x.jpg", "VARIANTS/x.webp", "%6friginals/x.jpg", ".holdfast/canary.json"]) {
      expect([path, keyOf(path, "")]).toEqual([path, undefined]);
    }
    expect(keyOf("2026/11/x.jpg", "originals/")).toBe("originals/2026/11/x.jpg");
    expect(keyOf("2026/11/x.jpg.json", "originals/")).toBe(undefined);
    expect(keyOf("originals/x.jpg", "uploads/")).toBe("uploads/originals/x.jpg");
  });

  it("always leads to something below the prefix, without a dot before any name", () => {
    const piece = fc.constantFrom("..", ".", "/", "\\", "%2e", "%2f", "%5c", "%252e", "%00", "a", "é", "originals", "%c0%af", ".json", " ");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom("", "uploads/", "a/b/"), (pieces, prefix) => {
        for (const key of mountedKeys(pieces.join(""), prefix)) {
          expect(key.startsWith(prefix)).toBe(true);
          for (const segment of key.slice(prefix.length).split("/")) expect(segment).not.toMatch(/^\.|^$|\\/);
        }
      }),
    );
  });
});

describe("a prefix", () => {
  it.each([
    ["", ""],
    ["uploads", "uploads/"],
    ["uploads/", "uploads/"],
    ["/uploads", undefined],
    ["a/../b", undefined],
    ["a//b", undefined],
  ])("%j begins keys with %j", (prefix, read) => {
    expect(readPrefix(prefix)).toBe(read);
  });
});
