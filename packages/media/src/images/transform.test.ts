import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parameters } from "./parameters.js";
import { anyOptions } from "./transform.fixture.js";
import { ladder, parseTransform, readTransform, transformForWidth, transformOf } from "./transform.js";

const refusal = (work: () => unknown): string => {
  try {
    return `taken: ${JSON.stringify(work())}`;
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
};

describe("a transform's name", () => {
  it("is read back as the transform it was written for, whatever is asked", () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const transform = transformOf(options);
        expect(parseTransform(transform.name)).toEqual(transform);
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same for the same meaning, and another for another", () => {
    fc.assert(
      fc.property(anyOptions, anyOptions, (one, other) => {
        const [a, b] = [transformOf(one), transformOf(other)];
        const { name: aName, ...aMeaning } = a;
        const { name: bName, ...bMeaning } = b;
        expect(aName === bName).toBe(JSON.stringify(aMeaning) === JSON.stringify(bMeaning));
      }),
      { numRuns: 2000 },
    );
  });

  it("is short, in ASCII, and safe in a path, a key and a file system", () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        expect(transformOf(options).name).toMatch(/^[a-z0-9_]{2,100}$/);
      }),
    );
  });

  it.each<[string, Parameters<typeof transformOf>[0]]>([
    ["full", {}],
    ["w640", { width: 640 }],
    ["h300", { height: 300 }],
    ["w400_h300_cover_attention", { width: 400, height: 300, fit: "cover", focus: "attention" }],
    ["w64_h64_cover_x20y80_webp_q60", { quality: 60, format: "webp", focus: { x: 20, y: 80 }, fit: "cover", height: 64, width: 64 }],
    ["w64_h64_cover", { width: 64, height: 64, fit: "cover", focus: { x: 50, y: 50 } }],
    ["w64_h64_contain_bgffeecc", { width: 64, height: 64, fit: "contain", background: "#FEC" }],
    ["full_bgfafafa80", { background: "#fafafa80" }],
    ["full_bgfafafa", { background: "#fafafaFF" }],
    ["full_r270_frame3_blur50", { rotate: 270, frame: 3, blur: 50 }],
    ["w320_enlarge_animated", { width: 320, frame: "all", enlarge: true, rotate: 0, format: "auto", fit: "inside" }],
  ])("is %s", (name, options) => {
    expect(transformOf(options).name).toBe(name);
  });
});

describe("what stands in a URL and is no transform", () => {
  it.each([
    "w0640",
    "w640_",
    "W640",
    "w640_inside",
    "w640_h480_center",
    "full_",
    "full_full",
    "full_w640",
    "w640_h480_q80_cover",
    "w640_h480_cover_x50y50",
    "w640_r0",
    "w640_frame0",
    "w640_bgfff",
    "w640_bgFFFFFF",
    "w640_bgffffffff",
    "w640_auto",
    "w640_h480_cover_cover",
    "h480_w640",
    "w640_frame01",
    `w640_${"q80_".repeat(50)}`,
    "w640_ä",
  ])("refuses %j, which is no name, or another name for something", (text) => {
    expect(refusal(() => parseTransform(text))).toMatch(/^(?:PARAMETER_INVALID: transform=|TRANSFORM_UNKNOWN)/);
  });

  it.each<[string, string]>([
    ["w99999", "width=99999 is not valid: it has to be a whole number from 1 to 8192"],
    ["w0", "width=0 is"],
    ["w-5", "width=-5 is"],
    ["w1e9", "width=1e9 is"],
    ["w640_h0", "height=0 is"],
    ["w8000_h8000", "height=8000 is not valid: with the width 8000 it makes more than 25000000 pixels"],
    ["w640_r45", "rotate=45 is not valid: it has to be 0, 90, 180 or 270 degrees clockwise"],
    ["w640_blur101", "blur=101 is"],
    ["w640_bgred", "background=#red is"],
    ["w640_q0", "quality=0 is"],
    ["w640_png_q80", "quality=80 is not valid: a PNG image has none to choose"],
    ["w640_cover", "fit=cover is not valid: it needs both width and height"],
    ["w640_attention", 'focus=attention is not valid: it is of fit "cover"'],
    ["w640_h480_cover_x101y0", "focus="],
    ["full_enlarge", "enlarge=true is not valid: it needs a width or a height"],
    ["w640_animated_jpeg", "format=jpeg is not valid: an animation is WebP or GIF"],
    ["w640_frame123456", "frame=123456 is"],
  ])("refuses %s and names the parameter", (text, words) => {
    expect(refusal(() => parseTransform(text))).toContain(`PARAMETER_INVALID: ${words}`);
  });

  it.each(["", "thumb", "constructor", "__proto__", "fullish", "w", "..", "webp", "W64"])("does not know %j", (text) => {
    expect(refusal(() => parseTransform(text))).toMatch(/^TRANSFORM_UNKNOWN/);
  });

  it("is refused in the time of a look, and quoted in part only, whatever it is", () => {
    const part = fc.constantFrom("w", "h", "full", "_", "q", "bg", "x", "y", "blur", "9", "9999999999", "-", ".", "%00", "e", "cover");
    const hostile = fc.array(part, { maxLength: 3000 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(hostile, (text) => {
        const startedAt = performance.now();
        const answer = refusal(() => parseTransform(text));
        expect(answer.length).toBeLessThan(600);
        expect(performance.now() - startedAt).toBeLessThan(50);
      }),
    );
  });
});

describe("what a program asks for", () => {
  it("has every problem told at once, and the parameter that was probably meant", () => {
    const read = readTransform({ widht: 5, height: "x", fit: "stretch", colour: 1 });
    expect("problems" in read ? read.problems.map(({ name, reason }) => `${name}: ${reason}`) : []).toEqual([
      'widht: there is no such parameter; did you mean "width"?',
      `colour: there is no such parameter; there are ${Object.keys(parameters).join(", ")}`,
      "height: it has to be a whole number from 1 to 8192",
      "fit: it has to be one of inside, cover, contain, outside, fill",
    ]);
  });

  it("may leave parameters undefined", () => {
    expect(transformOf({ width: 640, height: undefined, fit: undefined }).name).toBe("w640");
  });
});

describe("the ladder", () => {
  it("has every width by its name", () => {
    expect(ladder.map((width) => parseTransform(`w${width}`).width)).toEqual(ladder);
  });

  it("answers a width with the nearest step that is at least as wide, beyond it the full size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (width) => {
        const step = transformForWidth(width).width;
        const narrower = ladder.filter((candidate) => candidate < (step ?? Number.POSITIVE_INFINITY));
        expect((step ?? Number.POSITIVE_INFINITY) >= width && narrower.every((candidate) => candidate < width)).toBe(true);
      }),
    );
  });
});
