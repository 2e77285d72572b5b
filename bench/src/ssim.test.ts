import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { generatePhoto } from "./photos.js";
import { randomFrom } from "./random.js";
import { ssimOf } from "./ssim.js";

const photo = await generatePhoto(randomFrom(1), 320, 240, 95);

describe("ssimOf", () => {
  it("is 1 for the same picture, less for a coarser one, and least for another", async () => {
    const coarse = await sharp(photo).jpeg({ quality: 30 }).toBuffer();
    const blurred = await sharp(photo).blur(4).jpeg({ quality: 95 }).toBuffer();
    const other = await generatePhoto(randomFrom(2), 320, 240, 95);
    expect(await ssimOf(photo, photo)).toBe(1);
    const [asCoarse, asBlurred, asOther] = [await ssimOf(photo, coarse), await ssimOf(photo, blurred), await ssimOf(photo, other)];
    expect(asCoarse).toBeGreaterThan(asBlurred);
    expect(asBlurred).toBeGreaterThan(asOther);
    expect(asCoarse).toBeGreaterThan(0.8);
    expect(asOther).toBeLessThan(0.5);
  });

  it("compares nothing of two sizes", async () => {
    await expect(ssimOf(photo, await sharp(photo).resize(100).toBuffer())).rejects.toThrow("cannot be compared");
  });
});
