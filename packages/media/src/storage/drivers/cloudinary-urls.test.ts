import { describe, expect, it } from "vitest";
import { geometryOf } from "../../images/geometry.js";
import { transformOf } from "../../images/transform.js";
import { stepsOf } from "./cloudinary-urls.js";

type Options = Parameters<typeof transformOf>[0];

/** The steps for a transform of a picture of 4000 × 3000 pixels, each as Cloudinary's SDK names its parameters. */
function steps(options: Options, frames = 1): string | undefined {
  const transform = transformOf(options);
  const { result } = geometryOf({ width: 4000, height: 3000 }, transform);
  const found = stepsOf(transform, { frames, result });
  return found
    ?.map((step) =>
      Object.entries(step)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
    )
    .join(" / ");
}

const auto = "fetch_format=auto / quality=auto";

describe("a transform in Cloudinary's words", () => {
  it.each<[Options, string]>([
    [{}, `color_space=srgb / ${auto}`],
    [{ width: 640 }, `crop=limit width=640 color_space=srgb / ${auto}`],
    [{ height: 300 }, `crop=limit height=300 color_space=srgb / ${auto}`],
    [{ width: 400, height: 400 }, `crop=limit width=400 height=400 color_space=srgb / ${auto}`],
    [{ width: 400, height: 300, fit: "cover" }, `crop=fill gravity=center width=400 height=300 color_space=srgb / ${auto}`],
    [
      { width: 400, height: 300, fit: "cover", focus: "attention" },
      `crop=fill gravity=auto width=400 height=300 color_space=srgb / ${auto}`,
    ],
    // Larger than the picture: of the box's shape, and not enlarged.
    [{ width: 8000, height: 2000, fit: "cover" }, `crop=fill gravity=center width=4000 height=1000 color_space=srgb / ${auto}`],
    [{ width: 8000, enlarge: true }, `crop=scale width=5774 height=4330 color_space=srgb / ${auto}`],
    [{ width: 100, height: 400, fit: "fill" }, `crop=scale width=100 height=400 color_space=srgb / ${auto}`],
    [{ width: 400, height: 400, fit: "outside" }, `crop=scale width=533 height=400 color_space=srgb / ${auto}`],
    [
      { width: 400, height: 400, fit: "contain", background: "#FAFAFA" },
      `crop=pad width=400 height=400 background=rgb:fafafa color_space=srgb / ${auto}`,
    ],
    [{ width: 64, format: "jpeg", quality: 60 }, "crop=limit width=64 color_space=srgb / fetch_format=jpg / quality=60"],
  ])("is for %j %s", (options, expected) => {
    expect(steps(options)).toBe(expected);
  });

  it("takes one frame of an animation, the first by itself", () => {
    expect(steps({ width: 64 }, 12)).toBe(`page=1 / crop=limit width=64 color_space=srgb / ${auto}`);
    expect(steps({ width: 64, frame: 3 }, 12)).toMatch(/^page=4 /);
    expect(steps({ width: 64, frame: 99 }, 12)).toMatch(/^page=12 /);
  });

  it.each<[string, Options]>([
    ["blurs as a promise", { blur: 50 }],
    ["turns", { rotate: 90 }],
    ["keeps an animation moving", { width: 64, frame: "all" }],
    ["crops by entropy", { width: 64, height: 64, fit: "cover", focus: "entropy" }],
    ["crops around a point", { width: 64, height: 64, fit: "cover", focus: { x: 1, y: 1 } }],
    ["lays upon what is transparent", { width: 64, height: 64, fit: "contain" }],
    ["lays upon a translucent colour", { width: 64, height: 64, fit: "contain", background: "#ffffff80" }],
  ])("is left to us where it %s", (_what, options) => {
    expect(steps(options, 12)).toBeUndefined();
  });

  it("is left to us where the picture's size is not known and would have to be", () => {
    const cover = transformOf({ width: 64, height: 64, fit: "cover" });
    expect(stepsOf(cover, { frames: 1, result: undefined })).toBeUndefined();
    expect(stepsOf(transformOf({ width: 64 }), { frames: 1, result: undefined })).toBeDefined();
  });
});
