import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { colourAt, encodePng, paintRaster } from "./png.js";

describe("our own PNG", () => {
  it("is read by libvips as the very pixels that were written", async () => {
    const rasters = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
      .chain(([width, height]) => fc.record({ width: fc.constant(width), height: fc.constant(height), rgba: pixels(width * height * 4) }));
    await fc.assert(
      fc.asyncProperty(rasters, async (raster) => {
        const { data, info } = await sharp(encodePng(raster)).raw().toBuffer({ resolveWithObject: true });
        expect([info.width, info.height, info.channels]).toEqual([raster.width, raster.height, 4]);
        expect(data.equals(raster.rgba)).toBe(true);
      }),
    );
  });
});

describe("a raster", () => {
  it("is painted in the middle of each pixel, and read softly between them", () => {
    const raster = paintRaster(2, 1, (x) => [x < 0.5 ? 0 : 200, 0, 0, 255]);
    expect([...raster.rgba]).toEqual([0, 0, 0, 255, 200, 0, 0, 255]);
    expect([0, 0.25, 0.5, 0.75, 1].map((x) => colourAt(raster, x, 0.5)[0])).toEqual([0, 0, 100, 200, 200]);
  });
});

function pixels(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}
