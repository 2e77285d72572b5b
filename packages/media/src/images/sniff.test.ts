import { describe, expect, it } from "vitest";
import { picture } from "../media.fixture.js";
import { sniff } from "./sniff.js";

const typeOf = async (head: Uint8Array | string): Promise<string> => {
  const { mediaType, ...rest } = await sniff(typeof head === "string" ? Buffer.from(head) : head);
  return mediaType?.type ?? ("words" in rest ? rest.words : "");
};

describe("sniff", () => {
  it.each(["jpeg", "png", "webp", "avif", "gif", "tiff"] as const)("knows a %s by its bytes", async (format) => {
    expect(await typeOf((await picture(format)).subarray(0, 4100))).toBe(`image/${format}`);
  });

  it.each([
    ["<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ["\ufeff<?xml version='1.0'?>\n<!-- a drawing -->\n<!DOCTYPE svg>\n<SVG>"],
    ["  <svg\n"],
  ])("knows an SVG drawing: %j", async (text) => {
    expect(await typeOf(text)).toBe("image/svg+xml");
  });

  it.each([
    ["<html><body><svg></svg></body></html>", "text"],
    ["<!-- <svg> -->", "text"],
    ["<svgx>", "text"],
    ["hello", "text"],
    ["grüße, cut in a charact\u00e9", "text"],
  ])("does not take %j for a picture", async (text, words) => {
    expect(await typeOf(text)).toBe(words);
  });

  it("calls text what is cut in the middle of a character", async () => {
    expect(await typeOf(Buffer.from("é".repeat(10)).subarray(0, 19))).toBe("text");
  });

  it.each([
    ["heic", "mif1heic", "image/heic"],
    ["mif1", "mif1heic", "image/heic"],
    ["mif1", "mif1avif", "image/avif"],
    ["avif", "mif1avif", "image/avif"],
  ])("tells HEIC from AVIF by the brands %s and %s", async (major, brands, type) => {
    expect(await typeOf(Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${major}\0\0\0\0${brands}`), Buffer.alloc(8)]))).toBe(
      type,
    );
  });

  it("says what it found instead", async () => {
    expect(await typeOf(Buffer.from("PK\u0003\u0004".padEnd(40, "\u0000")))).toBe("of type application/zip");
    expect(await typeOf(Buffer.from([0x80, 0x81, 0xfe, 0x00, 0x02]))).toBe("of no kind that is known");
  });
});
