import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { geometryOf } from "./geometry.js";
import { maxResultPixels, maxSide } from "./parameters.js";
import { anyOptions } from "./transform.fixture.js";
import { transformOf } from "./transform.js";

type Options = Parameters<typeof transformOf>[0];
const sizeOf = (width: number, height: number, options: Options): string => {
  const { result } = geometryOf({ width, height }, transformOf(options));
  return `${result.width}x${result.height}`;
};

describe("the size of a result", () => {
  it.each<[string, number, number, Options, string]>([
    ["follows the width", 4000, 3000, { width: 640 }, "640x480"],
    ["follows the height", 4000, 3000, { height: 300 }, "400x300"],
    ["is whole within the box", 4000, 3000, { width: 400, height: 400 }, "400x300"],
    ["is the box where it covers it", 4000, 3000, { width: 400, height: 400, fit: "cover" }, "400x400"],
    ["is the box where it is contained in it", 4000, 3000, { width: 400, height: 400, fit: "contain" }, "400x400"],
    ["is no smaller than the box outside it", 4000, 3000, { width: 400, height: 400, fit: "outside" }, "533x400"],
    ["is the box where it fills it", 4000, 3000, { width: 100, height: 400, fit: "fill" }, "100x400"],
    ["is never enlarged", 50, 30, { width: 640 }, "50x30"],
    ["keeps the box's shape where the picture is too small to cover it", 50, 30, { width: 400, height: 400, fit: "cover" }, "30x30"],
    ["keeps the box's shape where the picture is too small to be contained", 50, 30, { width: 400, height: 400, fit: "contain" }, "50x50"],
    ["keeps the box's shape where the picture is too small to fill it", 50, 30, { width: 400, height: 100, fit: "fill" }, "50x13"],
    ["is enlarged when asked", 50, 30, { width: 400, height: 400, fit: "cover", enlarge: true }, "400x400"],
    ["is measured after turning", 4000, 3000, { width: 300, rotate: 90 }, "300x400"],
    ["is at least a pixel", 10_000, 2, { width: 64 }, "64x1"],
    ["is enlarged no further than the limits", 10, 10_000, { width: 8192, enlarge: true }, "10x10000"],
    ["is its own where nothing is asked", 9000, 9000, {}, "9000x9000"],
  ])("%s", (_sentence, width, height, options, expected) => {
    expect(sizeOf(width, height, options)).toBe(expected);
  });

  it("is at least a pixel, within the limits and within what is scaled, for whatever is asked of whatever picture", () => {
    const side = fc.integer({ min: 1, max: 20_000 });
    fc.assert(
      fc.property(side, side, anyOptions, (width, height, options) => {
        const transform = transformOf(options);
        const { scaled, result } = geometryOf({ width, height }, transform);
        expect([result.width, result.height].every((length) => Number.isInteger(length) && length >= 1)).toBe(true);
        const isPlain = transform.fit === "inside" || transform.fit === "outside";
        if (!transform.enlarge) {
          const turned = transform.rotate === 90 || transform.rotate === 270;
          expect(scaled.width).toBeLessThanOrEqual(turned ? height : width);
          expect(scaled.height).toBeLessThanOrEqual(turned ? width : height);
        } else if (Math.max(width, height) <= maxSide && width * height <= maxResultPixels) {
          expect(Math.max(result.width, result.height)).toBeLessThanOrEqual(maxSide);
          expect(result.width * result.height).toBeLessThanOrEqual(maxResultPixels * 1.01);
        }
        if (!isPlain && transform.fit === "cover") {
          expect(scaled.width >= result.width && scaled.height >= result.height).toBe(true);
          expect(scaled.width === result.width || scaled.height === result.height).toBe(true);
        }
        if (transform.fit === "contain") expect(scaled.width <= result.width && scaled.height <= result.height).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
