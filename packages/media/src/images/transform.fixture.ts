import fc from "fast-check";
import { type Fit, type Focus, maxResultPixels, type TransformOptions } from "./parameters.js";

const side = fc.integer({ min: 1, max: 8192 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const point = fc.record({ x: fc.integer({ min: 0, max: 100 }), y: fc.integer({ min: 0, max: 100 }) });

/** Everything that may be asked for: each parameter by itself right, and right together. */
export const anyOptions: fc.Arbitrary<TransformOptions> = fc
  .record({
    width: maybe(side),
    height: maybe(side),
    fit: maybe(fc.constantFrom<Fit[]>("inside", "cover", "contain", "outside", "fill")),
    focus: maybe(fc.oneof(fc.constantFrom<Focus[]>("center", "attention", "entropy"), point)),
    enlarge: maybe(fc.boolean()),
    rotate: maybe(fc.constantFrom(0, 90, 180, 270)),
    frame: maybe(fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constant("all" as const))),
    blur: maybe(fc.integer({ min: 1, max: 100 })),
    background: maybe(fc.stringMatching(/^#(?:[\da-fA-F]{3}|[\da-fA-F]{6}|[\da-fA-F]{8})$/)),
    format: maybe(fc.constantFrom("auto", "avif", "webp", "jpeg", "png", "gif")),
    quality: maybe(fc.integer({ min: 1, max: 100 })),
  })
  .map((options) => {
    const { width, height } = options;
    const isBox = width !== undefined && height !== undefined;
    const isMoving = options.frame === "all";
    const fit = isBox ? options.fit : undefined;
    const canFocus = fit === "cover" && !(isMoving && typeof options.focus === "string");
    const hasQuality = options.format !== "png" && options.format !== "gif";
    return {
      ...options,
      height: isBox && width * height > maxResultPixels ? Math.floor(maxResultPixels / width) : height,
      fit,
      focus: canFocus ? options.focus : undefined,
      enlarge: width === undefined && height === undefined ? undefined : options.enlarge,
      rotate: isMoving ? undefined : options.rotate,
      blur: isMoving ? undefined : options.blur,
      format: isMoving && options.format !== "webp" && options.format !== "gif" ? undefined : options.format,
      quality: hasQuality ? options.quality : undefined,
    };
  });
