import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it, vi } from "vitest";
import { picture, temporaryFolder } from "../media.fixture.js";
import { createBudget } from "./budget.js";
import { createDecoder, type DecoderInput } from "./decoder.js";
import type { Picture } from "./decoding.js";
import { inspectImage } from "./inspect.js";

const maxPixels = 1_000_000;
const decoder = createDecoder({ maxPixels, budget: createBudget(240_000_000, 2) });
const named = (input: DecoderInput, name = "a"): Picture => ({ key: "originals/a", name, input });
const coded = (code: string): object => expect.objectContaining({ code });

describe("inspectImage", () => {
  it.each(["jpeg", "png", "webp", "avif", "gif", "tiff"] as const)("finds the size of a %s and its thumbhash", async (format) => {
    const facts = await inspectImage(decoder, named(await picture(format, 60, 40)), maxPixels);
    expect(facts).toMatchObject({ width: 60, height: 40, frames: 1 });
    expect(Buffer.from(facts.thumbhash ?? "", "base64").byteLength).toBeGreaterThan(4);
  });

  it.each(["jpeg", "png", "webp", "avif", "gif", "tiff"] as const)(
    "refuses a %s cut short, and does not say where we keep it",
    async (format) => {
      const whole = await picture(format, 120, 90);
      const path = join(await temporaryFolder(), `cut.${format}`);
      for (const share of [0.3, 0.6, 0.9]) {
        await writeFile(path, whole.subarray(0, Math.floor(whole.byteLength * share)));
        const failure = await inspectImage(decoder, named(path, "cat"), maxPixels).then(
          () => "taken",
          (error: unknown) => error,
        );
        expect(failure).toMatchObject({ code: "IMAGE_BROKEN", message: expect.not.stringContaining(path) as string });
      }
    },
  );

  it("gives the size as a person sees it, when the picture is stored turned", async () => {
    const turned = await sharp(await picture("jpeg", 60, 40))
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(await inspectImage(decoder, named(turned), maxPixels)).toMatchObject({ width: 40, height: 60 });
  });

  it("takes pictures of every depth and colour, and of any shape", async () => {
    const raw = { raw: { width: 20, height: 10, channels: 1 as const } };
    const grey16 = await sharp(Buffer.alloc(200, 90), raw).toColourspace("grey16").png().toBuffer();
    const cmyk = await sharp(await picture("jpeg"))
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer();
    for (const bytes of [grey16, cmyk]) expect((await inspectImage(decoder, named(bytes), maxPixels)).thumbhash).toBeTruthy();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 30 }), fc.boolean(), async (long, short, isWide) => {
        const [width, height] = isWide ? [long, short] : [short, long];
        expect(await inspectImage(decoder, named(await picture("png", width, height)), maxPixels)).toMatchObject({ width, height });
      }),
      { numRuns: 15 },
    );
  });

  it("counts frames, and judges by the size of one", async () => {
    const frames = await Promise.all([1, 2, 3].map(async () => await picture("png", 40, 40)));
    const animated = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect(await inspectImage(decoder, named(animated), 1600)).toMatchObject({ width: 40, height: 40, frames: 3 });
  });

  it("decodes nothing that has too many pixels", async () => {
    const decode = vi.spyOn(decoder, "decode");
    await expect(inspectImage(decoder, named(await picture("png", 1001, 1000), "big.png"), maxPixels)).rejects.toThrow(
      coded("IMAGE_TOO_LARGE"),
    );
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });

  it("has an SVG rendered by nobody, whatever it calls itself", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await expect(inspectImage(decoder, named(svg, "a.png"), maxPixels)).rejects.toThrow(coded("IMAGE_BROKEN"));
  });
});
