import { describe, expect, it } from "vitest";
import { negotiateFormat } from "./formats.js";

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
