import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../media.fixture.js";
import { createDecoder } from "./decoder.js";
import { ladder, negotiateFormat, parseTransform, renderVariant, type Transform, transformForWidth } from "./transform.js";

const decoder = createDecoder({ maxPixels: 50_000_000 });
const named = (name: string): Transform => parseTransform(name) as Transform;

describe("the ladder", () => {
  it("has every width by its name, and nothing else", () => {
    expect(ladder.map((width) => parseTransform(`w${width}`)?.width)).toEqual(ladder);
    expect(["full", "w65", "w0064", "W64", "", "constructor", "__proto__"].map((name) => parseTransform(name)?.name)).toEqual([
      "full",
      ...Array<undefined>(6).fill(undefined),
    ]);
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

describe("negotiateFormat", () => {
  it.each<[string | undefined, string]>([
    ["image/avif,image/webp,*/*", "webp"],
    ["IMAGE/WEBP;q=0.5", "webp"],
    ["image/webp;q=0, */*", "jpeg"],
    ["image/webp; q=0.000", "jpeg"],
    ["image/*", "jpeg"],
    [undefined, "jpeg"],
    ["image/webpx", "jpeg"],
  ])("answers Accept: %s with %s", (accept, format) => {
    expect(negotiateFormat(accept, false)).toBe(format);
  });

  it("keeps what is transparent transparent for those without WebP", () => {
    expect(negotiateFormat("*/*", true)).toBe("png");
  });
});

describe("renderVariant", () => {
  it("turns the picture up, and takes its place of taking and its other metadata away", async () => {
    const exif = { IFD0: { Make: "Camera" }, IFD3: { GPSLatitude: "52/1 30/1 0/1", GPSLatitudeRef: "N" } };
    const turned = await sharp(await picture("jpeg", 300, 200))
      .withExif(exif)
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(turned).metadata()).exif).toBeDefined();
    for (const name of ["w64", "full"]) {
      const { bytes, width, height } = await renderVariant(decoder, turned, named(name), "jpeg");
      const found = await sharp(bytes).metadata();
      expect([found.exif, found.orientation, found.icc, found.space]).toEqual([undefined, undefined, undefined, "srgb"]);
      expect([width, height]).toEqual(name === "w64" ? [64, 96] : [200, 300]);
    }
  });

  it("never enlarges", async () => {
    const { width, height } = await renderVariant(decoder, await picture("png", 50, 30), named("w640"), "webp");
    expect([width, height]).toEqual([50, 30]);
  });

  it("puts white, not black, under what was transparent in a JPEG", async () => {
    const clear = await sharp({ create: { width: 40, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const { bytes } = await renderVariant(decoder, clear, named("full"), "jpeg");
    expect((await sharp(bytes).stats()).channels.map((channel) => Math.round(channel.mean))).toEqual([255, 255, 255]);
  });
});
