import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { negotiateFormat } from "./formats.js";
import { transformOf } from "./transform.js";

const picture = { hasAlpha: false, frames: 1 };
const plain = transformOf({ width: 640 });
const answer = (accept: string | undefined, what = picture, transform = plain): string => {
  const { format, interim } = negotiateFormat(accept, what, transform);
  return interim === undefined ? format : `${format}, meanwhile ${interim}`;
};

describe("negotiateFormat", () => {
  it.each<[string | undefined, string]>([
    // Chromium, Firefox, Safari 17, an older Safari, curl.
    ["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "avif, meanwhile webp"],
    ["image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "avif, meanwhile webp"],
    ["image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/*;q=0.8,*/*;q=0.5", "avif, meanwhile webp"],
    ["image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", "webp"],
    ["*/*", "jpeg"],
    [undefined, "jpeg"],
    ["", "jpeg"],
    ["image/avif", "avif, meanwhile jpeg"],
    ["image/avif;q=0,image/webp", "webp"],
    ["image/avif;q=0.4,image/webp;q=0.9", "webp"],
    ["image/avif;q=0.9,image/webp;q=0.4", "avif, meanwhile webp"],
    ["image/webp;q=0.5,image/jpeg", "jpeg"],
    ["image/webp;q=0.5,image/jpeg;q=0.1,image/*", "webp"],
    ["IMAGE/WEBP;q=0.5", "webp"],
    ["image/webp;q=0, */*", "jpeg"],
    ["image/webp; q=0.000", "jpeg"],
    ["image/webp;q=abc", "webp"],
    ["image/*", "jpeg"],
    ["image/webpx", "jpeg"],
    ["text/html", "jpeg"],
  ])("answers Accept: %s with %s", (accept, format) => {
    expect(answer(accept)).toBe(format);
  });

  it("keeps what is transparent transparent for those without WebP", () => {
    expect([answer("*/*", { ...picture, hasAlpha: true }), answer("image/avif", { ...picture, hasAlpha: true })]).toEqual([
      "png",
      "avif, meanwhile png",
    ]);
  });

  it("answers what is to move in a format that does", () => {
    const moving = transformOf({ width: 640, frame: "all" });
    const animation = { hasAlpha: true, frames: 12 };
    expect(["image/avif,image/webp", "image/webp", "*/*"].map((accept) => answer(accept, animation, moving))).toEqual([
      "webp",
      "webp",
      "gif",
    ]);
    expect(answer("*/*", { hasAlpha: false, frames: 1 }, moving)).toBe("jpeg");
    expect(answer("image/avif,image/webp", animation)).toBe("avif, meanwhile webp");
  });

  it("answers in the format that the transform names, whatever is accepted", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("avif", "webp", "jpeg", "png", "gif"), (accept, format) => {
        expect(answer(accept, picture, transformOf({ format }))).toBe(format);
      }),
    );
  });

  it("answers every header with a format that it knows, and the same one each time", () => {
    const token = fc.constantFrom("image/avif", "image/webp", "image/*", "*/*", ";q=", "0.5", ",", " ", "q", "=", ";", "1", "0");
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
        const first = answer(tokens.join(""));
        expect(first).toMatch(/^(?:avif, meanwhile )?(?:webp|jpeg)$/);
        expect(answer(tokens.join(""))).toBe(first);
      }),
    );
  });
});
