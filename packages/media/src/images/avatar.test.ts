import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avatarColourOf, avatarColours, avatarSvg, initialsOf } from "./avatar.js";

describe("initials", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["ada lovelace", "AL"],
    ["Plato", "P"],
    ["Jean-Paul Charles Aymard Sartre", "JS"],
    ["  Gabriel   García  Márquez ", "GM"],
    ['"Bob" (Smith)', "BS"],
    ["émile zola", "ÉZ"],
    ["e\u0301mile", "É"],
    ["ßigurd", "ß"],
    ["Άννα Παππά", "ΆΠ"],
    ["Лев Толстой", "ЛТ"],
    ["ნინო ბერიძე", "ნბ"],
    ["山田太郎", "山"],
    ["山田 太郎", "山"],
    ["김민수", "김"],
    ["محمد علي", "م\u200cع"],
    ["محمد", "م"],
    ["דוד כהן", "דכ"],
    ["क्षमा शर्मा", "क्षश"],
    ["ayse.yilmaz+news@example.com", "AY"],
    ["2pac", "2"],
    ["🦊", "🦊"],
    ["👩🏽‍🚀 🚀", "👩🏽‍🚀"],
    ["🌸 Ana 🌸", "A"],
    ["", ""],
    [" \u200b\u202e\u0000 ", ""],
    ["...", ""],
    ["\ud800", ""],
  ])("of %j are %j", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it("are upper-cased by the rules of the name's language", () => {
    expect(initialsOf("ilker ışık", { locale: "tr" })).toBe("İI");
    expect(initialsOf("ilker ışık")).toBe("II");
    expect(initialsOf("ilker", { locale: "not a locale" })).toBe("I");
  });

  it("are a letter, not a tower of accents", () => {
    expect(initialsOf(`Z${"\u0300".repeat(150)}algo`)).toBe("Z");
  });
});

describe("an avatar", () => {
  it("has white letters on a colour dark enough for them", () => {
    for (const colour of [...avatarColours, avatarColourOf("")]) expect([colour, contrastWithWhite(colour) >= 4.5]).toEqual([colour, true]);
  });

  it("has the colour of the name, however that is spelt, and different people mostly have different ones", () => {
    expect(avatarColourOf("Émile  Zola")).toBe(avatarColourOf("e\u0301mile zola"));
    expect(avatarColourOf("Ada Lovelace")).toBe("#5b47c4");
    const people = Array.from({ length: 1600 }, (_, index) => avatarColourOf(`Person ${index}`));
    const counts = avatarColours.map((colour) => people.filter((each) => each === colour).length);
    expect(Math.min(...counts)).toBeGreaterThan(50);
  });

  it("says who it is", () => {
    expect(avatarSvg("Ada Lovelace")).toContain('role="img" aria-label="Ada Lovelace"><title>Ada Lovelace</title>');
    expect(avatarSvg("Ada", { title: "Our organiser" })).toContain("<title>Our organiser</title>");
    expect(avatarSvg("")).toContain("<title>A person</title>");
  });

  it("is a silhouette where no name is known, and keeps its shape", () => {
    expect(avatarSvg("")).not.toContain("<text");
    expect(avatarSvg("Ada", { width: 640, height: 360 })).toContain('width="640" height="360" viewBox="0 0 640 360"');
    expect(avatarSvg("Ada", { isRound: true })).toContain('<circle cx="64" cy="64" r="64"');
  });

  it("lets nothing out of a name that is not text", () => {
    const shape = (svg: string): string => svg.replace(/aria-label="[^"<>]*"|<title>[^<>]*<\/title>|>[^<>]*<\/text>|#[0-9a-f]{6}/g, "");
    const [two, one, none] = ["Ada Lovelace", "Ada", ""].map((name) => shape(avatarSvg(name)));
    const names = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom('"><script>alert(1)</script>', "<b> &x;", "]]>'"),
    );
    fc.assert(fc.property(names, (name) => [one, two, none].includes(shape(avatarSvg(name)))));
  });
});

/** WCAG 2.2: (1 + 0.05) / (L + 0.05), with the relative luminance of sRGB. */
function contrastWithWhite(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
