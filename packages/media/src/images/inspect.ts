import { rgbaToThumbHash } from "thumbhash";
import type { FileFacts } from "../catalogue/commit-file.js";
import { fail, isHoldfastError } from "../errors.js";
import { leastBytes, maxPixelsWithin } from "./costs.js";
import type { Decoder, DecoderInput, ImageHeader } from "./decoder.js";
import type { Picture } from "./decoding.js";

/** The longest side a thumbhash is made from (its algorithm takes no more than 100). */
const thumbhashSide = 100;

/**
 * Look at an image before it is acknowledged: every pixel is decoded (of an animation's first frame), so that a file cut short is refused now rather than
 * found broken later. The header is checked first, so that a picture of too many pixels, or one that the budget could never show at
 * its full size, costs nothing.
 *
 * @throws IMAGE_TOO_LARGE, IMAGE_OVER_BUDGET, IMAGE_BROKEN, OVERLOADED
 */
export async function inspectImage(decoder: Decoder, { key, input, name }: Picture, maxPixels: number): Promise<FileFacts> {
  const header = await decoder.readHeader(input, key).catch((cause: unknown) => {
    throw broken(name, cause, input);
  });
  if (header.width * header.height > maxPixels) {
    throw fail("IMAGE_TOO_LARGE", { name, width: header.width, height: header.height, maxPixels });
  }
  const bytes = leastBytes(header);
  const { totalBytes } = decoder.budget;
  if (bytes > totalBytes) {
    const { width, height } = header;
    throw fail("IMAGE_OVER_BUDGET", { name, width, height, format: kindOf(header), maxPixels: maxPixelsWithin(header, totalBytes) });
  }
  try {
    const thumbhash = await decoder.decode(input, { bytes, isStrict: true }, async (image) => {
      const small = image.autoOrient().resize(thumbhashSide, thumbhashSide, { fit: "inside" }).toColourspace("srgb").ensureAlpha();
      const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
      return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64");
    });
    return { ...shownSize(header), hasAlpha: header.hasAlpha, frames: header.frames, thumbhash };
  } catch (cause) {
    throw isHoldfastError(cause) ? cause : broken(name, cause, input);
  }
}

function shownSize({ width, height, isTurned }: ImageHeader): { width: number; height: number } {
  return isTurned ? { width: height, height: width } : { width, height };
}

/** What kind of image it is, as far as it matters to the memory it takes: `interlaced PNG`. */
function kindOf({ format, isProgressive, sampleBytes }: ImageHeader): string {
  const name = format === "heif" ? "AVIF" : format === "webp" ? "WebP" : format.toUpperCase();
  const passes = !isProgressive ? "" : format === "png" ? "interlaced " : "progressive ";
  return `${sampleBytes > 1 ? "deep-coloured " : ""}${passes}${name}`;
}

function broken(name: string, cause: unknown, input: DecoderInput): Error {
  // libvips repeats itself over several lines, each with the name of its class before it; the first says it.
  const reason = (cause instanceof Error ? cause.message : String(cause))
    .split("\n", 1)
    .join("")
    .replace(/^Vips\w*: /, "");
  // Where we keep files is nothing to the sender.
  const told = typeof input === "string" ? reason.replaceAll(input, "the stored file") : reason;
  return fail("IMAGE_BROKEN", { name, reason: told }, { cause });
}
