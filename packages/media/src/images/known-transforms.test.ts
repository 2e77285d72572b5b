import { describe, expect, it } from "vitest";
import { createKnownTransforms, type PresetOptions, readPresets } from "./known-transforms.js";

const card: PresetOptions = { card: { width: 400, height: 300, fit: "cover", focus: "attention" } };

describe("presets", () => {
  it("are known by their names, and at the densities of screens", () => {
    const known = createKnownTransforms(card);
    expect(["card", "card_2x", "card_3x", "w640", "full"].map((text) => known.find(text)?.transform.name)).toEqual([
      "w400_h300_cover_attention",
      "w800_h600_cover_attention",
      "w1200_h900_cover_attention",
      "w640",
      "full",
    ]);
    expect(["w65", "card_4x", "cards", "constructor"].map((text) => known.find(text))).toEqual(Array<undefined>(4).fill(undefined));
  });

  it("stand in URLs with what they mean, so that one that is defined anew is another picture", () => {
    const first = createKnownTransforms(card);
    const second = createKnownTransforms({ card: { width: 500, height: 300, fit: "cover" } });
    const { text } = first.preset("card");
    expect(text).toMatch(/^card\.[0-9a-f]{6}$/);
    expect(second.preset("card").text).not.toBe(text);
    expect(first.find(text)).toMatchObject({ isOpen: true, isFixed: true });
    // A page that was kept names the preset as it was; it gets the picture of today, for today.
    expect(second.find(text)).toBeUndefined();
    expect(second.ask(text)).toMatchObject({ transform: { name: "w500_h300_cover" }, isOpen: true, isFixed: false });
    expect(second.ask("card")).toMatchObject({ isFixed: false });
  });

  it("are offered up to three times as dense", () => {
    const known = createKnownTransforms(card);
    const names = [0.5, 1, 1.5, 2, 2.5, 5].map((dpr) => known.preset("card", dpr).transform.width);
    expect(names).toEqual([400, 400, 800, 800, 1200, 1200]);
  });

  it("are suggested where a name is nearly right, and listed where it is not", () => {
    const known = createKnownTransforms({ ...card, avatar: { width: 64, height: 64, fit: "cover" } });
    expect(() => known.preset("avatr")).toThrow(/preset=avatr is not valid: there is no such preset; did you mean "avatar"\?/);
    expect(() => known.preset("banner")).toThrow(/there are card, avatar/);
    expect(() => known.preset("card_2x")).toThrow(/no such preset/);
    expect(() => createKnownTransforms().preset("card")).toThrow(/was given no presets/);
    expect(() => known.ask("thumb")).toThrow(/there are full and the widths .*, and the presets card, avatar/);
  });

  it("are read at once, with every problem and where it is", () => {
    const problems: string[] = [];
    readPresets(
      { Card: { width: 4 }, w640: {}, full: {}, a_b: {}, thumb: { widht: 5, height: -1 } as object, none: null as unknown as object },
      problems,
    );
    expect(problems).toEqual([
      'presets: "Card" cannot be a preset\'s name: write up to 32 letters a to z, digits and -, a letter first.',
      'presets: "w640" cannot be a preset\'s name: it reads like a transform of its own.',
      'presets: "full" cannot be a preset\'s name: it reads like a transform of its own.',
      'presets: "a_b" cannot be a preset\'s name: write up to 32 letters a to z, digits and -, a letter first.',
      'presets.thumb.widht is 5: there is no such parameter; did you mean "width"?',
      "presets.thumb.height is -1: it has to be a whole number from 1 to 8192.",
      'presets.none has to be an object of parameters, such as { width: 400, height: 300, fit: "cover" }.',
    ]);
  });
});

describe("a custom transform", () => {
  it("is understood, and is not for everybody", () => {
    const known = createKnownTransforms();
    expect(known.ask("w65")).toMatchObject({ transform: { width: 65 }, isOpen: false, isFixed: true });
    expect(known.ask("w64")).toMatchObject({ isOpen: true });
  });
});
