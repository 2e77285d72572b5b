import type { Sharp } from "sharp";
import type { Decoder, DecoderInput } from "./decoder.js";
import type { VariantFormat } from "./formats.js";
import type { Transform } from "./transform.js";

/** A variant, made. */
export interface RenderedVariant {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Make a variant: right way up, in sRGB, without metadata, never enlarged. */
export async function renderVariant(
  decoder: Decoder,
  input: DecoderInput,
  transform: Transform,
  format: VariantFormat,
): Promise<RenderedVariant> {
  const header = await decoder.header(input);
  return await decoder.decode(input, header, async (image) => {
    const upright = image.autoOrient();
    const sized = transform.width === undefined ? upright : upright.resize({ width: transform.width, withoutEnlargement: true });
    const { data, info } = await encode(sized.toColourspace("srgb"), format, transform).toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height };
  });
}

function encode(image: Sharp, format: VariantFormat, { width }: Transform): Sharp {
  const isFull = width === undefined;
  switch (format) {
    case "webp":
      // Effort 2 takes half the time of 4 and gives files a few per cent larger.
      return image.webp({ quality: isFull ? 88 : 78, effort: 2 });
    case "jpeg":
      // What is transparent becomes white, not black.
      return image.flatten({ background: "#ffffff" }).jpeg({ quality: isFull ? 90 : 80 });
    case "png":
      return image.png({ compressionLevel: 6 });
  }
}
