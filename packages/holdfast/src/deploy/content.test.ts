import { describe, expect, it } from "vitest";
import { judgeContent } from "./content.js";
import { gifBytes, pngBytes } from "./picture-site.fixture.js";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

describe("judgeContent", () => {
  it.each([
    ["a PNG", pngBytes],
    ["a GIF", gifBytes],
    ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16)],
    ["a WebP", text("RIFF\u0001\u0002\u0003\u0004WEBPVP8 ")],
    ["an AVIF", text("\0\0\0\u001cftypavif")],
    ["a HEIC", text("\0\0\0\u001cftypheic")],
    ["a TIFF", text("II*\0....")],
    ["an SVG", text('<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ])("knows %s by its bytes, whatever its type says", (_, head) => {
    for (const type of [undefined, "application/octet-stream", "text/html", "image/jpeg"]) {
      expect(judgeContent(head, type)).toEqual({ isPicture: true, isWebPage: false });
    }
  });

  it.each([
    "<!doctype html><title>App</title>",
    "\uFEFF\n <HTML lang=en>",
    "<!-- built --><!DOCTYPE html>",
    "<script>location='/'</script>",
  ])("knows the page %j even when it is sent as an image", (page) => {
    expect(judgeContent(text(page), "image/jpeg")).toEqual({ isPicture: false, isWebPage: true });
  });

  it("takes the sender's word where the bytes leave it open", () => {
    expect(judgeContent(text("Not found"), "text/html; charset=utf-8").isWebPage).toBe(true);
    expect(judgeContent(text("??"), "image/jxl").isPicture).toBe(true);
    expect(judgeContent(text("%PDF-1.7"), "application/pdf")).toEqual({ isPicture: false, isWebPage: false });
  });

  it("is not told by a type that a pointer file is a JPEG", () => {
    const pointer = text("version https://git-lfs.github.com/spec/v1\noid sha256:abc");
    expect(judgeContent(pointer, "image/jpeg").isPicture).toBe(false);
  });

  it("skips what stands before the first element, however much of it", () => {
    const comments = "<!-- a -->".repeat(80);
    expect(judgeContent(text(`${comments}<html>`), undefined).isWebPage).toBe(true);
    expect(judgeContent(text(`<?xml version="1.0"?>${comments}<!DOCTYPE svg PUBLIC "x"><svg>`), undefined).isPicture).toBe(true);
    expect(judgeContent(text(`${comments}<!-- unended`), undefined)).toEqual({ isPicture: false, isWebPage: false });
  });

  it("judges no bytes at all to be nothing", () => {
    expect(judgeContent(new Uint8Array(), "image/png")).toEqual({ isPicture: false, isWebPage: false });
  });
});
