import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialsOf as inBrowser } from "../browser/initials.js";
import { avatarColourOf, initialsOf } from "./avatar.js";

const names = [
  "Ada Lovelace",
  "  ada   lovelace ",
  "Ludwig van Beethoven",
  "Prince",
  "ada.lovelace+news@example.com",
  "o'neill",
  "Ōe Kenzaburō",
  "大江 健三郎",
  "김연아",
  "محمد علي",
  "ß",
  "ნინო ბერიძე",
  "Ῥόδος Ἀθήνα",
  "👩‍👩‍👧 Family",
  "👩🏽‍🚀",
  "🇹🇷",
  "4711 Cologne",
  "<b>&\"'",
  "\u202eevil",
  "e\u0301va",
  "@",
  "",
];

describe("the initials in the browser", () => {
  it.each(names)("are those of the server, as is the colour: %s", (name) => {
    expect(inBrowser(name)).toEqual({ initials: initialsOf(name), colour: avatarColourOf(name) });
  });

  it("are those of the server for any name of letters, spaces and signs", () => {
    const sign = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
      fc.constantFrom(" ", "-", ".", "@", "'", "\u00ad", "\u200b"),
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 12 }), (signs) => {
        const name = signs.join("");
        expect(inBrowser(name)).toEqual({ initials: initialsOf(name), colour: avatarColourOf(name) });
      }),
      { numRuns: 2000 },
    );
  });
});
