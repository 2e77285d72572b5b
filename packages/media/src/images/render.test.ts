import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../media.fixture.js";
import { createDecoder } from "./decoder.js";
import { renderVariant } from "./render.js";
import { parseTransform } from "./transform.js";

const decoder = createDecoder({ maxPixels: 50_000_000 });

describe("renderVariant", () => {
  it("turns the picture up, and takes its place of taking and its other metadata away", async () => {
    const exif = { IFD0: { Make: "Camera" }, IFD3: { GPSLatitude: "52/1 30/1 0/1", GPSLatitudeRef: "N" } };
    const turned = await sharp(await picture("jpeg", 300, 200))
      .withExif(exif)
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(turned).metadata()).exif).toBeDefined();
    for (const name of ["w64", "full"]) {
      const { bytes, width, height } = await renderVariant(decoder, turned, parseTransform(name), "jpeg");
      const found = await sharp(bytes).metadata();
      expect([found.exif, found.orientation, found.icc, found.space]).toEqual([undefined, undefined, undefined, "srgb"]);
      expect([width, height]).toEqual(name === "w64" ? [64, 96] : [200, 300]);
    }
  });

  it("never enlarges", async () => {
    const { width, height } = await renderVariant(decoder, await picture("png", 50, 30), parseTransform("w640"), "webp");
    expect([width, height]).toEqual([50, 30]);
  });

  it("puts white, not black, under what was transparent in a JPEG", async () => {
    const clear = await sharp({ create: { width: 40, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const { bytes } = await renderVariant(decoder, clear, parseTransform("full"), "jpeg");
    expect((await sharp(bytes).stats()).channels.map((channel) => Math.round(channel.mean))).toEqual([255, 255, 255]);
  });
});
