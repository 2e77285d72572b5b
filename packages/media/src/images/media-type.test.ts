import { describe, expect, it } from "vitest";
import { findMediaType, isAccepted, mediaTypes } from "./media-type.js";

describe("media types", () => {
  it("are found by any of their names, in any case, with parameters", () => {
    expect([findMediaType("IMAGE/JPG; charset=x")?.type, findMediaType("video/x-m4v")?.type, findMediaType("text/html")]).toEqual([
      "image/jpeg",
      "video/mp4",
      undefined,
    ]);
    const names = mediaTypes.flatMap(({ type, aliases }) => [type, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("never show in place what can carry a script", () => {
    expect(findMediaType("image/svg+xml")).toMatchObject({ isInline: false, isDecodable: false });
    expect(mediaTypes.filter(({ type, isInline }) => isInline && /xml|html|script|octet/.test(type))).toEqual([]);
  });
});

describe("isAccepted", () => {
  it.each<[string, string[], boolean]>([
    ["image/png", ["image/*"], true],
    ["image/png", ["image/png"], true],
    ["image/png", ["image/p*"], false],
    ["imagex/png", ["image/*"], false],
    ["application/pdf", ["image/*", "application/pdf"], true],
    ["image/png", [], false],
  ])("holds %s against %j", (type, patterns, expected) => {
    expect(isAccepted(type, patterns)).toBe(expected);
  });
});
